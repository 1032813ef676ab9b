import { quoted, refusal } from '../../refusal.ts';
import { CONVERT_ADVICE } from './advice.ts';
import { isPlainData, roleOf } from './globals.ts';
import type { PickleContext } from './context.ts';
import { PyGlobal } from './values.ts';

const MAX_NAME = 256;
/** What Python and C++ give as names. Others would only hide what a name says. */
const NAME = /^[\p{L}\p{M}\p{N}_.<>-]+$/u;

/**
 * A global by its name, with what it may be used for.
 *
 * @throws WorkbenchError `checkpoint/pickle-global` when importing, for names that are not on the list;
 *   `checkpoint/torch-tensor-kind` for what torch has and we do not read; `checkpoint/pickle-text`
 */
export function findGlobal(module: string, name: string, context: PickleContext): PyGlobal {
  for (const part of [module, name]) {
    if (part.length > MAX_NAME || !NAME.test(part)) {
      throw refusal('pickle-text', context.where, 'the name of a global', quoted(part));
    }
  }
  const role = roleOf(module, name);
  const found = new PyGlobal(module, name, role);
  if (role === null || role.kind === 'unsupported') {
    if (context.mode === 'import')
      throw role === null ? unknown(found, context) : unread(found, role.what, context);
    context.leftInert(found.fullName);
    if (role !== null) context.warn('torch-tensor-kind', `${found.fullName}: ${role.what} is not read`);
  } else if (isPlainData(role)) {
    context.leftInert(found.fullName);
  }
  return found;
}

function unknown({ fullName }: PyGlobal, { where }: PickleContext) {
  return refusal(
    'pickle-global',
    where,
    'only the globals of a state dict',
    `${fullName}; ${CONVERT_ADVICE}`,
  );
}

function unread({ fullName }: PyGlobal, what: string, { where }: PickleContext) {
  return refusal('torch-tensor-kind', where, 'dense tensors', `${what} (${fullName})`);
}
