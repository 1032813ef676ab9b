/** NPY files put together by hand, well or badly formed. */

interface NpyParts {
  readonly version?: number;
  readonly descr?: string;
  readonly fortranOrder?: string;
  readonly shape?: string;
  /** The whole header, in place of one made of the parts above. */
  readonly header?: string;
  /** What the file says of its header's length, where that is not the truth. */
  readonly headerLength?: number;
  readonly data?: Uint8Array;
}

export function npyFile({
  version = 1,
  descr = "'<f8'",
  fortranOrder = 'False',
  shape = '(2, 2)',
  header = `{'descr': ${descr}, 'fortran_order': ${fortranOrder}, 'shape': ${shape}, }\n`,
  headerLength = header.length,
  data = float64Bytes(1, 2, 3, 4),
}: NpyParts): Uint8Array {
  const start = version === 1 ? 10 : 12;
  const bytes = new Uint8Array(start + header.length + data.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x93, ...new TextEncoder().encode('NUMPY'), version, 0]);
  if (version === 1) view.setUint16(8, headerLength, true);
  else view.setUint32(8, headerLength, true);
  bytes.set(new TextEncoder().encode(header), start);
  bytes.set(data, start + header.length);
  return bytes;
}

/** Little-endian, on any machine. */
export function float64Bytes(...values: number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 8));
  values.forEach((value, i) => view.setFloat64(i * 8, value, true));
  return new Uint8Array(view.buffer);
}
