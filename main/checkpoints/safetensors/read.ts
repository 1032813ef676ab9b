import { WorkbenchError } from '#contract/errors.ts';
import { arrayClassOf, bitsOf, byteLengthOf } from './dtypes.ts';
import type { CheckpointTensor, TensorData } from './dtypes.ts';
import { parseHeader } from './header.ts';
import type { TensorEntry } from './header.ts';

/** The limit of the format: 100 MB, which is far above any model's table of names. */
const MAX_HEADER_BYTES = 100_000_000n;
const PREFIX_BYTES = 8;

interface Safetensors {
  /** In the order of their bytes in the file. */
  tensors: Map<string, CheckpointTensor>;
  metadata: Map<string, string>;
}

/**
 * Reads a safetensors file: `u64 header length | JSON header | tensors`, all little-endian.
 *
 * Strict: a file that two readers could understand differently is refused. The tensors tile the
 * buffer without hole, overlap or rest, and each spans exactly the bytes of its shape and dtype.
 * Every tensor is a copy, so that keeping one does not keep the whole file in memory.
 *
 * @param source  what to call the file in an error
 * @throws WorkbenchError `checkpoint/...` with the first and last bytes of the file in `detail`
 */
export function readSafetensors(bytes: Uint8Array, source?: string): Safetensors {
  try {
    return readStrictly(bytes);
  } catch (error) {
    if (!(error instanceof WorkbenchError)) throw error;
    throw new WorkbenchError(
      error.code,
      source === undefined ? error.message : `${error.message} File: ${source}`,
      {
        ...(error.detail as object),
        ...(source === undefined ? {} : { file: source }),
        fileBytes: bytes.length,
        head: hexOf(bytes.subarray(0, 16)),
        tail: hexOf(bytes.subarray(Math.max(0, bytes.length - 16))),
      },
    );
  }
}

function readStrictly(bytes: Uint8Array): Safetensors {
  if (bytes.length < PREFIX_BYTES) {
    throw refusal('header-too-small', 'at least 8 bytes', `${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Compared as BigInt: a length above 2^53 must not round to a harmless number first.
  const declared = view.getBigUint64(0, true);
  if (declared > MAX_HEADER_BYTES) {
    throw refusal('header-too-large', `a header of at most ${MAX_HEADER_BYTES} bytes`, `${declared}`);
  }
  if (declared > BigInt(bytes.length - PREFIX_BYTES)) {
    const room = bytes.length - PREFIX_BYTES;
    throw refusal('header-length', `a header inside the file, at most ${room} bytes`, `${declared}`);
  }
  const dataStart = PREFIX_BYTES + Number(declared);
  const { entries, metadata } = parseHeader(headerText(bytes.subarray(PREFIX_BYTES, dataStart)));
  checkLayout(entries, bytes.length - dataStart);
  const tensors = new Map<string, CheckpointTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    // Copied by hand: `slice` of a Node Buffer is a view.
    const copy = new Uint8Array(end - begin);
    copy.set(bytes.subarray(dataStart + begin, dataStart + end));
    const data: TensorData = new (arrayClassOf(dtype))(copy.buffer);
    tensors.set(name, { dtype, shape, data });
  }
  return { tensors, metadata };
}

function headerText(header: Uint8Array): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header);
  } catch (cause) {
    throw new WorkbenchError(
      'checkpoint/header-not-utf8',
      'Expected a header in UTF-8, found bytes that are not.',
      {},
      { cause },
    );
  }
  if (!text.startsWith('{')) {
    throw refusal('header-start', 'a header that begins with "{"', JSON.stringify(text.slice(0, 8)));
  }
  return text;
}

/** Sorts the entries by offset and checks that they tile a buffer of `dataBytes`. */
function checkLayout(entries: TensorEntry[], dataBytes: number): void {
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let place = 0;
  for (const { name, dtype, shape, begin, end } of entries) {
    const where = JSON.stringify(name.slice(0, 80));
    if (begin !== place || end < begin) {
      throw refusal(
        'invalid-offsets',
        `tensor ${where} to begin at byte ${place}, where the one before ends, and to end after that`,
        `[${begin}, ${end}]`,
      );
    }
    const size = byteLengthOf(dtype, shape);
    const what = `${dtype}[${shape.join(', ')}]`;
    if (size === 'overflow') {
      throw refusal('size-overflow', `fewer than 2^53 bits in tensor ${where}`, what);
    }
    if (size === 'ragged') {
      throw refusal(
        'unaligned-size',
        `tensor ${where} to fill whole bytes with its ${bitsOf(dtype)}-bit elements`,
        what,
      );
    }
    if (end - begin !== size) {
      throw refusal('size-mismatch', `${size} bytes for tensor ${where}, ${what}`, `${end - begin}`);
    }
    place = end;
  }
  if (place !== dataBytes) {
    const cause = place > dataBytes ? 'the file is cut short' : 'bytes follow the last tensor';
    throw refusal('incomplete-buffer', `${place} bytes of tensors`, `${dataBytes}: ${cause}`);
  }
}

function refusal(what: string, expected: string, found: string): WorkbenchError {
  return new WorkbenchError(`checkpoint/${what}`, `Expected ${expected}, found ${found}.`, {
    expected,
    found,
  });
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
