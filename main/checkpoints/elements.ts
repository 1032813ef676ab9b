/** Bytes of a tensor as numbers. */
import { refusal } from './refusal.ts';
import type { Dtype } from './safetensors/dtypes.ts';

/** What torch calls a dtype. */
const TORCH_NAMES: Readonly<Record<Dtype, string>> = {
  BOOL: 'bool',
  F4: 'float4_e2m1fn_x2',
  F6_E2M3: 'float6_e2m3',
  F6_E3M2: 'float6_e3m2',
  U8: 'uint8',
  I8: 'int8',
  F8_E5M2: 'float8_e5m2',
  F8_E4M3: 'float8_e4m3fn',
  F8_E8M0: 'float8_e8m0fnu',
  F8_E4M3FNUZ: 'float8_e4m3fnuz',
  F8_E5M2FNUZ: 'float8_e5m2fnuz',
  I16: 'int16',
  U16: 'uint16',
  F16: 'float16',
  BF16: 'bfloat16',
  I32: 'int32',
  U32: 'uint32',
  F32: 'float32',
  C64: 'complex64',
  F64: 'float64',
  I64: 'int64',
  U64: 'uint64',
};

export function torchDtype(dtype: Dtype): string {
  return TORCH_NAMES[dtype];
}

/** Whether the elements of a dtype can be read as numbers. */
export function isNumeric(dtype: Dtype): boolean {
  return Object.hasOwn(READERS, dtype);
}

/**
 * The elements of a piece as float64, each exactly.
 *
 * @param piece  whole elements of `dtype`, little-endian
 * @returns an array that may share the piece's memory
 * @throws WorkbenchError `checkpoint/unsupported-dtype` for complex numbers and floats of six bits and
 *   less, `inexact-integer` for an integer beyond 2^53
 */
export function doublesOf(piece: Uint8Array, dtype: Dtype): Float64Array {
  const values = valuesOf(piece, dtype);
  return values instanceof Float64Array ? values : Float64Array.from(values);
}

/**
 * The elements of a piece as float32: exactly where float32 holds them, else rounded to the nearest.
 *
 * @param piece  whole elements of `dtype`, little-endian
 * @returns an array that may share the piece's memory
 * @throws WorkbenchError as {@link doublesOf}
 */
export function floatsOf(piece: Uint8Array, dtype: Dtype): Float32Array {
  const values = valuesOf(piece, dtype);
  return values instanceof Float32Array ? values : Float32Array.from(values);
}

type Values =
  Float32Array | Float64Array | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;

const READERS: Readonly<Partial<Record<Dtype, (bytes: Uint8Array) => Values>>> = {
  BOOL: (bytes) => bytes,
  U8: (bytes) => bytes,
  I8: (bytes) => new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length),
  I16: (bytes) => new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2),
  U16: (bytes) => new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2),
  I32: (bytes) => new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4),
  U32: (bytes) => new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4),
  F32: (bytes) => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4),
  F64: (bytes) => new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8),
  I64: (bytes) => exactIntegers(new BigInt64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8)),
  U64: (bytes) => exactIntegers(new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8)),
  F16: (bytes) => looked(halves(), new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)),
  BF16: upperHalves,
  F8_E4M3: (bytes) => looked(eights('F8_E4M3', 4, 7, 'one-nan'), bytes),
  F8_E5M2: (bytes) => looked(eights('F8_E5M2', 5, 15, 'ieee'), bytes),
  F8_E4M3FNUZ: (bytes) => looked(eights('F8_E4M3FNUZ', 4, 8, 'nan-for-minus-zero'), bytes),
  F8_E5M2FNUZ: (bytes) => looked(eights('F8_E5M2FNUZ', 5, 16, 'nan-for-minus-zero'), bytes),
};

function valuesOf(piece: Uint8Array, dtype: Dtype): Values {
  const read = READERS[dtype];
  if (read === undefined) {
    throw refusal('unsupported-dtype', 'tensor', 'elements that are plain numbers', torchDtype(dtype));
  }
  // Typed arrays begin at multiples of their element; a copy begins at zero.
  return read(piece.byteOffset % 8 === 0 ? piece : Uint8Array.from(piece));
}

function exactIntegers(integers: BigInt64Array | BigUint64Array): Float64Array {
  const values = new Float64Array(integers.length);
  for (let i = 0; i < values.length; i++) {
    const integer = integers[i]!;
    const value = Number(integer);
    if (!Number.isSafeInteger(value)) {
      throw refusal('inexact-integer', 'tensor', 'integers of at most 2^53 - 1 in magnitude', `${integer}`);
    }
    values[i] = value;
  }
  return values;
}

/** A bfloat16 is the upper half of a float32. */
function upperHalves(bytes: Uint8Array): Float32Array {
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < words.length; i++) words[i] = halves[i]! << 16;
  return new Float32Array(words.buffer);
}

function looked(table: Float32Array, codes: Uint8Array | Uint16Array): Float32Array {
  const values = new Float32Array(codes.length);
  for (let i = 0; i < values.length; i++) values[i] = table[codes[i]!]!;
  return values;
}

const tables = new Map<Dtype, Float32Array>();

function halves(): Float32Array {
  return tableOf('F16', 2 ** 16, (code) => smallFloat(code, 5, 10, 15, 'ieee'));
}

function eights(dtype: Dtype, exponentBits: number, bias: number, special: Special): Float32Array {
  return tableOf(dtype, 256, (code) => smallFloat(code, exponentBits, 7 - exponentBits, bias, special));
}

function tableOf(dtype: Dtype, size: number, value: (code: number) => number): Float32Array {
  const known = tables.get(dtype);
  if (known !== undefined) return known;
  const table = Float32Array.from({ length: size }, (_, code) => value(code));
  tables.set(dtype, table);
  return table;
}

/**
 * What the codes without an ordinary value are:
 * - `ieee`: the largest exponent holds infinities and NaN
 * - `one-nan`: no infinities; all ones is NaN ("fn")
 * - `nan-for-minus-zero`: no infinities and no minus zero, whose code is NaN ("fnuz")
 */
type Special = 'ieee' | 'one-nan' | 'nan-for-minus-zero';

/** (-1)^sign (1 + fraction / 2^f) 2^(exponent - bias), or without the 1 and with exponent 1 if that is 0. */
function smallFloat(
  code: number,
  exponentBits: number,
  fractionBits: number,
  bias: number,
  special: Special,
): number {
  const signBit = 1 << (exponentBits + fractionBits);
  const magnitude = code & (signBit - 1);
  const exponent = magnitude >> fractionBits;
  const fraction = magnitude & ((1 << fractionBits) - 1);
  const sign = code & signBit ? -1 : 1;
  const isLast = exponent === (1 << exponentBits) - 1;
  if (special === 'ieee' && isLast) return fraction === 0 ? sign * Infinity : NaN;
  if (special === 'one-nan' && magnitude === signBit - 1) return NaN;
  if (special === 'nan-for-minus-zero' && code === signBit) return NaN;
  const unit = 2 ** -fractionBits;
  return exponent === 0
    ? sign * fraction * unit * 2 ** (1 - bias)
    : sign * (1 + fraction * unit) * 2 ** (exponent - bias);
}
