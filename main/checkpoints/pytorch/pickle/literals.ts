/** Numbers and strings as pickles write them. */
import { quoted, refusal } from '../../refusal.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const MAX_DIGITS = 620;

/** Two's complement, little-endian; no bytes are 0. */
export function longOf(bytes: Uint8Array): bigint {
  let digits = '';
  for (let i = bytes.length - 1; i >= 0; i--) digits += bytes[i]!.toString(16).padStart(2, '0');
  return digits === '' ? 0n : BigInt.asIntN(8 * bytes.length, BigInt(`0x${digits}`));
}

/** @throws WorkbenchError `checkpoint/pickle-text` */
export function utf8Of(bytes: Uint8Array, where: string): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw refusal('pickle-text', where, 'a string in UTF-8', 'other bytes');
  }
}

/** The text forms INT and LONG: decimal digits; in INT, `00` and `01` are False and True. */
export function decimalOf(text: string, where: string, isInt: boolean): bigint | boolean {
  if (isInt && (text === '00' || text === '01')) return text === '01';
  const digits = isInt ? text : text.replace(/L$/, '');
  if (digits.length > MAX_DIGITS || !/^[+-]?\d+$/.test(digits)) {
    throw refusal('pickle-text', where, 'a decimal integer', quoted(text));
  }
  return BigInt(digits.replace(/^\+/, ''));
}

/** The text form FLOAT. */
export function floatOf(text: string, where: string): number {
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (special !== null) {
    if (special[2]!.toLowerCase() === 'nan') return NaN;
    return special[1] === '-' ? -Infinity : Infinity;
  }
  if (text.length > MAX_DIGITS || !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) {
    throw refusal('pickle-text', where, 'a decimal number', quoted(text));
  }
  return Number(text);
}

const ESCAPES: Record<string, string> = {
  ...{ '\\': '\\', "'": "'", '"': '"', a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
};

/** The text form STRING: a quoted Python literal. */
export function quotedLiteralOf(text: string, where: string): string {
  const inner = /^(['"])([\s\S]*)\1$/.exec(text)?.[2];
  if (inner === undefined) throw refusal('pickle-text', where, 'a quoted string', quoted(text));
  return inner.replace(/\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|[\s\S]|$)/g, (_, escape: string) => {
    if (escape.startsWith('x') && escape.length === 3) {
      return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    }
    if (/^[0-7]/.test(escape)) return String.fromCharCode(Number.parseInt(escape, 8) & 0xff);
    const meant = Object.hasOwn(ESCAPES, escape) ? ESCAPES[escape] : undefined;
    if (meant === undefined) throw refusal('pickle-text', where, 'an escape', quoted(`\\${escape}`));
    return meant;
  });
}

/** The text form UNICODE: Latin-1 with \\uXXXX and \\UXXXXXXXX. */
export function rawUnicodeOf(bytes: Uint8Array, where: string): string {
  return latin1Of(bytes).replace(
    /\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g,
    (_, short?: string, long?: string) => {
      const code = Number.parseInt(short ?? long!, 16);
      if (code > 0x10ffff) throw refusal('pickle-text', where, 'a Unicode character', 'a larger code');
      return String.fromCodePoint(code);
    },
  );
}

export function latin1Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
