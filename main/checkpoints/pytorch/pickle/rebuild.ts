/** Tensors as torch's `_rebuild_*` functions make them of a storage. */
import { refusal } from '../../refusal.ts';
import { PyStorage, PyTensor, viewOf } from '../storages.ts';
import { badCall, kindOf } from './describe.ts';
import type { CallContext } from './context.ts';
import { PyDict, PyGlobal, PyObject, PyTuple } from './values.ts';
import type { GlobalRole, PyValue } from './values.ts';

/** One more than any tensor has: enough to see that there are too many. */
const MAX_SIZES = 65;
/** What a tensor and each of its dimensions count for against the cap on copies: a cap on time, too. */
const TENSOR_BYTES = 256;

/**
 * @param items  the arguments of the call
 * @returns a tensor, or when inspecting an inert object for what is not read
 * @throws WorkbenchError `checkpoint/pickle-call`, `storage-*`, `torch-tensor-kind`
 */
export function rebuildTensor(role: GlobalRole, items: readonly PyValue[], context: CallContext): PyValue {
  switch (role.kind) {
    case 'tensor':
      requireArguments(items, 4, 4, context);
      return tensorFrom(items, null, null, context);
    case 'tensor-v2':
      requireArguments(items, 6, 7, context);
      return tensorFrom(items, null, items[6] ?? null, context);
    case 'tensor-v3': {
      requireArguments(items, 7, 8, context);
      const type = items[6];
      if (!(type instanceof PyGlobal) || type.role?.kind !== 'dtype') {
        throw badCall(context, 'a dtype of torch', kindOf(type));
      }
      return tensorFrom(items, type, items[7] ?? null, context);
    }
    case 'parameter':
      requireArguments(items, 3, 3, context);
      return tensorOf(items[0], context);
    case 'parameter-state':
      requireArguments(items, 4, 4, context);
      return tensorOf(items[0], context);
    case 'from-type':
      return fromType(items, context);
    default:
      throw badCall(context, 'a global to call', `one of the kind ${role.kind}`);
  }
}

/** @throws WorkbenchError `checkpoint/pickle-call` for anything but a tensor */
export function tensorOf(value: PyValue | undefined, context: CallContext): PyTensor {
  if (value instanceof PyTensor) return value;
  throw badCall(context, 'a tensor', kindOf(value));
}

/** `(storage, offset, sizes, strides, ...)` */
function tensorFrom(
  items: readonly PyValue[],
  type: PyGlobal | null,
  metadata: PyValue,
  context: CallContext,
): PyValue {
  const [storage, offset, sizes, strides] = items;
  if (!(storage instanceof PyStorage)) throw badCall(context, 'a storage', kindOf(storage));
  if (typeof offset !== 'bigint') throw badCall(context, 'an integer as offset', kindOf(offset));
  const dtype = type === null ? storage.dtype : type.role?.kind === 'dtype' ? type.role.dtype : null;
  if (type !== null && dtype === null)
    return unread(type, `a tensor of ${type.fullName}`, 'storage-dtype', context);
  const flag = flagOf(metadata, context);
  if (flag !== null) {
    const global = type ?? new PyGlobal('torch', 'Tensor', { kind: 'tensor-class' });
    return unread(global, `a tensor with ${flag} set`, 'torch-tensor-kind', context);
  }
  const rank = sizes instanceof PyTuple ? Math.min(sizes.items.length, MAX_SIZES) : 0;
  context.spend(TENSOR_BYTES * (1 + rank));
  return viewOf(
    storage,
    dtype!,
    offset,
    integersOf(sizes, context),
    integersOf(strides, context),
    context.where,
  );
}

/** `_rebuild_from_type_v2(function, type, arguments, attributes)`: a tensor that carries attributes. */
function fromType(items: readonly PyValue[], context: CallContext): PyValue {
  requireArguments(items, 4, 4, context);
  const [rebuild, type, rebuildItems] = items;
  const isTensorClass =
    type instanceof PyGlobal && (type.role?.kind === 'tensor-class' || type.role?.kind === 'parameter-class');
  const kinds = ['tensor', 'tensor-v2', 'tensor-v3', 'parameter', 'parameter-state'];
  if (!isTensorClass || !(rebuild instanceof PyGlobal) || rebuild.role === null) {
    throw badCall(context, 'a class of tensors', kindOf(type));
  }
  if (!kinds.includes(rebuild.role.kind) || !(rebuildItems instanceof PyTuple)) {
    throw badCall(context, 'a function that rebuilds tensors', kindOf(rebuild));
  }
  return rebuildTensor(rebuild.role, rebuildItems.items, context);
}

/** The lazy operation that is still to be done on the elements, if any. */
function flagOf(metadata: PyValue, context: CallContext): string | null {
  if (metadata === null) return null;
  if (!(metadata instanceof PyDict)) throw badCall(context, 'a dict of metadata', kindOf(metadata));
  for (const [key, value] of metadata.entries()) {
    if (value !== false) return typeof key === 'string' ? key.slice(0, 20) : kindOf(key);
  }
  return null;
}

function unread(global: PyGlobal, what: string, code: string, context: CallContext): PyValue {
  if (context.mode === 'import') throw refusal(code, context.where, 'tensors that are read here', what);
  context.leftInert(global.fullName);
  context.warn(code, `${what} is not read`);
  return new PyObject(new PyGlobal(global.module, global.name, { kind: 'unsupported', what }));
}

function integersOf(value: PyValue | undefined, context: CallContext): bigint[] {
  if (!(value instanceof PyTuple)) throw badCall(context, 'a tuple of integers', kindOf(value));
  const found: bigint[] = [];
  for (const item of value.items.slice(0, MAX_SIZES)) {
    if (typeof item !== 'bigint') throw badCall(context, 'integers as sizes and strides', kindOf(item));
    found.push(item);
  }
  return found;
}

function requireArguments(
  items: readonly PyValue[],
  least: number,
  most: number,
  context: CallContext,
): void {
  if (items.length >= least && items.length <= most) return;
  throw badCall(context, `${least} to ${most} arguments for a tensor`, String(items.length));
}
