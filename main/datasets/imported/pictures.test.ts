import zlib from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkOf, cmykJpeg, exifOf, jpegOf, pngOf, withSegment } from '../testing/pictures.ts';
import { decodeJpeg, jpegHeader } from './jpeg.ts';
import { type Picture, Unreadable, requireSize } from './picture.ts';
import { decodePng, pngHeader } from './png.ts';
import { squareOf } from './square.ts';

fc.configureGlobal({ seed: 20261122, numRuns: 60 });

const COLOUR_TYPES = [
  ...[1, 2, 4, 8, 16].map((depth) => [0, depth] as const),
  ...[2, 4, 6].flatMap((type) => [8, 16].map((depth) => [type, depth] as const)),
] as readonly (readonly [0 | 2 | 4 | 6, 1 | 2 | 4 | 8 | 16])[];
const CHANNELS = { 0: 1, 2: 3, 4: 2, 6: 4 } as const;

function reasonOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Unreadable) return error.message;
    throw error;
  }
  throw new Error('was not refused');
}

describe('PNG', () => {
  it('comes back from every colour type, depth, filter and interlacing', () => {
    const noise = (x: number, y: number, c: number): number => (x * 7919 + y * 104729 + c * 1299709) >>> 3;
    const sizes = fc.integer({ min: 1, max: 21 });
    fc.assert(
      fc.property(
        fc.constantFrom(...COLOUR_TYPES),
        sizes,
        sizes,
        fc.boolean(),
        fc.nat(4),
        ([colourType, depth], width, height, isInterlaced, first) => {
          const sample = (x: number, y: number, c: number): number => noise(x, y, c) % 2 ** depth;
          const filter = (row: number): number => (first + row) % 5;
          const bytes = pngOf({ width, height, colourType, depth, sample, filter, isInterlaced });
          const { data, ...size } = decodePng(bytes);
          const channels = CHANNELS[colourType];
          expect(size).toEqual({ width, height, channels });
          expect(pngHeader(bytes)).toMatchObject({ format: 'PNG', width, height });
          const most = 2 ** depth - 1;
          for (let i = 0; i < data.length; i++) {
            const [pixel, c] = [Math.floor(i / channels), i % channels];
            const value = sample(pixel % width, Math.floor(pixel / width), c);
            expect(data[i]).toBe(depth === 16 ? value >> 8 : Math.floor((value * 255) / most));
          }
        },
      ),
    );
  });

  it('has the colours of its palette, and what is clear', () => {
    const palette = [255, 0, 0, 0, 255, 0, 0, 0, 255];
    const base = { width: 3, height: 1, colourType: 3, depth: 2, palette, sample: (x: number) => x } as const;
    expect([...decodePng(pngOf(base)).data]).toEqual(palette);
    expect([...decodePng(pngOf({ ...base, transparency: [7] })).data]).toEqual([
      ...[255, 0, 0, 7],
      ...[0, 255, 0, 255],
      ...[0, 0, 255, 255],
    ]);
    const grey = { width: 2, height: 1, colourType: 0, sample: (x: number) => x } as const;
    expect([...decodePng(pngOf({ ...grey, transparency: [0, 1] })).data]).toEqual([0, 255, 1, 0]);
  });

  const good = pngOf({ width: 9, height: 5, sample: (x, y, c) => 20 * x + y + c });

  it.each([
    ['its signature', good.subarray(0, 8), 'the end of the file'],
    ['half of it', good.subarray(0, good.length >> 1), 'the end of the file'],
    ['no last chunk', good.subarray(0, good.length - 12), 'the end of the file'],
  ])('is refused with %s alone', (_, bytes, found) => {
    expect(reasonOf(() => decodePng(bytes))).toContain(found);
  });

  it('is refused where rows are more or fewer than it says, before they are in memory', () => {
    const header = good.subarray(0, 33);
    for (const size of [5 * 28 - 1, 5 * 28 + 1, 50_000_000]) {
      const data = chunkOf('IDAT', zlib.deflateSync(Buffer.alloc(size)));
      const bytes = Buffer.concat([header, data, chunkOf('IEND', Buffer.alloc(0))]);
      expect(reasonOf(() => decodePng(bytes))).toMatch(/^expected 140 bytes of rows, found/);
    }
  });

  it('is read or refused, whatever byte of it changes', () => {
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = Uint8Array.from(good);
        bytes[at]! ^= change;
        expect(() => {
          try {
            decodePng(bytes);
          } catch (error) {
            if (!(error instanceof Unreadable)) throw error;
          }
        }).not.toThrow();
      }),
    );
  });

  it('of a colour that its palette lacks is refused', () => {
    const bytes = pngOf({ width: 2, height: 1, colourType: 3, palette: [1, 2, 3], sample: (x) => x });
    expect(reasonOf(() => decodePng(bytes))).toBe('expected colours of the palette, found colour 1');
  });

  it.each([
    [20_000, 8, 'at most 16384 pixels a side'],
    [16_000, 16_000, 'at most 64 megapixels'],
    [0, 8, 'at least one pixel'],
  ])('of %i x %i pixels is refused by its header', (width, height, expected) => {
    const header = pngOf({ width: 1, height: 1, sample: () => 0 }).subarray(0, 33);
    const view = Buffer.from(header);
    view.writeUInt32BE(width, 16);
    view.writeUInt32BE(height, 20);
    const chunk = Buffer.concat([view.subarray(0, 8), chunkOf('IHDR', view.subarray(16, 29))]);
    expect(reasonOf(() => requireSize(pngHeader(chunk)))).toContain(expected);
  });
});

