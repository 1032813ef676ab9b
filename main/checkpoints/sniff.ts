/** What a file is, by its content alone: its name proves nothing. */
import type { ByteSource } from './byte-source.ts';
import { refusal } from './refusal.ts';
import { endsLikeZip } from './zip/index.ts';

/** What can be opened; a ZIP archive is told apart further by its members. */
export type Sniffed = 'safetensors' | 'zip' | 'pytorch-legacy' | 'npy' | 'index' | 'onnx';

const HEAD_BYTES = 4096;
const MAX_HEADER_BYTES = 100_000_000n;

interface Sign {
  /** For a person, as in "found a tar archive". */
  readonly called: string;
  /** What opens it; else the code of its refusal and what to do instead. */
  readonly is: Sniffed | { readonly code: string; readonly instead: string };
  matches(head: Buffer, source: ByteSource): boolean;
}

const CONVERT = 'convert it to safetensors with the program that made it';

const SIGNS: readonly Sign[] = [
  {
    called: 'a safetensors file',
    is: 'safetensors',
    // Text of eight characters before a brace would be a length far above any file's.
    matches: (head) => head.length > 8 && head[8] === 0x7b && !startsLikeJson(head) && isShort(head),
  },
  {
    called: 'a ZIP archive',
    is: 'zip',
    matches: (head, source) => startsWith(head, 'PK\x03\x04') || endsLikeZip(source),
  },
  {
    called: 'a legacy PyTorch stream',
    is: 'pytorch-legacy',
    matches: (head) => startsLikePickle(head) && head.subarray(2, 14).equals(TORCH_MAGIC),
  },
  {
    called: 'a bare pickle',
    is: {
      code: 'bare-pickle',
      instead: 'only PyTorch files are read; save its arrays as safetensors or NPZ',
    },
    matches: (head) => startsLikePickle(head) && !head.subarray(2, 14).equals(TORCH_MAGIC),
  },
  { called: 'an NPY array', is: 'npy', matches: (head) => startsWith(head, '\x93NUMPY') },
  { called: 'a JSON file', is: 'index', matches: startsLikeJson },
  {
    called: 'a tar archive',
    is: { code: 'tar', instead: 'take the checkpoint out of the archive' },
    matches: (head) => head.length >= 512 && head.toString('latin1', 257, 262) === 'ustar',
  },
  ...[
    ['gzip', '\x1f\x8b'],
    ['bzip2', 'BZh'],
    ['xz', '\xfd7zXZ\0'],
    ['zstd', '\x28\xb5\x2f\xfd'],
    ['7z', '7z\xbc\xaf\x27\x1c'],
    ['rar', 'Rar!\x1a\x07'],
  ].map(([code, magic]): Sign => ({
    called: `${code} data`,
    is: { code: code!, instead: 'decompress it first' },
    matches: (head) => startsWith(head, magic!),
  })),
  {
    called: 'an HDF5 file',
    is: { code: 'hdf5', instead: CONVERT },
    matches: (head) => [0, 512, 1024, 2048].some((at) => startsWith(head.subarray(at), '\x89HDF\r\n\x1a\n')),
  },
  {
    called: 'a GGUF file',
    is: { code: 'gguf', instead: CONVERT },
    matches: (head) => startsWith(head, 'GGUF'),
  },
  {
    called: 'an ONNX model',
    is: 'onnx',
    // A protobuf: field 1, a small IR version, then field 2, the producer's name, or field 7, the graph.
    matches: (head) =>
      head.length > 8 &&
      head[0] === 0x08 &&
      head[1]! >= 1 &&
      head[1]! <= 32 &&
      ((head[2] === 0x12 && head[3]! < 64 && isPrintable(head.subarray(4, 4 + head[3]!))) ||
        head[2] === 0x3a),
  },
  {
    called: 'a Flax msgpack file',
    is: {
      code: 'flax-msgpack',
      instead: 'convert it to safetensors, e.g. with flax and safetensors.numpy.save_file',
    },
    matches: isMsgpackMap,
  },
];

/** The long integer 0x1950a86a20f9469cfc6c as pickles write it. */
const TORCH_MAGIC = Buffer.from('8a0a6cfc9c46f9206aa85019', 'hex');

/**
 * @throws WorkbenchError `checkpoint/empty-file`, `two-formats`, `unknown-format`, or the code of a
 *   format that is known and not read: `tar`, `gzip`, `hdf5`, `gguf`, `flax-msgpack`,
 *   `bare-pickle`, ...
 */
export function sniff(source: ByteSource): Sniffed {
  const { name, size } = source;
  if (size === 0) throw refusal('empty-file', name, 'a checkpoint', 'an empty file');
  const head = Buffer.from(source.read(0, Math.min(HEAD_BYTES, size)));
  const found = SIGNS.filter((sign) => sign.matches(head, source));
  const [first, second] = found;
  if (second !== undefined) {
    const both = found.map(({ called }) => called).join(' and ');
    throw refusal('two-formats', name, 'a file of one format', `${both} at once`);
  }
  if (first === undefined) {
    // A damaged safetensors header is told apart by its reader, which says what is wrong with it.
    if (isLength(head, size)) return 'safetensors';
    throw refusal(
      'unknown-format',
      name,
      'safetensors, a PyTorch file, NPY, NPZ or a sharded index',
      `none of them: it begins with ${head.toString('hex', 0, 8)}`,
    );
  }
  if (typeof first.is === 'string') return first.is;
  throw refusal(
    first.is.code,
    name,
    'safetensors, a PyTorch file, NPY or NPZ',
    `${first.called}; ${first.is.instead}`,
  );
}

function startsWith(head: Buffer, magic: string): boolean {
  return head.toString('latin1', 0, magic.length) === magic;
}

function startsLikeJson(head: Buffer): boolean {
  return /^[ \t\r\n]*\{[ \t\r\n]*(["}]|$)/.test(head.toString('latin1'));
}

function startsLikePickle(head: Buffer): boolean {
  return head.length >= 2 && head[0] === 0x80 && head[1]! >= 1 && head[1]! <= 5;
}

/** Whether the first eight bytes are a number below 2^56, as no text is. */
function isShort(head: Buffer): boolean {
  return head[7] === 0 || head.readBigUInt64LE(0) >= 2n ** 63n;
}

/** Whether the first eight bytes are a plausible length of a safetensors header. */
function isLength(head: Buffer, size: number): boolean {
  if (size < 8) return false;
  const length = head.readBigUInt64LE(0);
  return length > 0n && length <= MAX_HEADER_BYTES && length <= BigInt(size - 8);
}

function isPrintable(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
}

/** A msgpack map whose first key is a short printable string, as Flax writes trees of parameters. */
function isMsgpackMap(head: Buffer): boolean {
  const first = head[0]!;
  const at = first > 0x80 && first <= 0x8f ? 1 : first === 0xde ? 3 : first === 0xdf ? 5 : -1;
  if (at < 0 || head.length <= at + 1) return false;
  const kind = head[at]!;
  const [length, start] =
    kind > 0xa0 && kind <= 0xbf ? [kind & 0x1f, at + 1] : kind === 0xd9 ? [head[at + 1]!, at + 2] : [0, 0];
  return length > 0 && start + length <= head.length && isPrintable(head.subarray(start, start + length));
}
