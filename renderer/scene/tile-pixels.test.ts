import { describe, expect, it } from 'vitest';
import { colourMapBetween } from './colour-maps.ts';
import { pixelsOf } from './tile-pixels.ts';

const plain = { kind: 'plain', channel: 'first' } as const;

describe('pixelsOf', () => {
  it('takes images from -1 to 1 and latents from -3 to 3', () => {
    const grey = pixelsOf(Float32Array.of(-1, 0, 1, 9), 0, { height: 2, width: 2, channels: 1 }, plain);
    expect([...grey]).toEqual([0, 0, 0, 255, 128, 128, 128, 255, 255, 255, 255, 255, 255, 255, 255, 255]);
    const latent = Float32Array.of(-3, 0, 3, 1.5);
    const shape = { height: 1, width: 1, channels: 4 };
    expect([...pixelsOf(latent, 0, shape, plain)]).toEqual([0, 128, 255, 255]);
    expect([...pixelsOf(latent, 0, shape, { kind: 'plain', channel: 3 })]).toEqual([191, 191, 191, 255]);
  });

  it('finds the sample that is asked for, channels innermost', () => {
    const values = Float32Array.from({ length: 2 * 3 * 3 }, (_, i) => (i < 9 ? -1 : i % 3 === 0 ? 1 : -1));
    const second = pixelsOf(values, 1, { height: 1, width: 3, channels: 3 }, plain);
    expect([...second]).toEqual([255, 0, 0, 255, 255, 0, 0, 255, 255, 0, 0, 255]);
  });

  it('shows what is not finite, in whatever look', () => {
    const colours = colourMapBetween([0, 0, 0], [1, 1, 1]);
    for (const look of [plain, { kind: 'signed', channel: 'first', colours, range: 1 } as const]) {
      for (const value of [NaN, Infinity, -Infinity]) {
        const pixels = pixelsOf(Float32Array.of(value), 0, { height: 1, width: 1, channels: 1 }, look);
        expect([...pixels]).toEqual([255, 0, 255, 255]);
      }
    }
  });

  it('puts zero in the middle of a diverging map, and what is beyond its range at the ends', () => {
    const colours = colourMapBetween([0, 0, 1], [1, 1, 1], [1, 0, 0]);
    const look = { kind: 'signed', channel: 'first', colours, range: 2 } as const;
    const at = (...values: number[]): number[] => {
      const shape = { height: 1, width: 1, channels: values.length };
      return [...pixelsOf(Float32Array.from(values), 0, shape, look)].slice(0, 3);
    };
    expect(at(-5)).toEqual([0, 0, 255]);
    expect(at(-2)).toEqual([0, 0, 255]);
    expect(at(2)).toEqual([255, 0, 0]);
    // 256 colours have no exact middle: the next to it is white within a few levels.
    expect(Math.min(...at(0))).toBeGreaterThan(245);
    expect(at(1, -1, 0)).toEqual(at(0));
  });
});
