/** One decoded picture, and what its file may be before it is decoded. */

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Grey, grey and alpha, RGB, RGBA. */
  readonly channels: 1 | 2 | 3 | 4;
  /** Levels of 8 bits, row by row from the top, channels last. */
  readonly data: Uint8Array;
}

/** What the beginning of a file tells of the picture in it. */
export interface PictureHeader {
  readonly format: 'PNG' | 'JPEG';
  readonly width: number;
  readonly height: number;
  /** Whether red, green and blue are equal everywhere. */
  readonly isGrey: boolean;
  /** Bytes that decoding takes at its peak, about. */
  readonly bytes: number;
}

/** Why a file is passed over: a sentence's predicate, such as "expected a whole PNG, found its end". */
export class Unreadable extends Error {}

export function unreadable(expected: string, found: string): Unreadable {
  return new Unreadable(`expected ${expected}, found ${found}`);
}

const MOST_SIDE = 16_384;
const MOST_PIXELS = 64 * 2 ** 20;
/** Of decoding one picture: the reader's process ends above 960 MiB. */
const MOST_DECODED_BYTES = 640 * 2 ** 20;

/** Refuses by the header alone, before anything is allocated. @throws Unreadable */
export function requireSize({ format, width, height, bytes }: PictureHeader): void {
  const shown = `${width} x ${height}`;
  if (width < 1 || height < 1) throw unreadable('at least one pixel', shown);
  if (width > MOST_SIDE || height > MOST_SIDE) {
    throw unreadable(`at most ${MOST_SIDE} pixels a side`, shown);
  }
  if (width * height > MOST_PIXELS) throw unreadable(`at most ${MOST_PIXELS / 2 ** 20} megapixels`, shown);
  if (bytes > MOST_DECODED_BYTES) {
    throw unreadable(
      `a ${format} that decodes within ${MOST_DECODED_BYTES / 2 ** 20} MiB`,
      `${shown}, which takes ${Math.ceil(bytes / 2 ** 20)} MiB`,
    );
  }
}
