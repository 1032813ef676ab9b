import { WorkbenchError } from '#contract/errors.ts';
import { quoted } from '../refusal.ts';

/** Deepest nesting of a value that is skipped. */
const MAX_DEPTH = 32;
/** Most keys of one object; a file of 100 MB could list ten million. */
const MAX_KEYS = 250_000;

/**
 * Reads JSON whose grammar is known beforehand: the caller says at every place what may follow, so
 * nothing nests further than it asks, and duplicate keys, which `JSON.parse` drops silently, are refused.
 *
 * @throws WorkbenchError `checkpoint/header-json`, `header-field`, `duplicate-key`, `too-many-keys`,
 *   `size-overflow`
 */
export class JsonScanner {
  private at = 0;
  private readonly text: string;
  /** What the text is called in errors. */
  private readonly called: string;

  constructor(text: string, called: string) {
    this.text = text;
    this.called = called;
  }

  end(): void {
    this.skipSpace();
    if (this.at < this.text.length) throw this.malformed(`the end of ${this.called}`);
  }

  /** An object whose members `member` reads one after another; a key may come once. */
  object(where: string, member: (key: string) => void): void {
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
      if (seen.size > MAX_KEYS) {
        throw new WorkbenchError(
          'checkpoint/too-many-keys',
          `Expected at most ${MAX_KEYS} keys in ${where}, found more.`,
          { where, expected: MAX_KEYS },
        );
      }
      if (!this.take(':')) throw this.malformed('":"');
      member(key);
    } while (this.take(','));
    if (!this.take('}')) throw this.malformed('"," or "}"');
  }

  stringMap(where: string): Map<string, string> {
    const map = new Map<string, string>();
    this.object(where, (key) => map.set(key, this.string(`${where} ${quoted(key)}`)));
    return map;
  }

  integers(where: string, most: number): number[] {
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

  /** Any value: its text if it is a string, number, boolean or null, else null, and what it holds is skipped. */
  plain(where: string, depth = 0): string | null {
    this.skipSpace();
    const first = this.text.charAt(this.at);
    if (first === '"') return this.string(where);
    if (first === '{' || first === '[') {
      if (depth === MAX_DEPTH) throw fieldError(where, `at most ${MAX_DEPTH} levels`, 'more');
      if (first === '{') this.object(where, () => this.plain(where, depth + 1));
      else this.items(where, depth);
      return null;
    }
    const word =
      /(?:-?(?:0|[1-9]\d{0,400})(?:\.\d{1,400})?(?:[eE][+-]?\d{1,9})?|true|false|null)(?![\w.+-])/y;
    word.lastIndex = this.at;
    const found = word.exec(this.text)?.[0];
    if (found === undefined) throw this.malformed('a value');
    this.at += found.length;
    return found;
  }

  /** A non-negative integer below 2^53, without sign, fraction, exponent or leading zero. */
  integer(where: string): number {
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

  string(where: string): string {
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

  private items(where: string, depth: number): void {
    this.open('[', where, 'an array');
    if (this.take(']')) return;
    do this.plain(where, depth + 1);
    while (this.take(','));
    if (!this.take(']')) throw this.malformed('"," or "]"');
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
      `Expected ${expected} at character ${this.at} of ${this.called}, found ${
        found === '' ? 'its end' : quoted(found)
      }.`,
      { expected, at: this.at, found },
    );
  }
}

export function fieldError(where: string, expected: string, found: string): WorkbenchError {
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
