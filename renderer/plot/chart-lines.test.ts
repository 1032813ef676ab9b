import { describe, expect, it } from 'vitest';
import { chartContent } from './chart-lines.ts';

const line = {
  key: 'a',
  label: 'drift',
  colour: 'red',
  steps: Float64Array.of(0, 1, 2),
  values: Float64Array.of(4, 2, -1),
};

describe('chartContent', () => {
  it('keeps the raw line beside the smoothed one', () => {
    const { series, data } = chartContent([line], 0.9, false);
    expect(series.map((each) => [each.label, each.isRaw])).toEqual([
      ['drift (raw)', true],
      ['drift', false],
    ]);
    expect(data.ys[0]).toEqual([4, 2, -1]);
    expect(data.ys[1]?.[0]).toBe(4);
  });

  it('has one line without smoothing, with gaps where there is no logarithm', () => {
    const { series, data } = chartContent([line], 0, true);
    expect(series).toHaveLength(1);
    expect(data.ys).toEqual([[4, 2, null]]);
  });
});
