/** Writes NPY files for tests, whole or with a header of one's own. */

export interface TestArray {
  /** As NumPy writes it: `<f4`. */
  descr: string;
  shape: readonly number[];
  data: Uint8Array;
  fortran?: boolean;
  version?: 1 | 2 | 3;
}

export function npyOf({ descr, shape, data, fortran = false, version = 1 }: TestArray): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const order = fortran ? 'True' : 'False';
  return npyFile(`{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${tuple}, }`, data, version);
}

/** An NPY file with this literal, padded as NumPy pads it. */
export function npyFile(
  literal: string | Uint8Array,
  data: Uint8Array = new Uint8Array(0),
  version: number = 1,
  claimed?: number,
): Uint8Array {
  const prefix = version === 1 ? 10 : 12;
  const words =
    typeof literal === 'string' ? Buffer.from(literal, version === 3 ? 'utf8' : 'latin1') : literal;
  const length = Math.ceil((prefix + words.length + 1) / 64) * 64 - prefix;
  const file = Buffer.alloc(prefix + length + data.length, 0x20);
  file.write('\x93NUMPY', 0, 'latin1');
  file[6] = version;
  file[7] = 0;
  if (version === 1) file.writeUInt16LE((claimed ?? length) & 0xffff, 8);
  else file.writeUInt32LE(claimed ?? length, 8);
  file.set(words, prefix);
  file[prefix + length - 1] = 0x0a;
  file.set(data, prefix + length);
  return Uint8Array.from(file);
}
