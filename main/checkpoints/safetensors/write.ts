import { WorkbenchError } from '#contract/errors.ts';
import { arrayClassOf, byteLengthOf, rankOf } from './dtypes.ts';
import type { CheckpointTensor } from './dtypes.ts';

/**
 * Writes a safetensors file, canonically: the same tensors and metadata give the same bytes whatever
 * their order. Widest alignment first, then by name, as the upstream writer sorts, so that every
 * tensor is aligned to its element; the header is padded with spaces to 8 bytes.
 *
 * @throws WorkbenchError `checkpoint/bad-tensor` where data, dtype and shape disagree or a name
 *   cannot be written
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, CheckpointTensor>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array {
  const sorted = [...tensors].sort(
    ([aName, a], [bName, b]) => rankOf(b.dtype) - rankOf(a.dtype) || compareUtf8(aName, bName),
  );
  const members: string[] = [];
  if (metadata.size > 0) members.push(`"__metadata__":${metadataJson(metadata)}`);
  let end = 0;
  for (const [name, tensor] of sorted) {
    const begin = end;
    end += checkedByteLength(name, tensor);
    members.push(
      `${jsonString(name)}:{"dtype":"${tensor.dtype}","shape":[${tensor.shape.join(',')}],` +
        `"data_offsets":[${begin},${end}]}`,
    );
  }
  const header = new TextEncoder().encode(`{${members.join(',')}}`);
  const headerBytes = Math.ceil(header.length / 8) * 8;
  const file = new Uint8Array(8 + headerBytes + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(header, 8);
  file.fill(0x20, 8 + header.length, 8 + headerBytes);
  let at = 8 + headerBytes;
  for (const [, { data }] of sorted) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

function metadataJson(metadata: ReadonlyMap<string, string>): string {
  const members = [...metadata]
    .sort(([a], [b]) => compareUtf8(a, b))
    .map(([key, value]) => `${jsonString(key)}:${jsonString(value)}`);
  return `{${members.join(',')}}`;
}

function checkedByteLength(name: string, { dtype, shape, data }: CheckpointTensor): number {
  const what = `tensor ${JSON.stringify(name)}`;
  if (name === '__metadata__') throw badTensor(`a name other than "__metadata__" for ${what}`, 'it');
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw badTensor(`non-negative integers as shape of ${what}`, `[${shape.join(', ')}]`);
  }
  const size = byteLengthOf(dtype, shape);
  const arrayClass = arrayClassOf(dtype);
  if (!(data instanceof arrayClass)) {
    throw badTensor(`${arrayClass.name} for ${dtype} ${what}`, data.constructor.name);
  }
  if (size !== data.byteLength) {
    throw badTensor(`the bytes of ${dtype}[${shape.join(', ')}], ${size}, for ${what}`, `${data.byteLength}`);
  }
  return size;
}

function jsonString(text: string): string {
  if (/\p{Surrogate}/u.test(text)) {
    throw badTensor('names and metadata of whole Unicode characters', JSON.stringify(text));
  }
  return JSON.stringify(text);
}

/** The order of Rust strings, which is that of code points and not of UTF-16 units. */
function compareUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function badTensor(expected: string, found: string): WorkbenchError {
  return new WorkbenchError('checkpoint/bad-tensor', `Expected ${expected}, found ${found}.`, {
    expected,
    found,
  });
}
