import { describe, expect, it } from 'vitest';
import { measuredAt, measuredQuality } from './measured.ts';

const series = { steps: Float64Array.of(250, 500, 750), values: Float64Array.of(0.3, 0.2, 0.1) };

describe('measuredAt', () => {
  it('takes the newest measurement that is not later', () => {
    expect(measuredAt(series, 500)).toEqual({ value: 0.2, step: 500 });
    expect(measuredAt(series, 740)).toEqual({ value: 0.2, step: 500 });
    expect(measuredAt(series, 1e9)).toEqual({ value: 0.1, step: 750 });
  });

  it('invents nothing before the first', () => {
    expect(measuredAt(series, 249)).toBeNull();
  });
});

describe('measuredQuality', () => {
  const metrics = [
    { id: 'energyDistance', title: 'Energy distance' },
    { id: 'mmd', title: 'Squared MMD' },
  ];

  it('lists what was measured, with its step, and nothing else', () => {
    const found = measuredQuality(metrics, (id) => (id === 'energyDistance' ? series : null), {}, 600);
    expect(found).toEqual([{ id: 'energyDistance', title: 'Energy distance', value: 0.2, step: 500 }]);
  });

  it('knows no step of a run that is not followed', () => {
    const found = measuredQuality(metrics, () => null, { mmd: 0.01, loss: 3 }, null);
    expect(found).toEqual([{ id: 'mmd', title: 'Squared MMD', value: 0.01, step: null }]);
  });
});
