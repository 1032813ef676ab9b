import { WorkbenchError } from '../errors.ts';
import {
  arrayKindOf,
  arrayKinds,
  className,
  isPlainObject,
  maxDepth,
  notEncodable,
  pathText,
} from './wire-value.ts';
import type { ArrayKind, WireArray } from './wire-value.ts';

declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(encoding: string, options: { fatal: boolean });
  decode(bytes: Uint8Array): string;
}

/**
 * One binary message for wires that carry bytes:
 *
 *   magic "FSW1" | u32 header length | header, UTF-8 JSON | then each array at the next multiple of 8
 *
 * The header is `[value, arrays]` with `arrays` a list of `[kind, length]` in the order in which
 * their bytes follow; the bytes tile the rest of the message exactly. In `value` an object with the
 * one key `$` stands for what JSON lacks: a number for that entry of `arrays`, a string for NaN,
 * infinities, minus zero and undefined. Keys of real objects that begin with `$` have it doubled.
 *
 * All integers are little-endian, and so is every platform that the engine or a browser runs on:
 * array bytes are copied as they lie in memory.
 */
const magic = 0x31575346;
const prefixBytes = 8;
const alignment = 8;
const maxHeaderBytes = 64 * 2 ** 20;
const maxArrays = 100_000;

type Encoded = null | boolean | number | string | Encoded[] | { [key: string]: Encoded };

const special = {
  NaN: NaN,
  Infinity: Infinity,
  '-Infinity': -Infinity,
  '-0': -0,
  undefined: undefined,
} as const;

/** @throws WorkbenchError `rpc/not-encodable` naming the path of what cannot cross */
export function encodeMessage(value: unknown): Uint8Array<ArrayBuffer> {
  const arrays: { kind: ArrayKind; view: WireArray }[] = [];
  const tree = encode(value, [], arrays);
  const table = arrays.map(({ kind, view }) => [kind, view.length]);
  const header = new TextEncoder().encode(JSON.stringify([tree, table]));
  if (header.length > maxHeaderBytes) throw notEncodable([], `${header.length} bytes outside typed arrays`);
  if (arrays.length > maxArrays) throw notEncodable([], `${arrays.length} typed arrays`);

  let size = aligned(prefixBytes + header.length);
  const offsets = arrays.map(({ view }) => {
    const offset = size;
    size = aligned(size + view.byteLength);
    return offset;
  });
  const message = new Uint8Array(size);
  const words = new DataView(message.buffer);
  words.setUint32(0, magic, true);
  words.setUint32(4, header.length, true);
  message.set(header, prefixBytes);
  arrays.forEach(({ view }, index) => {
    message.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength), offsets[index]);
  });
  return message;
}

function encode(
  value: unknown,
  path: PropertyKey[],
  arrays: { kind: ArrayKind; view: WireArray }[],
): Encoded {
  switch (typeof value) {
    case 'undefined':
      return { $: 'undefined' };
    case 'boolean':
    case 'string':
      return value;
    case 'number':
      if (Object.is(value, -0)) return { $: '-0' };
      return Number.isFinite(value) ? value : { $: String(value) };
    case 'object':
      break;
    default:
      throw notEncodable(path, `a ${typeof value}`);
  }
  if (value === null) return null;
  if (path.length >= maxDepth) throw notEncodable(path, `nesting deeper than ${maxDepth}`);
  if (ArrayBuffer.isView(value)) {
    const kind = arrayKindOf(value);
    if (kind === null) throw notEncodable(path, className(value));
    arrays.push({ kind, view: value as WireArray });
    return { $: arrays.length - 1 };
  }
  if (Array.isArray(value)) {
    return Array.from(value, (item: unknown, index) => {
      path.push(index);
      const encoded = encode(item, path, arrays);
      path.pop();
      return encoded;
    });
  }
  if (!isPlainObject(value)) throw notEncodable(path, className(value));
  const encoded: { [key: string]: Encoded } = {};
  for (const key of Object.keys(value)) {
    path.push(key);
    if (key === '__proto__') throw notEncodable(path, 'a field of that name');
    encoded[key.startsWith('$') ? `$${key}` : key] = encode(value[key], path, arrays);
    path.pop();
  }
  return encoded;
}

/**
 * The value that {@link encodeMessage} was given, typed arrays exact-size and in memory of their own.
 * The bytes are not trusted.
 *
 * @throws WorkbenchError `rpc/malformed`
 */
