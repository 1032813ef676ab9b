/**
 * PNG (ISO/IEC 15948): every colour type, bit depth and interlacing. Checksums are verified, and what is
 * inflated is bounded by what the header says, so that a small file cannot become a large one.
 */
import zlib from 'node:zlib';
import { type Picture, type PictureHeader, unreadable } from './picture.ts';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Signature and header chunk. */
export const PNG_HEADER_BYTES = 33;
const [GREY, RGB, PALETTE, GREY_ALPHA, RGBA] = [0, 2, 3, 4, 6];
/** Samples of a pixel and its bit depths, by colour type. */
const COLOUR_TYPES: Readonly<Record<number, { samples: 1 | 2 | 3 | 4; depths: readonly number[] }>> = {
  [GREY!]: { samples: 1, depths: [1, 2, 4, 8, 16] },
  [RGB!]: { samples: 3, depths: [8, 16] },
  [PALETTE!]: { samples: 1, depths: [1, 2, 4, 8] },
  [GREY_ALPHA!]: { samples: 2, depths: [8, 16] },
  [RGBA!]: { samples: 4, depths: [8, 16] },
};
/** Adam7: where each pass begins and how far apart its pixels lie. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colourType: number;
  readonly isInterlaced: boolean;
}

export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/** @param bytes  the first {@link PNG_HEADER_BYTES} of a file at least  @throws Unreadable */
export function pngHeader(bytes: Uint8Array): PictureHeader {
  const header = headerOf(bytes);
  const { width, height, colourType } = header;
  const pixels = width * height;
  // Unfiltered rows become pixels where they lie, except for those that grow or are interlaced.
  const grows = header.depth < 8 || header.isInterlaced || colourType === PALETTE;
  const own = pixels * samplesOf(colourType, true);
  const inflated = pixels * bytesPerPixel(header) + height;
  return {
    format: 'PNG',
    width,
    height,
    isGrey: colourType === GREY || colourType === GREY_ALPHA,
    bytes: inflated + (grows ? own : 0),
  };
}

/** Samples of 16 bits lose their lower half. @throws Unreadable */
export function decodePng(bytes: Uint8Array): Picture {
  const header = headerOf(bytes);
  const { width, height, colourType, depth } = header;
  const { data, palette, transparency } = chunksOf(bytes, colourType);
  const passes = passesOf(header);
  const size = passes.reduce((sum, pass) => sum + pass.height * (1 + pass.rowBytes), 0);
  const raw = inflated(data, size);
  const before = Math.max(1, bytesPerPixel(header));
  let at = 0;
  for (const pass of passes) {
    unfilter(raw.subarray(at, at + pass.height * (1 + pass.rowBytes)), pass.rowBytes, before);
    at += pass.height * (1 + pass.rowBytes);
  }
  const isPlain = depth >= 8 && passes.length === 1 && colourType !== PALETTE && transparency === null;
  const samples = COLOUR_TYPES[colourType]!.samples;
  if (isPlain && !header.isInterlaced) {
    return { width, height, channels: samples, data: compacted(raw, passes[0]!.rowBytes, height, depth) };
  }
  const channels = samplesOf(colourType, transparency !== null);
  const pixels = new Uint8Array(width * height * channels);
  at = 0;
  for (const pass of passes) {
    for (let y = 0; y < pass.height; y++) {
      const row = raw.subarray(at + 1, at + 1 + pass.rowBytes);
      at += 1 + pass.rowBytes;
      for (let x = 0; x < pass.width; x++) {
        const place = (pass.y0 + y * pass.dy) * width + pass.x0 + x * pass.dx;
        setPixel(pixels, place * channels, row, x, { depth, colourType, samples, palette, transparency });
      }
    }
  }
  return { width, height, channels, data: pixels };
}

