/** Files of samples, read back by other readers than those that wrote them. */
import { crc32, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import fs from 'node:fs';
import path from 'node:path';
import { openCheckpoint } from '../../checkpoints/index.ts';
import { scratchFolder } from '../../store/testdata/scratch.ts';
import { ASKED_FLAGS, askedFrom } from './asked.ts';
import { parseFlags } from './flags.ts';
import { npyOf, npzOf } from './npz.ts';
import { pngGrid } from './png.ts';

/** What the strict reader of checkpoints finds, in the order of the file. */
function readBack(content: Uint8Array, name: string): { shape: number[]; dtype: string; bytes: number[] }[] {
  const file = path.join(scratchFolder(), name);
  fs.writeFileSync(file, content);
  const checkpoint = openCheckpoint(file, 'import');
  try {
    return checkpoint.tensors.map((tensor) => ({
      shape: [...tensor.shape],
      dtype: tensor.dtype,
      bytes: [...checkpoint.pieces(tensor.name)].flatMap((piece) => [...piece]),
    }));
  } finally {
    checkpoint.close();
  }
}

const bytesIn = (data: Float32Array | Int32Array): number[] => [...new Uint8Array(data.buffer.slice(0))];

describe('an NPY file', () => {
  it('is read back as it was, whatever its numbers', () => {
    fc.assert(
      fc.property(fc.float32Array({ minLength: 1, maxLength: 40 }), (data) => {
        const found = readBack(npyOf({ shape: [data.length, 1], data }), 'x.npy');
        expect(found).toEqual([{ shape: [data.length, 1], dtype: 'F32', bytes: bytesIn(data) }]);
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  it('begins its numbers on a multiple of 64 and names shapes of every rank', () => {
    for (const shape of [[], [3], [2, 3], [2, 8, 8, 4]]) {
      const size = shape.reduce((product, n) => product * n, 1);
      const file = npyOf({ shape, data: new Int32Array(size) });
      const header = Buffer.from(file.subarray(10, file.length - 4 * size)).toString('latin1');
      expect((10 + header.length) % 64).toBe(0);
      const tuple = shape.length === 1 ? '(3,)' : `(${shape.join(', ')})`;
      expect(header).toContain(`'descr': '<i4', 'fortran_order': False, 'shape': ${tuple}, }`);
    }
  });
});

describe('an NPZ file', () => {
  it('is a strict ZIP of its arrays', () => {
    const points = { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) };
    const labels = { shape: [2], data: Int32Array.of(7, -1) };
    const file = npzOf({ points, labels });
    expect(readBack(file, 'x.npz')).toEqual([
      { shape: [2, 2], dtype: 'F32', bytes: bytesIn(points.data) },
      { shape: [2], dtype: 'I32', bytes: bytesIn(labels.data) },
    ]);
    expect(npzOf({ points, labels })).toEqual(file);
  });
});

/** Width, height and RGB rows of a PNG, its checksums checked. */
function decoded(png: Uint8Array): { width: number; height: number; pixels: Uint8Array } {
  const file = Buffer.from(png);
  const data: Buffer[] = [];
  let header = Buffer.alloc(0);
  for (let at = 8; at < file.length;) {
    const length = file.readUInt32BE(at);
    const body = file.subarray(at + 8, at + 8 + length);
    expect(file.readUInt32BE(at + 8 + length)).toBe(crc32(file.subarray(at + 4, at + 8 + length)));
    const type = file.toString('latin1', at + 4, at + 8);
    if (type === 'IHDR') header = body;
    if (type === 'IDAT') data.push(body);
    at += 12 + length;
  }
  return {
    width: header.readUInt32BE(0),
    height: header.readUInt32BE(4),
    pixels: inflateSync(Buffer.concat(data)),
  };
}

describe('a PNG', () => {
  it('has the images in a grid, row by row, with black between', () => {
    const colours = [
      [-1, -1, -1],
      [1, 0, -1],
      [0.5, 2, -3],
    ];
    const images = Float32Array.from(colours.flatMap((rgb) => Array.from({ length: 4 }, () => rgb).flat()));
    const { width, height, pixels } = decoded(pngGrid(images, [2, 2, 3]));
    expect([width, height]).toEqual([6, 6]);
    const at = (x: number, y: number): number[] => [
      ...pixels.subarray(y * 19 + 1 + 3 * x, y * 19 + 4 + 3 * x),
    ];
    expect(at(1, 1)).toEqual([0, 0, 0]);
    expect(at(4, 0)).toEqual([255, 128, 0]);
    expect(at(0, 5)).toEqual([191, 255, 0]);
    expect(at(3, 3)).toEqual([0, 0, 0]);
  });

  it('shows one channel as grey', () => {
    const { pixels } = decoded(pngGrid(Float32Array.of(1, -1), [1, 2, 1]));
    expect([...pixels]).toEqual([0, 255, 255, 255, 0, 0, 0]);
  });
});

describe('flags of what is asked for', () => {
  it('go by the names that the engine has', () => {
    const given = parseFlags(
      [
        '--label',
        '3',
        '--guidance',
        '2.5',
        '--guidance-low',
        '0.1',
        '--guidance-high',
        '0.7',
        '--guidance-channels',
        '3',
      ],
      ASKED_FLAGS,
    );
    expect(askedFrom(given)).toEqual({
      label: 3,
      guidance: 2.5,
      guidanceLow: 0.1,
      guidanceHigh: 0.7,
      guidanceChannels: 3,
    });
    expect(askedFrom({})).toEqual({});
  });
});
