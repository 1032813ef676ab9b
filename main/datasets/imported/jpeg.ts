/** JPEG, baseline and progressive, in grey or YCbCr; the way up is that of its EXIF data. */
import { decode } from 'jpeg-js';
import { type Picture, type PictureHeader, unreadable } from './picture.ts';

/** As EXIF numbers them: 1 upright, 2 to 4 mirrored or upside down, 5 to 8 lying on a side. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

interface JpegHeader extends PictureHeader {
  readonly orientation: Orientation;
}

/** Bytes that decoding takes for each sample: coefficients, pixels of a component and of the picture. */
const BYTES_PER_SAMPLE = 10;

export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

/**
 * Walks the segments up to the frame's header.
 * @param bytes  of the whole file
 * @throws Unreadable, for CMYK among others
 */
export function jpegHeader(bytes: Uint8Array): JpegHeader {
  if (!isJpeg(bytes)) throw unreadable('a JPEG', 'another format');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let orientation: Orientation = 1;
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) throw unreadable('a marker of JPEG', `byte ${bytes[at]} at ${at}`);
    const marker = bytes[at + 1]!;
    // Fill bytes before a marker, and markers without content.
    if (marker === 0xff || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    const length = view.getUint16(at + 2);
    const end = at + 2 + length;
    if (length < 2 || end > bytes.length) break;
    if (marker === 0xe1) orientation = orientationOf(bytes.subarray(at + 4, end)) ?? orientation;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return frameOf(view, at, length, orientation);
    if (marker === 0xd9 || marker === 0xda) break;
    at = end;
  }
  throw unreadable('the header of a JPEG', 'the end of the file before it');
}

function frameOf(view: DataView, at: number, length: number, orientation: Orientation): JpegHeader {
  const marker = view.getUint8(at + 1);
  if (length < 8) throw unreadable('the header of a frame', 'a shorter one');
  const depth = view.getUint8(at + 4);
  const [height, width, components] = [view.getUint16(at + 5), view.getUint16(at + 7), view.getUint8(at + 9)];
  if (components === 4) throw unreadable('a grey or RGB JPEG', 'CMYK');
  if (components !== 1 && components !== 3) throw unreadable('1 or 3 components', `${components}`);
  if (depth !== 8) throw unreadable('8 bits a sample', `${depth}`);
  if (marker > 0xc2) throw unreadable('baseline or progressive JPEG', `frame type ${marker - 0xc0}`);
  if (length < 8 + 3 * components) throw unreadable('the header of a frame', 'a shorter one');
  const sampling = Array.from({ length: components }, (_, i) => view.getUint8(at + 11 + 3 * i));
  const [across, down] = [sampling.map((each) => each >> 4), sampling.map((each) => each & 15)];
  if ([...across, ...down].includes(0)) throw unreadable('samples of every component', 'none');
  const whole = Math.max(...across) * Math.max(...down);
  const samples = sampling.reduce((sum, _, i) => sum + (across[i]! * down[i]!) / whole, 0);
  // Lying pictures are still as they were stored: the size is told as a person sees it.
  const isTurned = orientation >= 5;
  return {
    format: 'JPEG',
    width: isTurned ? height : width,
    height: isTurned ? width : height,
    isGrey: components === 1,
    bytes: Math.ceil(width * height * (samples * BYTES_PER_SAMPLE + 3)),
    orientation,
  };
}

/** @throws Unreadable for what is damaged or cut off */
export function decodeJpeg(bytes: Uint8Array): Picture {
  const { orientation } = jpegHeader(bytes);
  // A cut file is decoded to its end, and the rest is grey.
  if (!endsWell(bytes)) throw unreadable('a whole JPEG', 'the end of the file before its last marker');
  let decoded: { width: number; height: number; data: Uint8Array };
  try {
    decoded = decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxResolutionInMP: 100,
      maxMemoryUsageInMB: 1024,
    });
  } catch (error) {
    throw unreadable('a whole JPEG', `damage (${error instanceof Error ? error.message : String(error)})`);
  }
  const { width, height, data } = decoded;
  return turned({ width, height, channels: 3, data }, orientation);
}

/** Whether the end marker stands near the end; some cameras append zeros, and some programs more. */
function endsWell(bytes: Uint8Array): boolean {
  const last = Math.max(2, bytes.length - 64 * 1024);
  for (let at = bytes.length - 2; at >= last; at--) {
    if (bytes[at] === 0xff && bytes[at + 1] === 0xd9) return true;
  }
  return false;
}

/** Entry 0x0112 of the first directory of EXIF; null where there is none that makes sense. */
function orientationOf(segment: Uint8Array): Orientation | null {
  if (String.fromCharCode(...segment.subarray(0, 6)) !== 'Exif\0\0' || segment.length < 14) return null;
  const tiff = segment.subarray(6);
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const isLittle = view.getUint16(0) === 0x4949;
  const directory = view.getUint32(4, isLittle);
  if (directory + 2 > tiff.length) return null;
  const entries = view.getUint16(directory, isLittle);
  for (let i = 0; i < entries; i++) {
    const at = directory + 2 + 12 * i;
    if (at + 12 > tiff.length) return null;
    if (view.getUint16(at, isLittle) !== 0x0112) continue;
    const value = view.getUint16(at + 8, isLittle);
    return value >= 1 && value <= 8 ? (value as Orientation) : null;
  }
  return null;
}

/** The picture upright. */
function turned(picture: Picture, orientation: Orientation): Picture {
  if (orientation === 1) return picture;
  const { width, height, channels, data } = picture;
  const isTurned = orientation >= 5;
  const [outWidth, outHeight] = isTurned ? [height, width] : [width, height];
  const out = new Uint8Array(data.length);
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++) {
      const [u, v] = isTurned ? [y, x] : [x, y];
      const isMirrored = [2, 3, 7, 8].includes(orientation);
      const isFlipped = [3, 4, 6, 7].includes(orientation);
      const from = (isFlipped ? height - 1 - v : v) * width + (isMirrored ? width - 1 - u : u);
      for (let c = 0; c < channels; c++) {
        out[(y * outWidth + x) * channels + c] = data[from * channels + c]!;
      }
    }
  }
  return { ...picture, width: outWidth, height: outHeight, data: out };
}
