/** The header of an NPY file: a Python literal of three fixed keys, read without evaluating anything. */
import { quoted, refusal } from '../refusal.ts';
import { byteLengthOf } from '../safetensors/dtypes.ts';
import type { Dtype } from '../safetensors/dtypes.ts';

/** As long as NumPy itself allows without being told to trust the file. */
const MAX_HEADER_BYTES = 10_000;
const MAX_RANK = 64;

export interface NpyHeader {
  readonly dtype: Dtype;
  /** Whether elements lie most significant byte first. */
  readonly isBigEndian: boolean;
  /** Whether the first dimension is the one whose neighbours lie together. */
  readonly isFortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the elements begin. */
  readonly dataStart: number;
  readonly dataBytes: number;
}

const DTYPES: Readonly<Record<string, Dtype>> = {
  b1: 'BOOL',
  i1: 'I8',
  i2: 'I16',
  i4: 'I32',
  i8: 'I64',
  u1: 'U8',
  u2: 'U16',
  u4: 'U32',
  u8: 'U64',
  f2: 'F16',
  f4: 'F32',
  f8: 'F64',
  c8: 'C64',
};

/**
 * @param size  bytes of the whole array file
 * @param head  its first bytes, at least {@link NPY_HEAD_BYTES} of them or all
 * @param where  what to call it in errors
 * @throws WorkbenchError `checkpoint/npy-magic`, `npy-version`, `npy-header-length`, `npy-header`,
 *   `npy-object`, `npy-structured`, `unsupported-dtype`, `size-overflow`, `npy-size`
 */
export function parseNpyHeader(head: Uint8Array, size: number, where: string): NpyHeader {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  if (bytes.length < 10 || bytes.toString('latin1', 0, 6) !== '\x93NUMPY') {
    throw refusal('npy-magic', where, 'the first bytes of an NPY array', bytes.toString('hex', 0, 6));
  }
  const version = bytes[6]!;
  if (version < 1 || version > 3 || bytes[7] !== 0) {
    throw refusal('npy-version', where, 'NPY version 1.0, 2.0 or 3.0', `${version}.${bytes[7]}`);
  }
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? bytes.readUInt16LE(8) : bytes.length < 12 ? Infinity : bytes.readUInt32LE(8);
  if (length > MAX_HEADER_BYTES || start + length > bytes.length) {
    const most = Math.min(MAX_HEADER_BYTES, size - start);
    throw refusal('npy-header-length', where, `a header of at most ${most} bytes`, `${length}`);
  }
  const dataStart = start + length;
  const literal = textOf(bytes.subarray(start, dataStart), version, where);
  const { descr, isFortranOrder, shape } = new LiteralScanner(literal, where).header();
  const dtype = dtypeOf(descr, where);
  const dataBytes = byteLengthOf(dtype, shape);
  if (typeof dataBytes === 'string') {
    throw refusal('size-overflow', where, 'fewer than 2^53 bits', `${descr}[${shape.join(', ')}]`);
  }
  if (dataBytes !== size - dataStart) {
    throw refusal(
      'npy-size',
      where,
      `${dataBytes} bytes for ${descr}[${shape.join(', ')}]`,
      `${size - dataStart}`,
    );
  }
  return { dtype, isBigEndian: descr.startsWith('>'), isFortranOrder, shape, dataStart, dataBytes };
}

/** As many first bytes as the header of an array may have. */
export const NPY_HEAD_BYTES = MAX_HEADER_BYTES + 12;

function textOf(bytes: Uint8Array, version: number, where: string): string {
  try {
    return version === 3
      ? new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
      : Buffer.from(bytes).toString('latin1');
  } catch {
    throw refusal('npy-header', where, 'a header in UTF-8', 'bytes that are not');
  }
}

