/** Assembles pickles for tests, well-formed or not, opcode by opcode. */
import { OPCODES } from '../pickle/opcodes.ts';
import type { Opcode } from '../pickle/opcodes.ts';

/** An opcode's name, or bytes as they are. */
type Part = Opcode | Uint8Array | readonly Part[];

export function assemble(...parts: readonly Part[]): Uint8Array {
  const bytes: Uint8Array[] = [];
  const todo: Part[] = [...parts].reverse();
  for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
    if (typeof part === 'string') bytes.push(Uint8Array.of(OPCODES[part]));
    else if (part instanceof Uint8Array) bytes.push(part);
    else for (const inner of part.toReversed()) todo.push(inner);
  }
  return Uint8Array.from(Buffer.concat(bytes));
}

/** A pickle of protocol 2 with one value. */
export function pickleOf(...parts: readonly Part[]): Uint8Array {
  return assemble('PROTO', raw(2), ...parts, 'STOP');
}

/** Single bytes. */
export function raw(...bytes: readonly number[]): Uint8Array {
  return Uint8Array.from(bytes);
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A little-endian integer of `width` bytes. */
export function little(value: number | bigint, width: number): Uint8Array {
  let rest = BigInt.asUintN(8 * width, BigInt(value));
  const bytes = new Uint8Array(width);
  for (let i = 0; i < width; i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return bytes;
}

export function text(value: string): Part {
  const bytes = utf8(value);
  return ['BINUNICODE', little(bytes.length, 4), bytes];
}

/** Any integer, in the shortest of the forms that torch writes. */
export function int(value: number | bigint): Part {
  const number = BigInt(value);
  if (number >= 0n && number < 256n) return ['BININT1', raw(Number(number))];
  if (BigInt.asIntN(32, number) === number) return ['BININT', little(number, 4)];
  let width = 8;
  while (BigInt.asIntN(8 * width, number) !== number) width++;
  return ['LONG1', raw(width), little(number, width)];
}

export function float(value: number): Part {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, false);
  return ['BINFLOAT', bytes];
}

export function global(module: string, name: string): Part {
  return ['GLOBAL', utf8(`${module}\n${name}\n`)];
}

export function tuple(...items: readonly Part[]): Part {
  return ['MARK', ...items, 'TUPLE'];
}

/** As Python does it, 1000 at a time. */
export function list(...items: readonly Part[]): Part {
  return ['EMPTY_LIST', ...batches(items).map((batch): Part => ['MARK', ...batch, 'APPENDS'])];
}

/** As Python does it, 1000 at a time. */
export function dict(...entries: readonly (readonly [Part, Part])[]): Part {
  return ['EMPTY_DICT', ...batches(entries).map((batch): Part => ['MARK', ...batch.flat(), 'SETITEMS'])];
}

function batches<T>(items: readonly T[]): T[][] {
  const starts = Array.from({ length: Math.ceil(items.length / 1000) }, (_, i) => 1000 * i);
  return starts.map((start) => items.slice(start, start + 1000));
}

/** `module.name(*items)` */
export function call(module: string, name: string, ...items: readonly Part[]): Part {
  return [global(module, name), tuple(...items), 'REDUCE'];
}

export function put(index: number): Part {
  return ['LONG_BINPUT', little(index, 4)];
}

export function get(index: number): Part {
  return ['LONG_BINGET', little(index, 4)];
}

/** `parts`, `count` times: bombs. */
export function repeated(count: number, ...parts: readonly Part[]): Uint8Array {
  const one = assemble(...parts);
  const bytes = new Uint8Array(count * one.length);
  for (let i = 0; i < count; i++) bytes.set(one, i * one.length);
  return bytes;
}

export type { Part };
