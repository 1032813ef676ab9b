/**
 * Protocols below 3 use the names of Python 2, and Python 3 loads what they are called now: a file that
 * says `commands.Popen` gets `subprocess.Popen`. A person is shown what would be loaded.
 */
const MODULES = new Map<string, string>([
  ['__builtin__', 'builtins'],
  ['exceptions', 'builtins'],
  ['copy_reg', 'copyreg'],
  ['commands', 'subprocess'],
  ['cPickle', 'pickle'],
  ['thread', '_thread'],
  ['dummy_thread', '_dummy_thread'],
  ['Queue', 'queue'],
  ['StringIO', 'io'],
  ['cStringIO', 'io'],
  ['UserDict', 'collections'],
  ['UserList', 'collections'],
  ['UserString', 'collections'],
  ['repr', 'reprlib'],
  ['ConfigParser', 'configparser'],
  ['SocketServer', 'socketserver'],
  ['Tkinter', 'tkinter'],
  ['_winreg', 'winreg'],
  ['anydbm', 'dbm'],
  ['whichdb', 'dbm'],
  ['dbhash', 'dbm.bsd'],
  ['dumbdbm', 'dbm.dumb'],
  ['gdbm', 'dbm.gnu'],
  ['urllib', 'urllib.request'],
  ['urllib2', 'urllib.request'],
  ['urlparse', 'urllib.parse'],
  ['robotparser', 'urllib.robotparser'],
  ['httplib', 'http.client'],
  ['Cookie', 'http.cookies'],
  ['cookielib', 'http.cookiejar'],
  ['BaseHTTPServer', 'http.server'],
  ['SimpleHTTPServer', 'http.server'],
  ['CGIHTTPServer', 'http.server'],
  ['xmlrpclib', 'xmlrpc.client'],
  ['SimpleXMLRPCServer', 'xmlrpc.server'],
  ['DocXMLRPCServer', 'xmlrpc.server'],
  ['HTMLParser', 'html.parser'],
  ['htmlentitydefs', 'html.entities'],
]);

const NAMES = new Map<string, readonly [module: string, name: string]>([
  ['__builtin__.xrange', ['builtins', 'range']],
  ['__builtin__.reduce', ['functools', 'reduce']],
  ['__builtin__.intern', ['sys', 'intern']],
  ['__builtin__.unichr', ['builtins', 'chr']],
  ['__builtin__.unicode', ['builtins', 'str']],
  ['__builtin__.basestring', ['builtins', 'str']],
  ['__builtin__.long', ['builtins', 'int']],
  ['__builtin__.raw_input', ['builtins', 'input']],
  ['itertools.izip', ['builtins', 'zip']],
  ['itertools.imap', ['builtins', 'map']],
  ['itertools.ifilter', ['builtins', 'filter']],
]);

/** Module and name as Python 3 loads them from a pickle of protocol 2 and below. */
export function python3Name(module: string, name: string): readonly [module: string, name: string] {
  return NAMES.get(`${module}.${name}`) ?? [MODULES.get(module) ?? module, name];
}
