import { describe, expect, it } from 'vitest';
import { gridOf, pixelsOf } from './tiles.ts';

describe('pixelsOf', () => {
  it('takes images from -1 to 1 and latents from -3 to 3', () => {
    const grey = pixelsOf(Float32Array.of(-1, 0, 1, 9), 0, { height: 2, width: 2, channels: 1 }, 'first');
    expect([...grey]).toEqual([0, 0, 0, 255, 128, 128, 128, 255, 255, 255, 255, 255, 255, 255, 255, 255]);
    const latent = Float32Array.of(-3, 0, 3, 1.5);
    const shape = { height: 1, width: 1, channels: 4 };
    expect([...pixelsOf(latent, 0, shape, 'first')]).toEqual([0, 128, 255, 255]);
    expect([...pixelsOf(latent, 0, shape, 3)]).toEqual([191, 191, 191, 255]);
  });

  it('finds the sample that is asked for, channels innermost', () => {
    const values = Float32Array.from({ length: 2 * 3 * 3 }, (_, i) => (i < 9 ? -1 : i % 3 === 0 ? 1 : -1));
    const second = pixelsOf(values, 1, { height: 1, width: 3, channels: 3 }, 'first');
    expect([...second]).toEqual([255, 0, 0, 255, 255, 0, 0, 255, 255, 0, 0, 255]);
  });

  it('shows what is not finite', () => {
    const pixels = pixelsOf(Float32Array.of(NaN), 0, { height: 1, width: 1, channels: 1 }, 'first');
    expect([...pixels]).toEqual([255, 0, 255, 255]);
  });
});

describe('gridOf', () => {
  it('holds every tile inside the stage, and none larger would fit', () => {
    for (const count of [1, 4, 7, 16, 64]) {
      for (const stage of [
        { width: 900, height: 500 },
        { width: 300, height: 800 },
      ]) {
        const fits = (columns: number, side: number): boolean =>
          columns * (side + 8) + 8 <= stage.width &&
          Math.ceil(count / columns) * (side + 8) + 8 <= stage.height;
        const { columns, side } = gridOf(count, stage, 8);
        expect(fits(columns, side)).toBe(true);
        for (let other = 1; other <= count; other += 1) expect(fits(other, side + 1)).toBe(false);
      }
    }
  });
});