function dtypeOf(descr: string, where: string): Dtype {
  const [, order, code] = /^([<>|=]?)([a-zA-Z][0-9]{0,4})$/.exec(descr) ?? [];
  if (code !== undefined && code.startsWith('O')) {
    throw refusal('npy-object', where, 'numbers', 'Python objects, which are a pickle');
  }
  const dtype = code !== undefined && Object.hasOwn(DTYPES, code) ? DTYPES[code]! : null;
  const isOneByte = dtype === 'BOOL' || dtype === 'I8' || dtype === 'U8';
  // Without `<` or `>` only single bytes mean the same on every machine.
  if (dtype === null || (!isOneByte && order !== '<' && order !== '>')) {
    throw refusal(
      'unsupported-dtype',
      where,
      `one of ${Object.keys(DTYPES).join(', ')} with its byte order`,
      quoted(descr),
    );
  }
  return dtype;
}

class LiteralScanner {
  private at = 0;
  private readonly text: string;
  private readonly where: string;

  constructor(text: string, where: string) {
    this.text = text;
    this.where = where;
  }

  header(): { descr: string; isFortranOrder: boolean; shape: number[] } {
    let descr: string | null = null;
    let isFortranOrder: boolean | null = null;
    let shape: number[] | null = null;
    this.expect(/\{/y, '"{"');
    while (!this.take(/\}/y)) {
      const key = this.quotedText();
      this.expect(/:/y, '":"');
      if (key === 'descr' && descr === null) descr = this.descr();
      else if (key === 'fortran_order' && isFortranOrder === null) isFortranOrder = this.boolean();
      else if (key === 'shape' && shape === null) shape = this.shape();
      else throw this.malformed('descr, fortran_order and shape, each once');
      if (!this.take(/,/y)) {
        this.expect(/\}/y, '"," or "}"');
        break;
      }
    }
    if (descr === null || isFortranOrder === null || shape === null) {
      throw this.malformed('descr, fortran_order and shape, each once');
    }
    if (!/^ *\n$/.test(this.text.slice(this.at))) throw this.malformed('spaces and a line feed at the end');
    return { descr, isFortranOrder, shape };
  }

  private descr(): string {
    if (/^ *[[(]/.test(this.text.slice(this.at, this.at + 8))) {
      throw refusal('npy-structured', this.where, 'an array of plain numbers', 'records of several fields');
    }
    return this.quotedText();
  }

  private quotedText(): string {
    const found = this.expect(/'[^'"\\\n]*'|"[^'"\\\n]*"/y, 'a quoted word');
    return found.slice(1, -1);
  }

  private boolean(): boolean {
    return this.expect(/True|False/y, 'True or False') === 'True';
  }

  /** `()`, `(3,)`, `(3, 4)`; Python 2 wrote `3L`. */
  private shape(): number[] {
    this.expect(/\(/y, 'a tuple');
    const shape: number[] = [];
    let hasComma = true;
    while (!this.take(/\)/y)) {
      if (!hasComma || shape.length === MAX_RANK)
        throw this.malformed(`a tuple of at most ${MAX_RANK} sizes`);
      const digits = this.expect(/(?:0|[1-9][0-9]*)L?/y, 'a size').replace('L', '');
      const size = digits.length > 16 ? Infinity : Number(digits);
      if (!Number.isSafeInteger(size)) {
        throw refusal('size-overflow', this.where, 'sizes below 2^53', digits.slice(0, 24));
      }
      shape.push(size);
      hasComma = this.take(/,/y);
    }
    if (shape.length === 1 && !hasComma) throw this.malformed('a comma after the only size');
    return shape;
  }

  private take(pattern: RegExp): boolean {
    return this.match(pattern) !== null;
  }

  private expect(pattern: RegExp, expected: string): string {
    const found = this.match(pattern);
    if (found === null) throw this.malformed(expected);
    return found;
  }

  private match(pattern: RegExp): string | null {
    while (this.text.charAt(this.at) === ' ') this.at++;
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? null;
    if (found !== null) this.at += found.length;
    return found;
  }

  private malformed(expected: string) {
    const found = this.text.slice(this.at, this.at + 24);
    return refusal(
      'npy-header',
      this.where,
      `${expected} at character ${this.at} of the header`,
      found === '' ? 'its end' : quoted(found),
    );
  }
}
