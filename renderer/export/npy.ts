import type { ExportArray } from '../state/panes.svelte.ts';

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Data begins at a multiple of this. */
const alignment = 64;

/**
 * An NPY file, version 1: little-endian, row-major.
 *
 * @throws Error if there are not as many values as the shape says
 */
export function npyFromArray({ name, shape, values }: ExportArray): Uint8Array<ArrayBuffer> {
  const expected = shape.reduce((product, size) => product * size, 1);
  if (values.length !== expected) {
    throw new Error(`Expected ${expected} values of ${name} [${shape.join(', ')}], found ${values.length}`);
  }
  const descr = values instanceof Float32Array ? '<f4' : '<f8';
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tupleText(shape)}, }`;
  // Magic, two bytes of version, two of length, the text, spaces, and the newline that ends it.
  const headerLength = Math.ceil((magic.length + 4 + text.length + 1) / alignment) * alignment;
  const bytes = new Uint8Array(headerLength + values.byteLength);
  bytes.set([...magic, 1, 0]);
  const view = new DataView(bytes.buffer);
  const padded = text.padEnd(headerLength - magic.length - 4 - 1);
  view.setUint16(8, padded.length + 1, true);
  bytes.set(new TextEncoder().encode(`${padded}\n`), 10);
  if (values instanceof Float32Array) {
    values.forEach((value, i) => view.setFloat32(headerLength + 4 * i, value, true));
  } else {
    values.forEach((value, i) => view.setFloat64(headerLength + 8 * i, value, true));
  }
  return bytes;
}

/** A Python tuple: one number alone needs its comma. */
function tupleText(shape: readonly number[]): string {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
}