export function decodeMessage(message: ArrayBuffer | Uint8Array<ArrayBuffer>): unknown {
  const bytes = message instanceof Uint8Array ? message : new Uint8Array(message);
  const { tree, table, bodyStart } = readHeader(bytes);
  const arrays = readArrays(bytes, table, bodyStart);
  const value = decode(tree, [], arrays);
  const orphan = arrays.findIndex((array) => array !== null);
  if (orphan >= 0) throw malformed(`array ${orphan} belongs to no field`);
  return value;
}

function readHeader(bytes: Uint8Array<ArrayBuffer>): { tree: unknown; table: unknown[]; bodyStart: number } {
  if (bytes.length < prefixBytes)
    throw malformed(`expected at least ${prefixBytes} bytes, found ${bytes.length}`);
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (words.getUint32(0, true) !== magic) throw malformed('it does not begin with FSW1');
  const headerBytes = words.getUint32(4, true);
  if (headerBytes > maxHeaderBytes || prefixBytes + headerBytes > bytes.length) {
    throw malformed(`a header of ${headerBytes} bytes in a message of ${bytes.length}`);
  }
  let header: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(
      bytes.subarray(prefixBytes, prefixBytes + headerBytes),
    );
    header = JSON.parse(text);
  } catch {
    throw malformed('its header is not JSON');
  }
  if (!Array.isArray(header) || header.length !== 2 || !Array.isArray(header[1])) {
    throw malformed('its header is not [value, arrays]');
  }
  return { tree: header[0], table: header[1], bodyStart: aligned(prefixBytes + headerBytes) };
}

/** Sizes are checked against the bytes that are there before anything is allocated. */
function readArrays(
  bytes: Uint8Array<ArrayBuffer>,
  table: unknown[],
  bodyStart: number,
): (WireArray | null)[] {
  if (table.length > maxArrays) throw malformed(`${table.length} arrays, more than ${maxArrays}`);
  let offset = bodyStart;
  const spans = table.map((entry, index) => {
    const [kind, length] = Array.isArray(entry) ? (entry as unknown[]) : [];
    if (typeof kind !== 'string' || !Object.hasOwn(arrayKinds, kind)) {
      throw malformed(`array ${index} is of an unknown kind`);
    }
    const arrayOf = arrayKinds[kind as ArrayKind];
    if (!Number.isSafeInteger(length) || (length as number) < 0) {
      throw malformed(`the length of array ${index} is not a whole number`);
    }
    const start = offset;
    const end = start + (length as number) * arrayOf.BYTES_PER_ELEMENT;
    if (end > bytes.length) throw malformed(`array ${index} ends beyond the message`);
    offset = aligned(end);
    return { arrayOf, start, end };
  });
  if (offset !== bytes.length) {
    throw malformed(`expected ${offset} bytes from its header, found ${bytes.length}`);
  }
  return spans.map(({ arrayOf, start, end }) => {
    const base = bytes.byteOffset;
    return new arrayOf(bytes.buffer.slice(base + start, base + end));
  });
}

/** Each array is handed out once: a header cannot make a small message into a large value. */
function decode(node: unknown, path: PropertyKey[], arrays: (WireArray | null)[]): unknown {
  if (typeof node !== 'object' || node === null) return node;
  if (path.length >= maxDepth) throw malformed(`nesting deeper than ${maxDepth}`);
  if (Array.isArray(node)) {
    return node.map((item: unknown, index) => {
      path.push(index);
      const value = decode(item, path, arrays);
      path.pop();
      return value;
    });
  }
  const fields = node as Record<string, unknown>;
  const keys = Object.keys(fields);
  if (keys.length === 1 && keys[0] === '$') return standIn(fields['$'], path, arrays);
  const value: Record<string, unknown> = {};
  for (const key of keys) {
    path.push(key);
    // Assigning that key would replace the object's prototype.
    if (key === '__proto__') throw malformed(`${pathText(path)} is not a field name that may be sent`);
    if (key.startsWith('$') && !key.startsWith('$$')) throw malformed(`${pathText(path)} is not escaped`);
    value[key.startsWith('$') ? key.slice(1) : key] = decode(fields[key], path, arrays);
    path.pop();
  }
  return value;
}

function standIn(mark: unknown, path: PropertyKey[], arrays: (WireArray | null)[]): unknown {
  if (typeof mark === 'string' && Object.hasOwn(special, mark)) return special[mark as keyof typeof special];
  if (typeof mark === 'number') {
    const array = arrays[mark];
    if (array === undefined || array === null) throw malformed(`${pathText(path)} names no array of its own`);
    arrays[mark] = null;
    return array;
  }
  throw malformed(`${pathText(path)} stands for something unknown`);
}

function aligned(offset: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

function malformed(what: string): WorkbenchError {
  return new WorkbenchError('rpc/malformed', `A binary message is not well-formed: ${what}`);
}
