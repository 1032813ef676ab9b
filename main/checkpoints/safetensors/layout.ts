import { WorkbenchError } from '#contract/errors.ts';
import { bitsOf, byteLengthOf } from './dtypes.ts';
import { parseHeader } from './header.ts';
import type { TensorEntry } from './header.ts';

/** The limit of the format: 100 MB, which is far above any model's table of names. */
const MAX_HEADER_BYTES = 100_000_000n;
const PREFIX_BYTES = 8;

export interface Layout {
  /** In the order of their bytes. */
  entries: TensorEntry[];
  metadata: Map<string, string>;
  /** Where the tensors begin in the file. */
  dataStart: number;
}

/**
 * Reads where everything lies in a safetensors file: `u64 header length | JSON header | tensors`.
 *
 * Strict: a file that two readers could understand differently is refused. The tensors tile the
 * buffer without hole, overlap or rest, and each spans exactly the bytes of its shape and dtype.
 *
 * @param fileBytes  size of the whole file
 * @param read  bytes of it; asked for the header alone, once its length was checked
 * @throws WorkbenchError `checkpoint/...`
 */
export function readLayout(fileBytes: number, read: (offset: number, length: number) => Uint8Array): Layout {
  if (fileBytes < PREFIX_BYTES) throw refusal('header-too-small', 'at least 8 bytes', `${fileBytes}`);
  const prefix = read(0, PREFIX_BYTES);
  // Compared as BigInt: a length above 2^53 must not round to a harmless number first.
  const declared = new DataView(prefix.buffer, prefix.byteOffset, PREFIX_BYTES).getBigUint64(0, true);
  if (declared > MAX_HEADER_BYTES) {
    throw refusal('header-too-large', `a header of at most ${MAX_HEADER_BYTES} bytes`, `${declared}`);
  }
  const room = fileBytes - PREFIX_BYTES;
  if (declared > BigInt(room)) {
    throw refusal('header-length', `a header inside the file, at most ${room} bytes`, `${declared}`);
  }
  const dataStart = PREFIX_BYTES + Number(declared);
  const { entries, metadata } = parseHeader(headerText(read(PREFIX_BYTES, Number(declared))));
  checkLayout(entries, fileBytes - dataStart);
  return { entries, metadata, dataStart };
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
