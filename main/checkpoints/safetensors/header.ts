import { WorkbenchError } from '#contract/errors.ts';
import { dtypeNames, isDtype } from './dtypes.ts';
import type { Dtype } from './dtypes.ts';

/** One entry of the header: where a tensor lies in the buffer that follows it. */
export interface TensorEntry {
  name: string;
  dtype: Dtype;
  shape: number[];
  /** Half-open byte range, relative to the first byte after the header. */
  begin: number;
  end: number;
}

interface Header {
  entries: TensorEntry[];
  metadata: Map<string, string>;
}

/** No framework makes a tensor of higher rank; a longer shape is an attack on memory. */
const MAX_RANK = 64;
const METADATA_KEY = '__metadata__';

/**
 * Reads the JSON header of a safetensors file.
 *
 * The grammar is fixed (an object of objects of strings and integers), so the scanner knows at every
 * place what may follow: nothing nests, nothing recurses, and duplicate keys, which `JSON.parse`
 * drops silently, are refused.
 *
 * @throws WorkbenchError `checkpoint/header-json`, `header-field`, `duplicate-key`,
 *   `unsupported-dtype`, `size-overflow`
 */
export function parseHeader(text: string): Header {
  return new HeaderScanner(text).header();
}

class HeaderScanner {
  private at = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  header(): Header {
    const entries: TensorEntry[] = [];
    let metadata: Map<string, string> | null = null;
    this.object('header', (name) => {
      if (name === METADATA_KEY) metadata = this.stringMap();
      else entries.push(this.tensor(name));
    });
    this.skipSpace();
    if (this.at < this.text.length) throw this.malformed('the end of the header');
    return { entries, metadata: metadata ?? new Map<string, string>() };
  }

  private tensor(name: string): TensorEntry {
    let dtype: Dtype | null = null;
    let shape: number[] | null = null;
    let offsets: number[] | null = null;
    const where = `tensor ${quoted(name)}`;
    this.object(where, (field) => {
      if (field === 'dtype') dtype = this.dtype(where);
      else if (field === 'shape') shape = this.integers(`shape of ${where}`, MAX_RANK);
      else if (field === 'data_offsets') offsets = this.integers(`data_offsets of ${where}`, 2);
      else throw fieldError(where, 'only dtype, shape and data_offsets', `the field ${quoted(field)}`);
    });
    if (dtype === null) throw fieldError(where, 'a dtype', 'none');
    if (shape === null) throw fieldError(where, 'a shape', 'none');
    const [begin, end] = (offsets ?? []) as number[];
    if (begin === undefined || end === undefined) throw fieldError(where, 'two data_offsets', 'fewer');
    return { name, dtype, shape, begin, end };
  }

  private dtype(where: string): Dtype {
    const name = this.string(`dtype of ${where}`);
    if (isDtype(name)) return name;
    throw new WorkbenchError(
      'checkpoint/unsupported-dtype',
      `Expected one of ${dtypeNames().join(', ')} as dtype of ${where}, found ${quoted(name)}.`,
      { where, found: name },
    );
  }

  private stringMap(): Map<string, string> {
    const map = new Map<string, string>();
    this.object(METADATA_KEY, (key) => map.set(key, this.string(`${METADATA_KEY} ${quoted(key)}`)));
    return map;
  }

  /** An object whose members `member` reads one after another; a key may come once. */
  private object(where: string, member: (key: string) => void): void {
    this.open('{', where, 'an object');
    if (this.take('}')) return;
    const seen = new Set<string>();
    do {
      this.skipSpace();
      if (this.text.charAt(this.at) !== '"') throw this.malformed('a key in quotes');
      const key = this.string(where);
      if (seen.has(key)) {
        throw new WorkbenchError(
          'checkpoint/duplicate-key',
          `Expected every key once in ${where}, found ${quoted(key)} twice.`,
          { where, key },
        );
      }
      seen.add(key);
      if (!this.take(':')) throw this.malformed('":"');
      member(key);
    } while (this.take(','));
    if (!this.take('}')) throw this.malformed('"," or "}"');
  }

