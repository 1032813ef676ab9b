/**
 * The element types of safetensors. `bits` is the width of one element in the file; `array` is the
 * typed array that holds it, absent where JavaScript has none and the bytes are kept as they are.
 * In the order of the upstream format, narrowest alignment first: files are written widest first.
 */
const DTYPES = {
  BOOL: { bits: 8, array: Uint8Array },
  F4: { bits: 4, array: null },
  F6_E2M3: { bits: 6, array: null },
  F6_E3M2: { bits: 6, array: null },
  U8: { bits: 8, array: Uint8Array },
  I8: { bits: 8, array: Int8Array },
  F8_E5M2: { bits: 8, array: null },
  F8_E4M3: { bits: 8, array: null },
  F8_E8M0: { bits: 8, array: null },
  F8_E4M3FNUZ: { bits: 8, array: null },
  F8_E5M2FNUZ: { bits: 8, array: null },
  I16: { bits: 16, array: Int16Array },
  U16: { bits: 16, array: Uint16Array },
  F16: { bits: 16, array: null },
  BF16: { bits: 16, array: null },
  I32: { bits: 32, array: Int32Array },
  U32: { bits: 32, array: Uint32Array },
  F32: { bits: 32, array: Float32Array },
  C64: { bits: 64, array: null },
  F64: { bits: 64, array: Float64Array },
  I64: { bits: 64, array: BigInt64Array },
  U64: { bits: 64, array: BigUint64Array },
} as const;

export type Dtype = keyof typeof DTYPES;

export type TensorData =
  | Uint8Array
  | Int8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

/** One named array of a checkpoint, row-major. */
export interface CheckpointTensor {
  dtype: Dtype;
  /** Dimensions, outermost first; `[]` is a scalar. */
  shape: readonly number[];
  /**
   * Exact-size elements: a typed array of the dtype (BOOL as bytes 0 and 1), or the file's
   * little-endian bytes for F16, BF16, C64 and everything of eight bits and less that is a float.
   */
  data: TensorData;
}

const NAMES = Object.keys(DTYPES) as Dtype[];
const RANKS = new Map<Dtype, number>(NAMES.map((name, rank) => [name, rank]));

export function isDtype(name: string): name is Dtype {
  return Object.hasOwn(DTYPES, name);
}

export function dtypeNames(): readonly Dtype[] {
  return NAMES;
}

/** Bits of one element in the file. */
export function bitsOf(dtype: Dtype): number {
  return DTYPES[dtype].bits;
}

/** Place in the upstream order: a larger rank never has a narrower alignment. */
export function rankOf(dtype: Dtype): number {
  return RANKS.get(dtype)!;
}

/** The typed array class that holds elements of this dtype; plain bytes where there is none. */
export function arrayClassOf(dtype: Dtype) {
  return DTYPES[dtype].array ?? Uint8Array;
}

/**
 * Bytes of `shape` elements of `dtype`, checked against overflow one factor at a time.
 *
 * @returns the size, `'overflow'` beyond 2^53 - 1, or `'ragged'` where sub-byte elements end inside a byte
 */
export function byteLengthOf(dtype: Dtype, shape: readonly number[]): number | 'overflow' | 'ragged' {
  let elements = 1;
  for (const size of shape) {
    elements *= size;
    if (!Number.isSafeInteger(elements)) return 'overflow';
  }
  const bits = elements * bitsOf(dtype);
  if (!Number.isSafeInteger(bits)) return 'overflow';
  return bits % 8 === 0 ? bits / 8 : 'ragged';
}

/** IEEE 754 binary16 to a number, exactly. */
function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/**
 * The elements of a floating-point tensor as float32: exact for F16, BF16 and F32, rounded for F64.
 *
 * @returns a new exact-size array, or null for a dtype that is no such float
 */
export function float32Of(tensor: CheckpointTensor): Float32Array | null {
  const { dtype, data } = tensor;
  if (dtype === 'F32' || dtype === 'F64') return Float32Array.from(data as Float32Array | Float64Array);
  if (dtype !== 'F16' && dtype !== 'BF16') return null;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const out = new Float32Array(data.byteLength / 2);
  if (dtype === 'F16') {
    for (let i = 0; i < out.length; i++) out[i] = float16(view.getUint16(2 * i, true));
  } else {
    // A bfloat16 is the upper half of a float32; copied as bits so that NaN payloads stay.
    const words = new Uint32Array(out.buffer);
    for (let i = 0; i < words.length; i++) words[i] = view.getUint16(2 * i, true) << 16;
  }
  return out;
}
