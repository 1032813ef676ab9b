/**
 * Points from and to NumPy's NPY format, versions 1 to 3 (NEP 1). The header is a Python literal; the
 * small grammar below reads what NumPy writes there, evaluates nothing and refuses the rest.
 */
import { WorkbenchError } from '#contract/errors.ts';
import { type Points, requireSupportedDim } from './points.ts';

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY
/** NumPy's own bound on headers it will parse. */
const LONGEST_HEADER = 10_000;

/** True if the file says it is NPY; says nothing of whether it can be read. */
export function isNpy(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte);
}

/**
 * Reads an array [n, d] of float or integer numbers, or [n] as d = 1, in either byte and memory order.
 * 64-bit integers beyond 2^53 are rounded to float64.
 *
 * @param file  name for messages
 * @throws WorkbenchError `dataset/npy-magic`, `dataset/npy-version`, `dataset/npy-header`,
 *   `dataset/npy-object`, `dataset/npy-dtype`, `dataset/npy-shape`, `dataset/truncated`,
 *   `dataset/trailing-bytes`, `dataset/non-finite`, `dataset/unsupported-dim`, `dataset/empty`; `detail` has
 *   `file` and the first and last bytes in hex
 */
export function parseNpy(file: string, bytes: Uint8Array): Points {
  const fail = (code: string, message: string, more: object = {}): never => {
    throw new WorkbenchError(`dataset/${code}`, `${message} in ${file}`, { file, ...ends(bytes), ...more });
  };
  const { text, dataStart } = headerOf(bytes, fail);
  const header = new HeaderParser(text, fail).dictionary();
  const { read, itemBytes } = readerOf(header.descr, fail);
  const [count, dim] = extentOf(header.shape, itemBytes, fail);
  if (count === 0) fail('empty', 'expected points, found an array without rows');
  requireSupportedDim(dim, file);

  const found = bytes.length - dataStart;
  const expected = count * dim * itemBytes;
  if (found < expected) fail('truncated', `expected ${expected} bytes of numbers, found ${found}`);
  if (found > expected) {
    fail('trailing-bytes', `expected ${expected} bytes of numbers and no more, found ${found}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + dataStart, expected);
  const values = new Float64Array(count * dim);
  for (let i = 0; i < values.length; i++) {
    const [row, column] = [Math.floor(i / dim), i % dim];
    const item = header.fortranOrder ? column * count + row : i;
    const value = read(view, item * itemBytes);
    if (!Number.isFinite(value)) {
      const place = `${value} in row ${row + 1}, column ${column + 1}`;
      fail('non-finite', `expected a finite number, found ${place}`, { row: row + 1, column: column + 1 });
    }
    values[i] = value;
  }
  return { count, dim, values };
}

/** An NPY file, version 1, little-endian float64 in row order: no digit of the points is lost. */
export function npyFromPoints({ count, dim, values }: Points): Uint8Array<ArrayBuffer> {
  const literal = `{'descr': '<f8', 'fortran_order': False, 'shape': (${count}, ${dim}), }`;
  // Magic, version and length take 10 bytes; the data begins on a multiple of 64.
  const headerLength = Math.ceil((10 + literal.length + 1) / 64) * 64 - 10;
  const bytes = new Uint8Array(10 + headerLength + values.length * 8);
  bytes.set(MAGIC);
  const view = new DataView(bytes.buffer);
  view.setUint8(6, 1);
  view.setUint16(8, headerLength, true);
  bytes.set(new TextEncoder().encode(`${literal.padEnd(headerLength - 1)}\n`), 10);
  values.forEach((value, i) => view.setFloat64(10 + headerLength + i * 8, value, true));
  return bytes;
}

type Fail = (code: string, message: string, more?: object) => never;

function headerOf(bytes: Uint8Array, fail: Fail): { text: string; dataStart: number } {
  if (!isNpy(bytes)) fail('npy-magic', 'expected a file that begins with \\x93NUMPY, found other bytes');
  if (bytes.length < 12) fail('truncated', `expected an NPY header, found ${bytes.length} bytes`);
  const version = bytes[6]!;
  if (version < 1 || version > 3) {
    fail('npy-version', `expected NPY version 1, 2 or 3, found ${version}.${bytes[7]}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > LONGEST_HEADER) {
    fail('npy-header', `expected a header of at most ${LONGEST_HEADER} bytes, found one of ${length}`);
  }
  if (start + length > bytes.length) {
    fail('truncated', `expected a header of ${length} bytes, found ${bytes.length - start}`);
  }
  // Versions 1 and 2 are Latin-1 and 3 is UTF-8; what is read here is ASCII in all of them.
  const text = new TextDecoder('latin1').decode(bytes.subarray(start, start + length));
  return { text, dataStart: start + length };
}

interface Header {
  /** Null for a structured dtype, which is a list. */
  descr: string | null;
  fortranOrder: boolean;
  shape: number[];
}

/** `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }` in any order, then white space. */
class HeaderParser {
  private at = 0;
  private readonly text: string;
  private readonly fail: Fail;

  constructor(text: string, fail: Fail) {
    this.text = text;
    this.fail = fail;
  }

  dictionary(): Header {
    const found = new Map<string, string | boolean | number[] | null>();
    this.expect('{');
    while (!this.accept('}')) {
      const key = this.string();
      if (found.has(key)) this.refuse(`a second ${JSON.stringify(key)}`);
      this.expect(':');
      found.set(key, this.valueOf(key));
      // A structured dtype is refused by its reader; what follows it need not be understood.
      if (found.get(key) === null) return { descr: null, fortranOrder: false, shape: [] };
      if (!this.accept(',')) {
        this.expect('}');
        break;
      }
    }
    this.skipSpace();
    if (this.at < this.text.length) this.refuse(`text after the dictionary`);
    const [descr, fortranOrder, shape] = ['descr', 'fortran_order', 'shape'].map((key) => found.get(key));
    if (typeof descr !== 'string' || typeof fortranOrder !== 'boolean' || !Array.isArray(shape)) {
      return this.refuse('a dictionary without all of descr, fortran_order and shape');
    }
    return { descr, fortranOrder, shape };
  }

  private valueOf(key: string): string | boolean | number[] | null {
    switch (key) {
      case 'descr':
        this.skipSpace();
        return this.text[this.at] === '[' || this.text[this.at] === '(' ? null : this.string();
      case 'fortran_order':
        return this.boolean();
      case 'shape':
        return this.tuple();
      default:
        return this.refuse(`the unknown key ${JSON.stringify(key.slice(0, 40))}`);
    }
  }

  private string(): string {
    this.skipSpace();
    const match = /^(?:'([^'\\\n]*)'|"([^"\\\n]*)")/.exec(this.text.slice(this.at));
    if (match === null) return this.refuse(this.here(), 'a string');
    this.at += match[0].length;
    return match[1] ?? match[2]!;
  }

  private boolean(): boolean {
    if (this.accept('True')) return true;
    if (this.accept('False')) return false;
    return this.refuse(this.here(), 'True or False');
  }

  private tuple(): number[] {
    const sizes: number[] = [];
    this.expect('(');
    while (!this.accept(')')) {
      this.skipSpace();
      // Python 2 wrote long integers with an L.
      const match = /^(\d+)L?/.exec(this.text.slice(this.at));
      if (match === null) return this.refuse(this.here(), 'a size');
      this.at += match[0].length;
      sizes.push(Number(match[1]));
      if (!this.accept(',')) {
        this.expect(')');
        break;
      }
    }
    return sizes;
  }

  private skipSpace(): void {
    while (/\s/.test(this.text[this.at] ?? '')) this.at++;
  }

  private accept(token: string): boolean {
    this.skipSpace();
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  private expect(token: string): void {
    if (!this.accept(token)) this.refuse(this.here(), JSON.stringify(token));
  }

  private here(): string {
    const rest = this.text.slice(this.at, this.at + 20);
    return rest === '' ? 'its end' : JSON.stringify(rest);
  }

  private refuse(found: string, expected = 'what NumPy writes'): never {
    return this.fail('npy-header', `expected ${expected} in the header, found ${found}`);
  }
}

function readerOf(
  descr: string | null,
  fail: Fail,
): { read: (view: DataView, offset: number) => number; itemBytes: number } {
  if (descr === null) return fail('npy-dtype', 'expected plain numbers, found a structured dtype');
  if (/^[|<>=]?O/.test(descr))
    return fail('npy-object', 'expected numbers, found Python objects (dtype object)');
  const match = /^([<>|])([fiu])([1248])$/.exec(descr);
  const kind = `${match?.[2]}${match?.[3]}`;
  const isLittle = match?.[1] !== '>';
  const readers: Record<string, (view: DataView, offset: number) => number> = {
    f4: (view, offset) => view.getFloat32(offset, isLittle),
    f8: (view, offset) => view.getFloat64(offset, isLittle),
    i1: (view, offset) => view.getInt8(offset),
    i2: (view, offset) => view.getInt16(offset, isLittle),
    i4: (view, offset) => view.getInt32(offset, isLittle),
    i8: (view, offset) => Number(view.getBigInt64(offset, isLittle)),
    u1: (view, offset) => view.getUint8(offset),
    u2: (view, offset) => view.getUint16(offset, isLittle),
    u4: (view, offset) => view.getUint32(offset, isLittle),
    u8: (view, offset) => Number(view.getBigUint64(offset, isLittle)),
  };
  const read = readers[kind];
  // '|' means that byte order does not matter, which is true of single bytes only.
  if (read === undefined || (match![1] === '|' && match![3] !== '1')) {
    return fail(
      'npy-dtype',
      `expected a dtype of float32, float64 or integers of 1 to 8 bytes, found ${JSON.stringify(descr.slice(0, 40))}`,
    );
  }
  return { read, itemBytes: Number(match![3]) };
}

function extentOf(shape: number[], itemBytes: number, fail: Fail): [count: number, dim: number] {
  const shown = `(${shape.join(', ')})`;
  if (shape.length !== 1 && shape.length !== 2) {
    return fail('npy-shape', `expected an array [points, coordinates], found shape ${shown}`);
  }
  const [count, dim = 1] = shape as [number, number?];
  if (![count, dim, count * dim * itemBytes].every(Number.isSafeInteger)) {
    return fail('npy-shape', `expected sizes that a file can hold, found shape ${shown}`);
  }
  return [count, dim];
}

function ends(bytes: Uint8Array): { head: string; tail: string } {
  const hex = (part: Uint8Array) => Array.from(part, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return { head: hex(bytes.subarray(0, 16)), tail: hex(bytes.subarray(-16)) };
}
