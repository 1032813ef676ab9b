/**
 * What calls in a pickle make. Only data of ours comes out: a call of an allowed global has one meaning,
 * written here; a call of any other makes an inert object that carries its name.
 */
import { refusal } from '../../refusal.ts';
import { badCall, kindOf } from './describe.ts';
import { latin1Of } from './literals.ts';
import type { CallContext } from './context.ts';
import { numpyScalar } from './numpy.ts';
import { rebuildTensor, tensorOf } from './rebuild.ts';
import { NumpyDtype, PyBytes, PyDict, PyGlobal, PyList, PyObject, PySet, PyText, PyTuple } from './values.ts';
import type { PyValue } from './values.ts';

/** What one entry of a copied dict or set counts for, in bytes. */
const ENTRY_BYTES = 64;
/** Twice as many as any call has. */
const MAX_ARGUMENTS = 16;

/** REDUCE: `callable(*args)`. @throws WorkbenchError `checkpoint/pickle-call` and what rebuilding throws */
export function reduce(callable: PyValue, args: PyValue, context: CallContext): PyValue {
  const inert = inertOf(callable);
  if (inert !== null) return new PyObject(inert);
  if (!(callable instanceof PyGlobal) || callable.role === null) {
    throw badCall(context, 'a global to call', kindOf(callable));
  }
  if (!(args instanceof PyTuple)) throw badCall(context, 'a tuple of arguments', kindOf(args));
  if (args.items.length > MAX_ARGUMENTS) {
    throw badCall(context, `at most ${MAX_ARGUMENTS} arguments`, String(args.items.length));
  }
  // A value that was left inert makes inert what would have been made of it.
  for (const argument of args.items) {
    const cause = inertOf(argument);
    if (cause !== null) return new PyObject(cause);
  }
  const { role } = callable;
  const { items } = args;
  const [first] = items;
  switch (role.kind) {
    case 'dict':
      return dictOf(items, true, context);
    case 'defaultdict':
      if (first !== undefined && first !== null && !isFactory(first)) {
        throw badCall(context, 'a type of Python for a defaultdict', kindOf(first));
      }
      return dictOf(items.slice(1), true, context);
    case 'set': {
      const members = first === undefined ? [] : itemsOf(first);
      if (members === null || items.length > 1) throw badCall(context, 'a list for a set', kindOf(first));
      context.spend(ENTRY_BYTES * members.length);
      return new PySet([...members]);
    }
    case 'encode':
    case 'bytearray':
      return bytesOf(items, context);
    case 'complex':
      if (typeof first === 'number' && typeof items[1] === 'number') {
        return new PyText(`${first} + ${items[1]}i`);
      }
      break;
    case 'size':
      if (first instanceof PyTuple && items.length === 1) return first;
      break;
    case 'device':
      if (typeof first === 'string')
        return new PyText(items[1] === undefined ? first : `${first}:${textOf(items[1])}`);
      break;
    case 'layout':
      if (typeof first === 'string') return new PyText(first);
      break;
    case 'plain-object':
      if (items.length === 0) return new PyObject(callable);
      break;
    case 'numpy-dtype':
      if (typeof first === 'string') return new NumpyDtype(first);
      break;
    case 'numpy-scalar':
      return numpyScalar(items, context);
    case 'parameter-class':
      return tensorOf(first, context);
    default:
      return rebuildTensor(role, items, context);
  }
  throw badCall(context, `arguments that ${callable.fullName} takes`, items.map(kindOf).join(', '));
}

/** NEWOBJ: `type.__new__(type, *args)`. @throws WorkbenchError `checkpoint/pickle-call` */
export function newObject(type: PyValue, args: PyValue, context: CallContext): PyValue {
  const inert = inertOf(type);
  if (inert !== null) return new PyObject(inert);
  const kinds = ['dict', 'defaultdict', 'set', 'plain-object', 'parameter-class'];
  if (!(type instanceof PyGlobal) || type.role === null || !kinds.includes(type.role.kind)) {
    throw badCall(context, 'a class to make an object of', kindOf(type));
  }
  return reduce(type, args, context);
}