describe('JPEG', () => {
  it('comes back close to what it shows', () => {
    const { width, height, channels, data } = decodeJpeg(jpegOf(40, 24));
    expect([width, height, channels]).toEqual([40, 24, 3]);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        // Quality 95 quantises to a few levels.
        expect(Math.abs(data[(y * width + x) * 3]! - (255 * x) / width)).toBeLessThan(8);
        expect(Math.abs(data[(y * width + x) * 3 + 1]! - (255 * y) / height)).toBeLessThan(8);
      }
    }
  });

  it.each([
    [1, 40, 24, (x: number, y: number) => [x, y]],
    [2, 40, 24, (x: number, y: number) => [39 - x, y]],
    [3, 40, 24, (x: number, y: number) => [39 - x, 23 - y]],
    [4, 40, 24, (x: number, y: number) => [x, 23 - y]],
    [5, 24, 40, (x: number, y: number) => [y, x]],
    [6, 24, 40, (x: number, y: number) => [y, 23 - x]],
    [7, 24, 40, (x: number, y: number) => [39 - y, 23 - x]],
    [8, 24, 40, (x: number, y: number) => [39 - y, x]],
  ])('lies as EXIF orientation %i says', (orientation, width, height, stored) => {
    const plain = decodeJpeg(jpegOf(40, 24));
    const bytes = withSegment(jpegOf(40, 24), 0xe1, exifOf(orientation));
    expect(jpegHeader(bytes)).toMatchObject({ width, height });
    const turned = decodeJpeg(bytes);
    expect([turned.width, turned.height]).toEqual([width, height]);
    for (const [x, y] of [[0, 0] as const, [5, 3] as const, [width - 1, 1] as const]) {
      const [u, v] = stored(x, y) as [number, number];
      const at = (picture: Picture, i: number, j: number): number[] => [
        ...picture.data.subarray((j * picture.width + i) * 3, (j * picture.width + i) * 3 + 3),
      ];
      expect(at(turned, x, y)).toEqual(at(plain, u, v));
    }
  });

  it('is refused as CMYK, cut off, or of more memory than there is, by name of what is wrong', () => {
    expect(reasonOf(() => jpegHeader(cmykJpeg()))).toBe('expected a grey or RGB JPEG, found CMYK');
    const good = jpegOf(64, 64);
    for (const end of [3, 100, good.length >> 1, good.length - 2]) {
      expect(reasonOf(() => decodeJpeg(good.subarray(0, end)))).toContain('expected');
    }
    const frame = good.indexOf(Buffer.from([0xff, 0xc0]));
    const huge = Buffer.from(good);
    huge.writeUInt16BE(8000, frame + 5);
    huge.writeUInt16BE(8000, frame + 7);
    expect(reasonOf(() => requireSize(jpegHeader(huge)))).toContain('within 640 MiB');
  });

  it('is read or refused, whatever byte of it changes', () => {
    const good = jpegOf(16, 16);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = Uint8Array.from(good);
        bytes[at]! ^= change;
        expect(() => {
          try {
            requireSize(jpegHeader(bytes));
            decodeJpeg(bytes);
          } catch (error) {
            if (!(error instanceof Unreadable)) throw error;
          }
        }).not.toThrow();
      }),
    );
  });
});

