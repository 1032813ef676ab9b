import fs from 'node:fs';
import { createRequire } from 'node:module';
import { inflateSync } from 'node:zlib';
import { Resvg } from '@resvg/resvg-wasm';
import { describe, expect, it } from 'vitest';
import { text } from './figure/frame.ts';
import { textWidth } from './figure/text.ts';
import { reproductions } from './index.ts';
import { pngOf } from './picture.ts';

const font = fs.readFileSync(
  createRequire(import.meta.url).resolve('@fontsource-variable/inter/files/inter-latin-wght-normal.woff2'),
);
const drawing = (content: string, width = 900, height = 40): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="'Inter Variable'">${content}</svg>`;

/** RGBA, of a PNG file of one chunk of data. */
function pixelsOf(png: Buffer): { width: number; height: number; at: (x: number, y: number) => number[] } {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const parts: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  const raw = inflateSync(Buffer.concat(parts));
  const stride = 4 * width;
  const rows: Uint8Array[] = [];
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)]!;
    const row = Uint8Array.from(raw.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1)));
    const above = rows[y - 1] ?? new Uint8Array(stride);
    for (let i = 0; i < stride; i++) {
      const [a, b, c] = [i < 4 ? 0 : row[i - 4]!, above[i]!, i < 4 ? 0 : above[i - 4]!];
      const p = a + b - c;
      const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
      const paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
      row[i] = row[i]! + [0, a, b, (a + b) >> 1, paeth][filter]!;
    }
    rows.push(row);
  }
  return { width, height, at: (x, y) => [...rows[y]!.subarray(4 * x, 4 * x + 4)] };
}

describe('a picture', () => {
  it('is a PNG of twice the size, with everything in its place and colour', async () => {
    const svg = drawing(
      '<rect width="40" height="20" fill="#ffffff"/><rect x="10" y="5" width="10" height="10" fill="#0072b2"/>',
      40,
      20,
    );
    const { width, height, at } = pixelsOf(Buffer.from(await pngOf(svg)));
    expect([width, height]).toEqual([80, 40]);
    expect(at(30, 20)).toEqual([0, 0x72, 0xb2, 255]);
    expect(at(10, 20)).toEqual([255, 255, 255, 255]);
    expect(at(50, 20)).toEqual([255, 255, 255, 255]);
  });

  it('refuses what is no drawing', async () => {
    await expect(pngOf('no drawing')).rejects.toThrow();
  });
});

describe('the width of a text', () => {
  it('is never less than the font makes it, nor half as much again', async () => {
    await pngOf(drawing(''));
    const texts = [
      ...reproductions.flatMap(({ claim, source, rule, arms, figure }) => [
        claim,
        source,
        ...rule.match(/.{1,90}/g)!,
        figure.title,
        ...arms,
      ]),
      '−0.0012',
      '1.50e−4',
      '0.112 ± 0.034',
    ];
    for (const each of texts) {
      const svg = drawing(text(4, 24, each, { size: 12 }), 1400);
      const box = new Resvg(svg, { font: { fontBuffers: [font], loadSystemFonts: false } }).getBBox();
      const width = box!.width;
      const estimate = textWidth(each, 12);
      expect([each, width <= estimate]).toEqual([each, true]);
      expect([each, estimate < 1.5 * width + 6]).toEqual([each, true]);
    }
  });
});
