import { expect, it } from 'vitest';
import { atlasLayoutOf, atlasOf, texelOf } from './atlas.ts';

const plain = { kind: 'plain', channel: 'first' } as const;

it('every tile has a place of its own inside the stack', () => {
  for (const [count, width, height] of [
    [1, 8, 8],
    [7, 5, 3],
    [10_000, 8, 8],
    [300, 256, 256],
    [9, 1500, 700],
  ] as const) {
    const layout = atlasLayoutOf(count, { width, height });
    const { columns, rows, layers } = layout;
    expect(columns * rows * layers).toBeGreaterThanOrEqual(count);
    // No layer is without a tile, and none is larger than devices take.
    expect(columns * rows * (layers - 1)).toBeLessThan(count);
    expect(Math.max(columns * width, rows * height)).toBeLessThanOrEqual(2048);
    const stride = columns * width;
    const seen = new Set<number>();
    for (let tile = 0; tile < count; tile += 1) {
      const texel = texelOf(layout, tile);
      const [x, y] = [texel % stride, Math.floor(texel / stride)];
      expect(x % width).toBe(0);
      expect(y % height).toBe(0);
      expect(y + height).toBeLessThanOrEqual(rows * height * layers);
      seen.add(texel);
    }
    expect(seen.size).toBe(count);
  }
});

it('the bytes of a tile are those of its sample, source by source, and what is missing stays empty', () => {
  const shape = { height: 2, width: 3, channels: 1 };
  const values = Float32Array.from({ length: 5 * 6 }, (_, i) => -1 + (2 * Math.floor(i / 6)) / 4);
  const sources = [
    { values, look: plain },
    { values: null, look: plain },
    { values: values.subarray(0, 12), look: plain },
  ];
  const atlas = atlasOf(sources, 5, shape);
  const stride = atlas.columns * 3;
  for (let tile = 0; tile < 15; tile += 1) {
    const [source, i] = [Math.floor(tile / 5), tile % 5];
    const isThere = source === 0 || (source === 2 && i < 2);
    for (let y = 0; y < 2; y += 1) {
      for (let x = 0; x < 3; x += 1) {
        const at = 4 * (texelOf(atlas, tile) + y * stride + x);
        const grey = Math.round(255 * (i / 4));
        expect([...atlas.bytes.slice(at, at + 4)]).toEqual(isThere ? [grey, grey, grey, 255] : [0, 0, 0, 0]);
      }
    }
  }
});