describe('a square', () => {
  const OPTIONS = { size: 8, channels: 3, background: 'white' } as const;
  const picture = (
    width: number,
    height: number,
    channels: Picture['channels'],
    level: (x: number, y: number, c: number) => number,
  ): Picture => {
    const data = new Uint8Array(width * height * channels);
    for (let i = 0; i < data.length; i++) {
      const pixel = Math.floor(i / channels);
      data[i] = level(pixel % width, Math.floor(pixel / width), i % channels);
    }
    return { width, height, channels, data };
  };

  it('of its own size is the picture itself', () => {
    const same = picture(8, 8, 3, (x, y, c) => x * 30 + y + c);
    expect(squareOf(same, OPTIONS)).toEqual(same.data);
  });

  it('keeps a level that is one everywhere, at any size and scale', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 30 }),
        fc.nat(255),
        (width, height, size, level) => {
          const flat = squareOf(
            picture(width, height, 1, () => level),
            { ...OPTIONS, size, channels: 1 },
          );
          expect(flat.every((each) => each === level)).toBe(true);
        },
      ),
    );
  });

  it('made smaller by a whole factor is the mean of blocks', () => {
    const level = (x: number, y: number): number => (x * 37 + y * 91) % 256;
    const small = squareOf(picture(24, 24, 1, level), { ...OPTIONS, channels: 1 });
    for (let y = 0; y < 8; y++) {
      for (let x = 0; x < 8; x++) {
        let sum = 0;
        for (let i = 0; i < 9; i++) sum += level(3 * x + (i % 3), 3 * y + Math.floor(i / 3));
        expect(Math.abs(small[y * 8 + x]! - sum / 9)).toBeLessThanOrEqual(0.5 + 1e-9);
      }
    }
  });

  it('of a ramp made larger is a ramp, and never falls', () => {
    const large = squareOf(
      picture(4, 4, 1, (x) => 60 * x),
      { ...OPTIONS, size: 16, channels: 1 },
    );
    const row = [...large.subarray(0, 16)];
    expect(row).toEqual([...row].sort((a, b) => a - b));
    expect([row[0], row[15]]).toEqual([0, 180]);
    // Half-way between the middles of the first two pixels.
    expect(row.slice(2, 6)).toEqual([7.5, 22.5, 37.5, 52.5].map(Math.round));
  });

  it('is the middle of a longer picture', () => {
    const wide = picture(20, 4, 1, (x) => (x >= 8 && x < 12 ? 200 : 0));
    expect(squareOf(wide, { ...OPTIONS, size: 4, channels: 1 }).every((level) => level === 200)).toBe(true);
  });

  it('lays clear pixels on the background and weighs colours as the eye does', () => {
    const half = picture(4, 4, 2, (_x, _y, c) => (c === 0 ? 0 : 128));
    const [white, black] = (['white', 'black'] as const).map((background) =>
      squareOf(half, { size: 1, channels: 1, background }),
    );
    expect([white![0], black![0]]).toEqual([127, 0]);
    const green = picture(1, 1, 4, (_x, _y, c) => (c === 1 || c === 3 ? 255 : 0));
    expect([...squareOf(green, { ...OPTIONS, size: 1, channels: 1 })]).toEqual([150]);
    expect([...squareOf(green, { ...OPTIONS, size: 1 })]).toEqual([0, 255, 0]);
  });
});
