import { call, dict, get, global, int, list, put, raw, text, tuple, utf8 } from '../assembler.ts';
import type { Part } from '../assembler.ts';
import { bare, both, zipped } from './case.ts';
import type { Case } from './case.ts';

function call0(...parts: readonly Part[]): Part {
  return [...parts, 'EMPTY_TUPLE', 'REDUCE'];
}

export const globals: readonly Case[] = [
  [
    "Python 2's names, as Python 3 loads them",
    zipped(list(global('commands', 'Popen'), global('__builtin__', 'eval'), global('__builtin__', 'reduce'))),
    'pickle-global',
    { inert: ['subprocess.Popen', 'builtins.eval', 'functools.reduce'] },
  ],
  [
    "Python 2's names in protocol 3, as they are",
    bare('PROTO', raw(3), global('commands', 'Popen'), 'STOP'),
    'pickle-global',
    { inert: ['commands.Popen'] },
  ],
  [
    'a global in a pickle of protocol 0',
    bare('GLOBAL', utf8('os\nsystem\n'), 'MARK', 'STRING', utf8("'id'\n"), 'TUPLE', 'REDUCE', 'STOP'),
    'pickle-protocol',
    { inert: ['os.system'] },
  ],
  [
    'STACK_GLOBAL of strings',
    zipped(call0(text('os'), text('system'), 'STACK_GLOBAL')),
    'pickle-opcode',
    { inert: ['os.system'] },
  ],
  [
    'STACK_GLOBAL fed from the memo',
    zipped(text('os'), put(0), text('system'), put(1), 'TUPLE2', get(0), get(1), 'STACK_GLOBAL', 'TUPLE2'),
    'pickle-opcode',
    { inert: ['os.system'] },
  ],
  [
    'STACK_GLOBAL of something else',
    zipped(int(1), text('system'), 'STACK_GLOBAL'),
    'pickle-opcode',
    'pickle-stack-global',
  ],
  [
    'STACK_GLOBAL of a tuple from the memo',
    zipped('EMPTY_TUPLE', put(0), get(0), 'STACK_GLOBAL'),
    'pickle-opcode',
    'pickle-stack-global',
  ],
  both('a memo key that is missing', zipped(get(9)), 'pickle-memo'),
  [
    'a call of the result of a call',
    zipped(call0(call('functools', 'partial', text('x')))),
    'pickle-global',
    {
      inert: ['functools.partial'],
    },
  ],
  [
    'a call of what is not on the list, by NEWOBJ',
    zipped(global('os', 'system'), 'EMPTY_TUPLE', 'NEWOBJ'),
    'pickle-global',
    {
      inert: ['os.system'],
    },
  ],
  [
    'a state for it, by BUILD',
    zipped(call('os', 'system'), dict([text('a'), int(1)]), 'BUILD'),
    'pickle-global',
    {
      inert: ['os.system'],
    },
  ],
  [
    'a call whose result is dropped by a key',
    zipped(dict([int(1), call('os', 'system')], [int(1), 'NONE'])),
    'pickle-global',
    {
      inert: ['os.system'],
    },
  ],
  [
    'an unknown factory',
    zipped(call('collections', 'defaultdict', global('os', 'system'))),
    'pickle-global',
    {
      inert: ['os.system'],
    },
  ],
  [
    'an unknown class of tensors',
    zipped(
      call(
        'torch._tensor',
        '_rebuild_from_type_v2',
        global('torch._utils', '_rebuild_tensor'),
        global('evil', 'Tensor'),
        tuple(),
        'NONE',
      ),
    ),
    'pickle-global',
    {
      inert: ['evil.Tensor'],
    },
  ],
  [
    'a pickle inside a call of torch.load',
    zipped(
      call(
        'torch.storage',
        '_load_from_bytes',
        call('_codecs', 'encode', text('cos\nsystem\n.'), text('latin1')),
      ),
    ),
    'pickle-global',
    { inert: ['torch.storage._load_from_bytes'] },
  ],
  both('a name with a space', zipped(global('os', 'sys tem')), 'pickle-text'),
  both('a name with an escape sequence', zipped(global('os', '\x1b[2Jsystem')), 'pickle-text'),
  both('an empty name', zipped(global('os', '')), 'pickle-text'),
  both('a name of 100,000 characters', zipped(global('os', 'x'.repeat(100_000))), 'pickle-text'),
  both('a name that is no UTF-8', zipped('GLOBAL', raw(0xff, 0x0a, 0x41, 0x0a)), 'pickle-text'),
  [
    '2000 unknown globals',
    zipped(list(...Array.from({ length: 2000 }, (_, i) => global('m', `g${i}`)))),
    'pickle-global',
    'pickle-limit',
  ],
];
