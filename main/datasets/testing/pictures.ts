/** PNG and JPEG files made up for tests, well-formed and not. */
import { encode } from 'jpeg-js';
import zlib from 'node:zlib';

export interface PngOptions {
  readonly width: number;
  readonly height: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA. */
  readonly colourType?: 0 | 2 | 3 | 4 | 6;
  readonly depth?: 1 | 2 | 4 | 8 | 16;
  /** Value of sample `c` of a pixel, below 2^depth. */
  readonly sample: (x: number, y: number, c: number) => number;
  /** Of each row, 0 to 4. */
  readonly filter?: (row: number) => number;
  readonly isInterlaced?: boolean;
  /** RGB, three bytes each. */
  readonly palette?: readonly number[];
  readonly transparency?: readonly number[];
}

const SAMPLES = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 } as const;
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

export function pngOf(options: PngOptions): Uint8Array {
  const { width, height, colourType = 2, depth = 8, isInterlaced = false } = options;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colourType, 0, 0, Number(isInterlaced)], 8);
  const rows = (isInterlaced ? PASSES : ([[0, 0, 1, 1]] as const)).map(([x0, y0, dx, dy]) =>
    passOf(options, x0, y0, dx, dy),
  );
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunkOf('IHDR', header),
    ...(options.palette === undefined ? [] : [chunkOf('PLTE', Buffer.from(options.palette))]),
    ...(options.transparency === undefined ? [] : [chunkOf('tRNS', Buffer.from(options.transparency))]),
    chunkOf('IDAT', zlib.deflateSync(Buffer.concat(rows))),
    chunkOf('IEND', Buffer.alloc(0)),
  ]);
}

export function chunkOf(type: string, content: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(content.length, 0);
  chunk.set(body, 4);
  chunk.writeUInt32BE(zlib.crc32(body), body.length + 4);
  return chunk;
}

function passOf(options: PngOptions, x0: number, y0: number, dx: number, dy: number): Buffer {
  const { width, height, colourType = 2, depth = 8, sample, filter = () => 0 } = options;
  const columns = Math.max(0, Math.ceil((width - x0) / dx));
  const rows = Math.max(0, Math.ceil((height - y0) / dy));
  if (columns === 0 || rows === 0) return Buffer.alloc(0);
  const samples = SAMPLES[colourType];
  const rowBytes = Math.ceil((columns * samples * depth) / 8);
  const before = Math.max(1, (samples * depth) >> 3);
  const out = Buffer.alloc(rows * (rowBytes + 1));
  let above = new Uint8Array(rowBytes);
  for (let y = 0; y < rows; y++) {
    const row = new Uint8Array(rowBytes);
    for (let x = 0; x < columns; x++) {
      for (let c = 0; c < samples; c++) {
        const value = sample(x0 + x * dx, y0 + y * dy, c);
        const i = x * samples + c;
        if (depth === 16) row.set([value >> 8, value & 255], 2 * i);
        else if (depth === 8) row[i] = value;
        else row[(i * depth) >> 3]! |= value << (8 - depth - ((i * depth) & 7));
      }
    }
    const kind = filter(y);
    out[y * (rowBytes + 1)] = kind;
    for (let i = 0; i < rowBytes; i++) {
      const [a, b, c] = [row[i - before] ?? 0, above[i]!, i >= before ? above[i - before]! : 0];
      out[y * (rowBytes + 1) + 1 + i] = row[i]! - predicted(kind, a, b, c);
    }
    above = row;
  }
  return out;
}

function predicted(kind: number, a: number, b: number, c: number): number {
  if (kind === 1) return a;
  if (kind === 2) return b;
  if (kind === 3) return Math.floor((a + b) / 2);
  if (kind !== 4) return 0;
  const p = a + b - c;
  const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/** A smooth picture in colour: JPEG keeps it to a few levels. */
export function jpegOf(width: number, height: number, quality = 95): Buffer {
  const data = Buffer.alloc(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      data.set([(255 * x) / width, (255 * y) / height, 128, 255], (y * width + x) * 4);
    }
  }
  return encode({ width, height, data }, quality).data;
}

/** A JPEG with the bytes of a segment after its first marker. */
export function withSegment(jpeg: Uint8Array, marker: number, content: Uint8Array): Buffer {
  const segment = Buffer.alloc(content.length + 4);
  segment.set([0xff, marker], 0);
  segment.writeUInt16BE(content.length + 2, 2);
  segment.set(content, 4);
  return Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]);
}

/** EXIF that says nothing but which way is up. */
export function exifOf(orientation: number): Buffer {
  const tiff = Buffer.alloc(26);
  tiff.write('MM\0*', 0, 'latin1');
  tiff.writeUInt32BE(8, 4);
  tiff.writeUInt16BE(1, 8);
  tiff.writeUInt16BE(0x0112, 10);
  tiff.writeUInt16BE(3, 12);
  tiff.writeUInt32BE(1, 14);
  tiff.writeUInt16BE(orientation, 18);
  return Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
}

/** The header of a JPEG of four components, as CMYK has, and no picture. */
export function cmykJpeg(width = 8, height = 8): Buffer {
  const frame = Buffer.from([8, height >> 8, height & 255, width >> 8, width & 255, 4]);
  const components = [1, 2, 3, 4].flatMap((id) => [id, 0x11, 0]);
  const start = Buffer.from([0xff, 0xd8, 0xff, 0xd9]);
  return withSegment(start, 0xc0, Buffer.concat([frame, Buffer.from(components)]));
}
