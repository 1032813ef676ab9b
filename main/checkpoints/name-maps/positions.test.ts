import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readSafetensors } from '../safetensors/index.ts';
import { sinCosPositions } from './positions.ts';

describe('sinCosPositions', () => {
  it('is the table of the DiT release', () => {
    const file = fs.readFileSync(new URL('testdata/dit-positions.safetensors', import.meta.url));
    const table = readSafetensors(file).tensors.get('pos_embed')!;
    const [tokens, width] = table.shape as [number, number];
    const computed = sinCosPositions(Math.sqrt(tokens), width);
    expect(computed).toHaveLength(table.data.length);
    // Both are float64 rounded to float32: half a unit in the last place, and the sine's own error.
    computed.forEach((value, i) => expect(Math.abs(value - Number(table.data[i]!))).toBeLessThan(1e-6));
  });

  it('encodes the column first', () => {
    const width = 8;
    const table = sinCosPositions(3, width);
    const half = (token: number, second: boolean): Float32Array =>
      table.subarray(token * width + (second ? 4 : 0), token * width + (second ? 8 : 4));
    for (let row = 0; row < 3; row++) {
      for (let column = 0; column < 3; column++) {
        const token = 3 * row + column;
        expect(half(token, false)).toEqual(half(column, false));
        expect(half(token, true)).toEqual(half(3 * row, true));
        expect(half(token, false)[0]).toBeCloseTo(Math.sin(column), 6);
        expect(half(token, true)[2]).toBeCloseTo(Math.cos(row), 6);
      }
    }
  });
});
