/** A file that may be a picture: told apart by its first bytes, then read whole. */
import fs from 'node:fs';
import { decodeJpeg, isJpeg, jpegHeader } from './jpeg.ts';
import { type Picture, type PictureHeader, Unreadable, requireSize, unreadable } from './picture.ts';
import { PNG_HEADER_BYTES, decodePng, isPng, pngHeader } from './png.ts';

const MOST_FILE_BYTES = 256 * 2 ** 20;
/** The header of a JPEG is in here, unless a large thumbnail stands before it. */
const HEAD_BYTES = 128 * 1024;
const SNIFFED_BYTES = 64;
/** Names that promise a picture: what they hold is said, whatever it is. */
const PICTURE_NAME = /\.(png|jpe?g|jfif|gif|bmp|webp|tiff?|avif|heic)$/i;

/** Formats that are known and not read, by their first bytes. */
const OTHERS: readonly (readonly [name: string, is: (text: string) => boolean])[] = [
  ['GIF', (text) => text.startsWith('GIF8')],
  ['WebP', (text) => text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP'],
  ['TIFF', (text) => text.startsWith('II*\0') || text.startsWith('MM\0*')],
  ['BMP', (text) => text.startsWith('BM')],
  ['AVIF or HEIC', (text) => /^....ftyp(avi|hei|mif)/s.test(text)],
];

/**
 * The header of a picture; null for a file that does not look like one.
 * @throws Unreadable for a picture that cannot be taken
 */
export function pictureHeader(file: string, name: string): PictureHeader | null {
  const { head, size } = headOf(file, HEAD_BYTES);
  const header = isPng(head)
    ? pngHeader(head.subarray(0, PNG_HEADER_BYTES))
    : isJpeg(head)
      ? jpegHeaderOf(file, head, size)
      : null;
  if (header === null) {
    const text = String.fromCharCode(...head.subarray(0, SNIFFED_BYTES));
    const other = OTHERS.find(([, is]) => is(text))?.[0];
    // BM begins many a text.
    if (!PICTURE_NAME.test(name) && (other === undefined || other === 'BMP')) return null;
    throw unreadable('PNG or JPEG', other ?? (size === 0 ? 'an empty file' : 'another format'));
  }
  requireFileSize(size);
  requireSize(header);
  return header;
}

/** @throws Unreadable */
export function readPicture(file: string): Picture {
  const { head, size } = headOf(file, SNIFFED_BYTES);
  requireFileSize(size);
  const bytes = wholeOf(file);
  // Again: it may be another file than the one that was looked at.
  if (isPng(head)) {
    requireSize(pngHeader(bytes));
    return decodePng(bytes);
  }
  requireSize(jpegHeader(bytes));
  return decodeJpeg(bytes);
}

/** The first bytes of a file that hold what tells formats apart. @throws Unreadable */
export function headOf(file: string, most: number): { readonly head: Uint8Array; readonly size: number } {
  try {
    // A pipe without a writer would hold a plain open for ever.
    const handle = fs.openSync(file, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
    try {
      const stats = fs.fstatSync(handle);
      if (!stats.isFile()) throw unreadable('a file', 'something else');
      const head = new Uint8Array(Math.min(most, stats.size));
      const read = fs.readSync(handle, head, 0, head.length, 0);
      return { head: head.subarray(0, read), size: stats.size };
    } finally {
      fs.closeSync(handle);
    }
  } catch (error) {
    throw readable(error);
  }
}

function wholeOf(file: string): Uint8Array {
  try {
    return fs.readFileSync(file);
  } catch (error) {
    throw readable(error);
  }
}

function jpegHeaderOf(file: string, head: Uint8Array, size: number): PictureHeader {
  try {
    return jpegHeader(head);
  } catch (error) {
    if (!(error instanceof Unreadable) || size <= head.length) throw error;
    requireFileSize(size);
    return jpegHeader(wholeOf(file));
  }
}

function requireFileSize(size: number): void {
  if (size <= MOST_FILE_BYTES) return;
  throw unreadable(`a file of at most ${MOST_FILE_BYTES / 2 ** 20} MiB`, `${Math.ceil(size / 2 ** 20)} MiB`);
}

function readable(error: unknown): Unreadable {
  if (error instanceof Unreadable) return error;
  const { code = 'an error' } = error as NodeJS.ErrnoException;
  return unreadable('a file that can be read', code);
}
