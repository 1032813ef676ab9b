/** Flags of the server: whoever gives one wants the browser. */
const SERVER_FLAGS = /^--(port|host|json|open|no-open|help)(=|$)/;

/**
 * @typedef {object} StartMode
 * @property {'desktop' | 'browser'} host
 * @property {boolean} isAsked whether the user named that host, so that no other will do
 * @property {string[]} args for the host
 * @property {string} [why] why it is the browser, where the desktop app would have been expected
 */

/**
 * Where `npm start` shows the workbench: in the desktop app if there is a screen, unless the user says otherwise.
 *
 * @param {readonly string[]} argv
 * @param {NodeJS.Platform} platform
 * @param {Readonly<Record<string, string | undefined>>} env
 * @returns {StartMode}
 * @throws {Error} if what is asked for contradicts itself
 */
export function chooseHost(argv, platform, env) {
  const args = argv.filter((word) => word !== '--browser' && word !== '--desktop');
  const wantsBrowser = argv.includes('--browser');
  const serverFlag = argv.find((word) => SERVER_FLAGS.test(word));
  if (argv.includes('--desktop')) {
    const other = wantsBrowser ? '--browser' : serverFlag;
    if (other !== undefined) throw new Error(`--desktop and ${other} do not go together`);
    if (!hasScreen(platform, env)) throw new Error('There is no display here for the desktop app');
    return { host: 'desktop', isAsked: true, args };
  }
  if (wantsBrowser || serverFlag !== undefined) return { host: 'browser', isAsked: true, args };
  if (hasScreen(platform, env)) return { host: 'desktop', isAsked: false, args };
  return { host: 'browser', isAsked: false, args, why: 'there is no display here' };
}

/**
 * @param {NodeJS.Platform} platform
 * @param {Readonly<Record<string, string | undefined>>} env
 */
function hasScreen(platform, env) {
  if (platform === 'darwin' || platform === 'win32') return true;
  return Boolean(env['DISPLAY']) || Boolean(env['WAYLAND_DISPLAY']);
}
