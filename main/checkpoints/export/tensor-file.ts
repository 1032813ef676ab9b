/** Safetensors files written one tensor at a time, for what does not fit into memory whole. */
import fs from 'node:fs';
import path from 'node:path';
import { WorkbenchError } from '#contract/errors.ts';
import { byteLengthOf, rankOf } from '../safetensors/dtypes.ts';
import type { Dtype, TensorData } from '../safetensors/dtypes.ts';

export interface TensorSpec {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** Bytes that one system call writes. */
const MOST_BYTES_PER_CALL = 2 ** 26;

/**
 * Writes a new safetensors file, in the order of bytes of `writeSafetensors`: the header, then each
 * tensor as `dataOf` hands it over, then a sync to the disk. One tensor is in memory at a time.
 * If anything fails, what was written is removed; the caller renames what is whole.
 *
 * @param file  a path where nothing is yet
 * @param dataOf  elements of the dtype, or their little-endian bytes; asked once for each spec
 * @param onProgress  bytes written, and of how many; may throw, to stop
 * @returns bytes of the file
 * @throws WorkbenchError `checkpoint/bad-tensor` where names repeat or data and spec disagree,
 *   `checkpoint/disk-full`, `checkpoint/write-failed`
 */
export function writeTensorFile(
  file: string,
  specs: readonly TensorSpec[],
  metadata: ReadonlyMap<string, string>,
  dataOf: (name: string) => TensorData,
  onProgress: (done: number, of: number) => void = () => {},
): number {
  const sorted = [...specs].sort(
    (a, b) => rankOf(b.dtype) - rankOf(a.dtype) || Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)),
  );
  const { header, total } = headerOf(sorted, metadata);
  const descriptor = attempt(file, () => fs.openSync(file, 'wx'));
  try {
    write(file, descriptor, header);
    let done = header.length;
    for (const spec of sorted) {
      const data = dataOf(spec.name);
      if (data.byteLength !== bytesOf(spec)) {
        throw bad(`${bytesOf(spec)} bytes for tensor ${JSON.stringify(spec.name)}`, `${data.byteLength}`);
      }
      write(file, descriptor, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      done += data.byteLength;
      onProgress(done, total);
    }
    attempt(file, () => fs.fsyncSync(descriptor));
    fs.closeSync(descriptor);
    return total;
  } catch (error) {
    closeQuietly(descriptor);
    fs.rmSync(file, { force: true });
    throw error;
  }
}

function headerOf(
  specs: readonly TensorSpec[],
  metadata: ReadonlyMap<string, string>,
): { header: Uint8Array; total: number } {
  const entries: [string, unknown][] = [];
  if (metadata.size > 0) {
    const sorted = [...metadata].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    entries.push(['__metadata__', Object.fromEntries(sorted)]);
  }
  const names = new Set(['__metadata__']);
  let end = 0;
  for (const spec of specs) {
    const { name, dtype, shape } = spec;
    if (names.has(name)) throw bad('every name once', JSON.stringify(name));
    names.add(name);
    const begin = end;
    end += bytesOf(spec);
    entries.push([name, { dtype, shape, data_offsets: [begin, end] }]);
  }
  // Not `JSON.stringify` of an object: that would move names that look like numbers to the front.
  const members = entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const text = Buffer.from(`{${members.join(',')}}`);
  const padded = Math.ceil(text.length / 8) * 8;
  const header = Buffer.alloc(8 + padded, ' ');
  header.writeBigUInt64LE(BigInt(padded), 0);
  text.copy(header, 8);
  return { header, total: header.length + end };
}

function bytesOf({ name, dtype, shape }: TensorSpec): number {
  const bytes = shape.every((size) => Number.isSafeInteger(size) && size >= 0)
    ? byteLengthOf(dtype, shape)
    : 'ragged';
  if (typeof bytes === 'number') return bytes;
  throw bad(`a shape for ${dtype} tensor ${JSON.stringify(name)}`, `[${shape.join(', ')}]`);
}

function write(file: string, descriptor: number, bytes: Uint8Array): void {
  let at = 0;
  while (at < bytes.length) {
    const length = Math.min(bytes.length - at, MOST_BYTES_PER_CALL);
    at += attempt(file, () => fs.writeSync(descriptor, bytes, at, length));
  }
}

function attempt<T>(file: string, deed: () => T): T {
  try {
    return deed();
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    throw new WorkbenchError(
      isFull ? 'checkpoint/disk-full' : 'checkpoint/write-failed',
      `${path.basename(file)}: expected to write a new file, ${isFull ? 'found the disk full' : `found ${code}`}`,
      { found: code },
      { cause: error },
    );
  }
}

function closeQuietly(descriptor: number): void {
  try {
    fs.closeSync(descriptor);
  } catch {
    // It was closed, or cannot be: the error that led here is the one to tell.
  }
}

function bad(expected: string, found: string): WorkbenchError {
  return new WorkbenchError('checkpoint/bad-tensor', `Expected ${expected}, found ${found}.`, {
    expected,
    found,
  });
}
