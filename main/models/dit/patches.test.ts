import { describe, expect, it } from 'vitest';
import { evaluate } from '../../maths/policy/testdata/evaluate.ts';
import { patchify, unpatchify } from './patches.ts';

const [B, SIZE, C, PATCH] = [2, 6, 3, 2];
const numbers = Float32Array.from({ length: B * SIZE * SIZE * C }, (_, i) => i);

describe('patches', () => {
  it('come row by row, each as (row, column, channel), and go back to where they were', async () => {
    const { tokens, image } = await evaluate({ x: [[B, SIZE, SIZE, C], numbers] }, ({ x }) => ({
      tokens: patchify(x!, PATCH),
      image: unpatchify(patchify(x!, PATCH), PATCH, SIZE),
    }));
    expect(image).toEqual(numbers);
    const columns = SIZE / PATCH;
    tokens.forEach((value, i) => {
      const [channel, column, row] = [i % C, Math.floor(i / C) % PATCH, Math.floor(i / (C * PATCH)) % PATCH];
      const patch = Math.floor(i / (C * PATCH ** 2));
      const [across, down] = [patch % columns, Math.floor(patch / columns) % columns];
      const sample = Math.floor(patch / columns ** 2);
      const y = down * PATCH + row;
      const x = across * PATCH + column;
      expect(value).toBe(((sample * SIZE + y) * SIZE + x) * C + channel);
    });
  });
});
