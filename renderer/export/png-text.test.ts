import { crc32 as nodeCrc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from './crc32.ts';
import { pngWithText } from './png-text.ts';

fc.configureGlobal({ seed: 20261122 });

interface Chunk {
  type: string;
  data: Uint8Array;
}

/** Chunks of a PNG file; throws where a length or a CRC is wrong. */
function chunksOf(png: Uint8Array): Chunk[] {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const chunks: Chunk[] = [];
  for (let at = 8; at < png.length;) {
    const length = view.getUint32(at);
    const data = png.subarray(at + 8, at + 8 + length);
    if (view.getUint32(at + 8 + length) !== nodeCrc32(png.subarray(at + 4, at + 8 + length))) {
      throw new Error(`Wrong CRC at byte ${at}`);
    }
    chunks.push({ type: new TextDecoder().decode(png.subarray(at + 4, at + 8)), data });
    at += 12 + length;
  }
  return chunks;
}

function chunkBytes(type: string, data: Uint8Array): Uint8Array {
  const name = new TextEncoder().encode(type);
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(name, 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, nodeCrc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

/** One grey pixel. */
const pixel = Uint8Array.from([
  ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  ...chunkBytes('IHDR', Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0)),
  ...chunkBytes('IDAT', deflateSync(Uint8Array.of(0, 128))),
  ...chunkBytes('IEND', new Uint8Array()),
]);

describe('crc32', () => {
  it('is that of zlib, also of bytes in pieces', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, cut) => {
        expect(crc32(bytes)).toBe(nodeCrc32(bytes));
        expect(crc32(bytes.subarray(0, cut), bytes.subarray(cut))).toBe(nodeCrc32(bytes));
      }),
    );
  });
});

describe('pngWithText', () => {
  it('gives the text back and leaves the picture as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        const before = chunksOf(pixel);
        const after = chunksOf(pngWithText(pixel, 'fewstep', text));
        expect(after.map(({ type }) => type)).toEqual(['IHDR', 'iTXt', 'IDAT', 'IEND']);
        expect(after.filter(({ type }) => type !== 'iTXt')).toEqual(before);
        const written = new TextDecoder().decode(after[1]?.data);
        // Keyword, its end, uncompressed, no method, no language, no translated keyword.
        expect(written).toBe(`fewstep\0\0\0\0\0${text}`);
      }),
    );
  });

  it('refuses what is no PNG file', () => {
    expect(() => pngWithText(new Uint8Array(100), 'fewstep', '')).toThrow('Expected a PNG file');
    expect(() => pngWithText(pixel.subarray(0, 20), 'fewstep', '')).toThrow('Expected a PNG file');
  });
});