function headerOf(bytes: Uint8Array): Header {
  if (!isPng(bytes)) throw unreadable('a PNG', 'another format');
  if (bytes.length < PNG_HEADER_BYTES) throw unreadable('the header of a PNG', 'the end of the file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(8) !== 13 || typeAt(bytes, 12) !== 'IHDR') {
    throw unreadable('a PNG that begins with its header', 'something else');
  }
  if (zlib.crc32(bytes.subarray(12, 29)) !== view.getUint32(29)) {
    throw unreadable('a header with its checksum', 'a damaged one');
  }
  const [depth, colourType, compression, filter, interlacing] = bytes.subarray(24, 29);
  const known = COLOUR_TYPES[colourType!]?.depths.includes(depth!) === true;
  if (!known || compression !== 0 || filter !== 0 || interlacing! > 1) {
    throw unreadable('a kind of PNG that is known', `colour type ${colourType} of ${depth} bits`);
  }
  return {
    width: view.getUint32(16),
    height: view.getUint32(20),
    depth: depth!,
    colourType: colourType!,
    isInterlaced: interlacing === 1,
  };
}

interface Chunks {
  readonly data: Uint8Array;
  /** RGB, three bytes a colour; empty for other colour types. */
  readonly palette: Uint8Array;
  /** Alpha of palette colours, or the sample values that are clear. */
  readonly transparency: Uint8Array | null;
}

function chunksOf(bytes: Uint8Array, colourType: number): Chunks {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data: Uint8Array[] = [];
  let palette = new Uint8Array();
  let transparency: Uint8Array | null = null;
  let at = PNG_HEADER_BYTES;
  for (;;) {
    if (at + 12 > bytes.length) throw unreadable('a whole PNG', 'the end of the file before its last chunk');
    const length = view.getUint32(at);
    const type = typeAt(bytes, at + 4);
    if (at + 12 + length > bytes.length)
      throw unreadable(`${length} bytes of ${type}`, 'the end of the file');
    const content = bytes.subarray(at + 8, at + 8 + length);
    if (zlib.crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length)) {
      throw unreadable(`${type} with its checksum`, 'damaged content');
    }
    if (type === 'IEND') break;
    if (type === 'IDAT') data.push(content);
    else if (type === 'PLTE') palette = Uint8Array.from(content);
    else if (type === 'tRNS' && (colourType === PALETTE || length === (colourType === RGB ? 6 : 2))) {
      transparency = content;
    } else if ((bytes[at + 4]! & 0x20) === 0) {
      throw unreadable('chunks that are known', `${type}, without which it cannot be shown`);
    }
    at += 12 + length;
  }
  if (colourType === PALETTE && (palette.length === 0 || palette.length % 3 !== 0)) {
    throw unreadable('a palette', 'none');
  }
  // Alpha has a channel of its own there.
  if (colourType === GREY_ALPHA || colourType === RGBA) transparency = null;
  return { data: data.length === 1 ? data[0]! : Buffer.concat(data), palette, transparency };
}

function inflated(data: Uint8Array, size: number): Uint8Array {
  let raw: Uint8Array;
  try {
    // One chunk of the size that is expected, or Node would join many at twice the memory.
    raw = zlib.inflateSync(data, { maxOutputLength: size, chunkSize: Math.max(64, size + 1) });
  } catch (error) {
    const isLong = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw unreadable(`${size} bytes of rows`, isLong ? 'more' : 'damaged or cut off data');
  }
  if (raw.length !== size) throw unreadable(`${size} bytes of rows`, `${raw.length}`);
  return raw;
}

interface Pass {
  readonly x0: number;
  readonly y0: number;
  readonly dx: number;
  readonly dy: number;
  readonly width: number;
  readonly height: number;
  readonly rowBytes: number;
}

function passesOf({ width, height, depth, colourType, isInterlaced }: Header): Pass[] {
  const bits = depth * COLOUR_TYPES[colourType]!.samples;
  return (isInterlaced ? PASSES : ([[0, 0, 1, 1]] as const))
    .map(([x0, y0, dx, dy]) => {
      const columns = Math.ceil((width - x0) / dx);
      return {
        ...{ x0, y0, dx, dy },
        width: columns,
        height: Math.ceil((height - y0) / dy),
        rowBytes: Math.ceil((columns * bits) / 8),
      };
    })
    .filter((pass) => pass.width > 0 && pass.height > 0);
}

