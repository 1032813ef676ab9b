import { refusal } from '../../refusal.ts';
import type { CallContext } from './context.ts';
import { NumpyDtype, PyBytes, PyText } from './values.ts';
import type { PyValue } from './values.ts';

/** By NumPy's code: bytes, and how they are read. */
const READERS: Record<string, readonly [number, (view: DataView) => PyValue]> = {
  f8: [8, (view) => view.getFloat64(0, true)],
  f4: [4, (view) => view.getFloat32(0, true)],
  i8: [8, (view) => view.getBigInt64(0, true)],
  i4: [4, (view) => BigInt(view.getInt32(0, true))],
  i2: [2, (view) => BigInt(view.getInt16(0, true))],
  i1: [1, (view) => BigInt(view.getInt8(0))],
  u8: [8, (view) => view.getBigUint64(0, true)],
  u4: [4, (view) => BigInt(view.getUint32(0, true))],
  u2: [2, (view) => BigInt(view.getUint16(0, true))],
  u1: [1, (view) => BigInt(view.getUint8(0))],
  b1: [1, (view) => view.getUint8(0) !== 0],
};

/**
 * `numpy.core.multiarray.scalar(dtype, bytes)` as the number that it is; as text where its type or byte
 * order is another.
 *
 * @throws WorkbenchError `checkpoint/pickle-call`
 */
export function numpyScalar(items: readonly PyValue[], { where }: CallContext): PyValue {
  const [dtype, content] = items;
  if (!(dtype instanceof NumpyDtype) || !(content instanceof PyBytes)) {
    throw refusal('pickle-call', where, 'a dtype and bytes for a NumPy scalar', 'something else');
  }
  const reader = Object.hasOwn(READERS, dtype.code) ? READERS[dtype.code] : undefined;
  const { bytes } = content;
  if (reader === undefined || bytes.length !== reader[0] || !'<|='.includes(dtype.order)) {
    return new PyText(`a NumPy scalar of ${dtype.code.slice(0, 20)}`);
  }
  return reader[1](new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
}
