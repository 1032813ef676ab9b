/** The protobuf wire format, as far as it takes to walk a file that nobody vouches for. */
import { refusal } from '../refusal.ts';

/** A part of a message's bytes. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** One field as it stands: the number of a varint, or where its bytes are. */
export interface Field extends Span {
  readonly number: number;
  /** Of a varint, clamped to what a double holds; 0 for others. */
  readonly value: number;
  readonly isBytes: boolean;
}

const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;
const FIXED_32 = 5;

/**
 * The fields of a message, in the order of the file. Every length is held against the end of the message
 * before anything is read by it.
 *
 * @throws WorkbenchError `checkpoint/onnx` for what is no message
 */
export function* fieldsOf(bytes: Uint8Array, { from, to }: Span, name: string): Generator<Field> {
  const broken = (found: string) => refusal('onnx', name, 'a whole ONNX model', found);
  let at = from;
  const varint = (): number => {
    let [value, scale] = [0, 1];
    for (let i = 0; i < 10; i++) {
      if (at >= to) throw broken(`a number that goes on past byte ${to}`);
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw broken(`a number of more than ten bytes before byte ${at}`);
  };
  while (at < to) {
    const key = varint();
    const number = Math.floor(key / 8);
    const type = key % 8;
    const start = at;
    if (type === VARINT) {
      const value = varint();
      yield { number, value, isBytes: false, from: start, to: at };
      continue;
    }
    const length = type === BYTES ? varint() : type === FIXED_64 ? 8 : type === FIXED_32 ? 4 : -1;
    if (number === 0 || length < 0) throw broken(`no field at byte ${start}`);
    if (length > to - at) throw broken(`a field of ${length} bytes with ${to - at} left at byte ${at}`);
    yield { number, value: 0, isBytes: type === BYTES, from: at, to: at + length };
    at += length;
  }
}

/** UTF-8, cut to what a message can show. */
export function textOf(bytes: Uint8Array, { from, to }: Span): string {
  return new TextDecoder().decode(bytes.subarray(from, Math.min(to, from + 1000)));
}

/** Numbers of a packed field, or of one of a field that is not. @throws as {@link fieldsOf} */
export function numbersOf(bytes: Uint8Array, field: Field, name: string): number[] {
  if (!field.isBytes) return [field.value];
  const numbers: number[] = [];
  let [value, scale] = [0, 1];
  for (let at = field.from; at < field.to; at++) {
    const byte = bytes[at]!;
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte >= 0x80) continue;
    numbers.push(value);
    [value, scale] = [0, 1];
  }
  if (scale !== 1) throw refusal('onnx', name, 'a whole ONNX model', 'a number without an end');
  return numbers;
}