/** BUILD: what `__setstate__` or `__dict__.update` would do. @throws WorkbenchError `checkpoint/pickle-call` */
export function build(target: PyValue, state: PyValue, context: CallContext): void {
  // The attributes of a state dict (`_metadata`) say nothing of its tensors.
  if (target instanceof PyDict && target.hasAttributes && state instanceof PyDict) return;
  if (target instanceof NumpyDtype && state instanceof PyTuple) {
    const order = state.items[1];
    target.order = typeof order === 'string' ? order : '?';
    return;
  }
  if (target instanceof PyObject) {
    // An object with slots has a pair of states.
    for (const part of state instanceof PyTuple ? state.items.slice(0, 2) : [state]) {
      if (!(part instanceof PyDict)) continue;
      context.spend(ENTRY_BYTES * part.size);
      for (const [key, value] of part.entries()) target.state.set(key, value);
    }
    return;
  }
  throw badCall(context, 'an object that BUILD may give a state', kindOf(target));
}

/** APPEND and APPENDS. @throws WorkbenchError `checkpoint/pickle-call` */
export function append(target: PyValue, items: readonly PyValue[], context: CallContext): void {
  if (target instanceof PyList) for (const item of items) target.items.push(item);
  else if (inertOf(target) === null) throw badCall(context, 'a list to append to', kindOf(target));
}

/** ADDITEMS. @throws WorkbenchError `checkpoint/pickle-call` */
export function addItems(target: PyValue, items: readonly PyValue[], context: CallContext): void {
  if (target instanceof PySet) for (const item of items) target.items.push(item);
  else if (inertOf(target) === null) throw badCall(context, 'a set to add to', kindOf(target));
}

/** SETITEM and SETITEMS. @throws WorkbenchError `checkpoint/pickle-call`, `pickle-key` */
export function setItem(target: PyValue, key: PyValue, value: PyValue, context: CallContext): void {
  const dict = target instanceof PyObject && inertOf(target) !== null ? target.state : target;
  if (!(dict instanceof PyDict)) throw badCall(context, 'a dict to set items of', kindOf(target));
  if (!dict.set(key, value)) {
    throw refusal('pickle-key', context.where, 'a key that a dict can have', kindOf(key));
  }
}

/** `dict()`, `dict(pairs)` or `dict(other)`. */
function dictOf(items: readonly PyValue[], hasAttributes: boolean, context: CallContext): PyDict {
  const made = new PyDict(hasAttributes);
  const [from] = items;
  if (from === undefined) return made;
  const pairs = from instanceof PyDict ? [...from.entries()] : itemsOf(from);
  if (pairs === null || items.length > 1) throw badCall(context, 'pairs for a dict', kindOf(from));
  context.spend(ENTRY_BYTES * pairs.length);
  for (const pair of pairs) {
    const entry = Array.isArray(pair) ? (pair as readonly PyValue[]) : itemsOf(pair);
    if (entry?.length !== 2) throw badCall(context, 'a pair of key and value', kindOf(from));
    setItem(made, entry[0]!, entry[1]!, context);
  }
  return made;
}

/** `_codecs.encode(text, 'latin1')`, as protocol 2 writes bytes, and `bytearray` of that. */
function bytesOf(items: readonly PyValue[], context: CallContext): PyBytes {
  const [text = '', encoding = 'latin1'] = items;
  if (text instanceof PyBytes) return text;
  const isLatin1 = encoding === 'latin1' || encoding === 'latin-1';
  if (typeof text === 'string' && isLatin1) {
    context.spend(text.length);
    const bytes = Buffer.from(text, 'latin1');
    if (latin1Of(bytes) === text) return new PyBytes(new Uint8Array(bytes));
  }
  throw badCall(context, 'bytes as text in Latin-1', kindOf(text));
}

/** The global because of which a value is inert, or null if it is not. Plain objects are data. */
function inertOf(value: PyValue): PyGlobal | null {
  const cause = value instanceof PyObject ? value.of : value;
  if (!(cause instanceof PyGlobal)) return null;
  return cause.role === null || cause.role.kind === 'unsupported' ? cause : null;
}

function isFactory(value: PyValue): boolean {
  return value instanceof PyGlobal && ['type', 'set', 'dict'].includes(value.role?.kind ?? '');
}

function itemsOf(value: PyValue | undefined): readonly PyValue[] | null {
  return value instanceof PyList || value instanceof PyTuple || value instanceof PySet ? value.items : null;
}

function textOf(value: PyValue): string {
  return typeof value === 'bigint' || typeof value === 'string' ? String(value) : '?';
}