/** Undoes the filter of each row, in place. @param before  bytes to the same byte of the pixel to the left */
function unfilter(rows: Uint8Array, rowBytes: number, before: number): void {
  for (let start = 0; start < rows.length; start += rowBytes + 1) {
    const filter = rows[start]!;
    if (filter > 4) throw unreadable('a filter from 0 to 4', `${filter}`);
    const above = start - rowBytes - 1;
    for (let i = 1; i <= rowBytes; i++) {
      const left = i > before ? rows[start + i - before]! : 0;
      const up = above >= 0 ? rows[above + i]! : 0;
      const corner = above >= 0 && i > before ? rows[above + i - before]! : 0;
      rows[start + i]! += predicted(filter, left, up, corner);
    }
  }
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  switch (filter) {
    case 1:
      return left;
    case 2:
      return up;
    case 3:
      return (left + up) >> 1;
    case 4: {
      const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
      return a <= b && a <= c ? left : b <= c ? up : corner;
    }
    default:
      return 0;
  }
}

/** Rows without their filter bytes, at 8 bits a sample, in place. */
function compacted(raw: Uint8Array, rowBytes: number, height: number, depth: number): Uint8Array {
  let to = 0;
  for (let y = 0; y < height; y++) {
    const start = y * (rowBytes + 1) + 1;
    if (depth === 8) {
      raw.copyWithin(to, start, start + rowBytes);
      to += rowBytes;
    } else for (let i = 0; i < rowBytes; i += 2) raw[to++] = raw[start + i]!;
  }
  return raw.subarray(0, to);
}

interface Coding {
  readonly depth: number;
  readonly colourType: number;
  readonly samples: number;
  readonly palette: Uint8Array;
  readonly transparency: Uint8Array | null;
}

function setPixel(out: Uint8Array, at: number, row: Uint8Array, x: number, coding: Coding): void {
  const { depth, colourType, samples, palette, transparency } = coding;
  if (colourType === PALETTE) {
    const index = sampleAt(row, x, depth);
    if (3 * index >= palette.length) throw unreadable('colours of the palette', `colour ${index}`);
    for (let c = 0; c < 3; c++) out[at + c] = palette[3 * index + c]!;
    if (transparency !== null) out[at + 3] = transparency[index] ?? 255;
    return;
  }
  let isClear = transparency !== null;
  for (let c = 0; c < samples; c++) {
    const value = sampleAt(row, x * samples + c, depth);
    out[at + c] = depth === 16 ? value >> 8 : depth === 8 ? value : (value * 255) / (2 ** depth - 1);
    if (transparency !== null) isClear &&= value === transparency[2 * c]! * 256 + transparency[2 * c + 1]!;
  }
  if (transparency !== null) out[at + samples] = isClear ? 0 : 255;
}

function sampleAt(row: Uint8Array, i: number, depth: number): number {
  if (depth === 8) return row[i]!;
  if (depth === 16) return row[2 * i]! * 256 + row[2 * i + 1]!;
  const bit = i * depth;
  return (row[bit >> 3]! >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
}

function samplesOf(colourType: number, hasTransparency: boolean): 1 | 2 | 3 | 4 {
  if (colourType === PALETTE) return hasTransparency ? 4 : 3;
  const { samples } = COLOUR_TYPES[colourType]!;
  return hasTransparency && samples % 2 === 1 ? ((samples + 1) as 2 | 4) : samples;
}

function bytesPerPixel({ depth, colourType }: Header): number {
  return (depth * COLOUR_TYPES[colourType]!.samples) / 8;
}

function typeAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4)).replace(/[^A-Za-z]/g, '?');
}