  private integers(where: string, most: number): number[] {
    this.open('[', where, 'an array of integers');
    const values: number[] = [];
    if (this.take(']')) return values;
    do {
      if (values.length === most) throw fieldError(where, `at most ${most} integers`, 'more');
      values.push(this.integer(where));
    } while (this.take(','));
    if (!this.take(']')) throw this.malformed('"," or "]"');
    return values;
  }

  /** A non-negative integer below 2^53, without sign, fraction, exponent or leading zero. */
  private integer(where: string): number {
    this.skipSpace();
    const start = this.at;
    while (isDigit(this.text.charCodeAt(this.at))) this.at++;
    const digits = this.text.slice(start, this.at);
    const next = this.text.charAt(this.at);
    if (digits === '' || next === '.' || next === 'e' || next === 'E') {
      this.at = start;
      throw this.unexpected(where, 'a non-negative integer');
    }
    if (digits.length > 1 && digits.startsWith('0')) {
      this.at = start;
      throw this.malformed('a number without a leading zero');
    }
    const value = digits.length > 16 ? Infinity : Number(digits);
    if (!Number.isSafeInteger(value)) {
      throw new WorkbenchError(
        'checkpoint/size-overflow',
        `Expected integers below 2^53 in ${where}, found ${digits.slice(0, 24)}.`,
        { where, found: digits.slice(0, 24) },
      );
    }
    return value;
  }

  private string(where: string): string {
    this.skipSpace();
    if (this.text.charCodeAt(this.at) !== 0x22) throw this.unexpected(where, 'a string');
    const start = this.at;
    let end = start + 1;
    let hasEscape = false;
    for (; end < this.text.length; end++) {
      const code = this.text.charCodeAt(end);
      if (code === 0x22) break;
      if (code < 0x20) {
        this.at = end;
        throw this.malformed('no control character in a string');
      }
      if (code === 0x5c) {
        hasEscape = true;
        end++;
      }
    }
    if (end >= this.text.length) {
      this.at = this.text.length;
      throw this.malformed('the end of a string');
    }
    this.at = end + 1;
    if (!hasEscape) return this.text.slice(start + 1, end);
    let value: string;
    try {
      value = JSON.parse(this.text.slice(start, this.at)) as string;
    } catch {
      this.at = start;
      throw this.malformed('a string with JSON escapes');
    }
    // An escaped lone surrogate has no UTF-8 form: two readers would show two different names.
    if (/\p{Surrogate}/u.test(value)) {
      this.at = start;
      throw this.malformed('a string of whole Unicode characters');
    }
    return value;
  }

  private open(bracket: '{' | '[', where: string, expected: string): void {
    if (!this.take(bracket)) throw this.unexpected(where, expected);
  }

  private take(character: string): boolean {
    this.skipSpace();
    if (this.text.charAt(this.at) !== character) return false;
    this.at++;
    return true;
  }

  private skipSpace(): void {
    for (; this.at < this.text.length; this.at++) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
    }
  }

  /** The wrong kind of value where one begins, or no value at all. */
  private unexpected(where: string, expected: string): WorkbenchError {
    const kind = kindOfValue(this.text.charAt(this.at));
    return kind === null ? this.malformed(expected) : fieldError(where, expected, kind);
  }

  private malformed(expected: string): WorkbenchError {
    const found = this.text.slice(this.at, this.at + 16);
    return new WorkbenchError(
      'checkpoint/header-json',
      `Expected ${expected} at character ${this.at} of the header, found ${
        found === '' ? 'its end' : quoted(found)
      }.`,
      { expected, at: this.at, found },
    );
  }
}

function fieldError(where: string, expected: string, found: string): WorkbenchError {
  return new WorkbenchError('checkpoint/header-field', `Expected ${expected} in ${where}, found ${found}.`, {
    where,
    expected,
    found,
  });
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** What kind of JSON value starts with this character, or null where none does. */
function kindOfValue(first: string): string | null {
  if (first === '{') return 'an object';
  if (first === '[') return 'an array';
  if (first === '"') return 'a string';
  if (first === '-' || isDigit(first.charCodeAt(0))) return 'another number';
  if (first === 't' || first === 'f') return 'a boolean';
  if (first === 'n') return 'null';
  return null;
}

/** A name from a file, cut so that an error stays one line. */
function quoted(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 77)}...` : name);
}
