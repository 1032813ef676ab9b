/**
 * The header of NumPy's NPY format, versions 1 to 3 (NEP 1). It is a Python literal; the small grammar
 * below reads what NumPy writes there, evaluates nothing and refuses the rest.
 */

/** \x93NUMPY */
export const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** NumPy's own bound on headers it will parse. */
const LONGEST_HEADER = 10_000;

/** Throws a WorkbenchError `dataset/<code>` that names the file. */
export type Fail = (code: string, message: string, more?: object) => never;

/** True if the file says it is NPY; says nothing of whether it can be read. */
export function isNpy(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte);
}

export interface NpyHeader {
  /** Null for a structured dtype, which is a list. */
  descr: string | null;
  fortranOrder: boolean;
  shape: number[];
}

/** @returns the header, and where the numbers begin */
export function readHeader(bytes: Uint8Array, fail: Fail): { header: NpyHeader; dataStart: number } {
  const { text, dataStart } = headerOf(bytes, fail);
  return { header: new HeaderParser(text, fail).dictionary(), dataStart };
}

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

/** `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }` in any order, then white space. */
class HeaderParser {
  private at = 0;
  private readonly text: string;
  private readonly fail: Fail;

  constructor(text: string, fail: Fail) {
    this.text = text;
    this.fail = fail;
  }

  dictionary(): NpyHeader {
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
