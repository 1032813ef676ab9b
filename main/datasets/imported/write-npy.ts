/** NPY files, version 1. */
import { MAGIC } from './npy-header.ts';

/**
 * @param descr  NumPy's name of the numbers, `<f8`
 * @param data  the numbers in row order
 */
export function npyOf(descr: string, shape: readonly number[], data: Uint8Array): Uint8Array<ArrayBuffer> {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const literal = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }`;
  // Magic, version and length take 10 bytes; the data begins on a multiple of 64.
  const headerLength = Math.ceil((10 + literal.length + 1) / 64) * 64 - 10;
  const bytes = new Uint8Array(10 + headerLength + data.length);
  bytes.set(MAGIC);
  const view = new DataView(bytes.buffer);
  view.setUint8(6, 1);
  view.setUint16(8, headerLength, true);
  bytes.set(new TextEncoder().encode(`${literal.padEnd(headerLength - 1)}\n`), 10);
  bytes.set(data, 10 + headerLength);
  return bytes;
}
