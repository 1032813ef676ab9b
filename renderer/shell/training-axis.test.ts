import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runSummary } from '../testing/fake-engine.ts';
import { axisEnd, nearestStep, reasonWithoutFilm } from './training-axis.ts';

fc.configureGlobal({ seed: 20261122 });

describe('nearestStep', () => {
  it('finds no step farther away than any other', () => {
    const ascending = fc
      .uniqueArray(fc.nat(10_000), { minLength: 1, maxLength: 60 })
      .map((steps) => Float64Array.from(steps).sort());
    fc.assert(
      fc.property(ascending, fc.integer({ min: -100, max: 12_000 }), (steps, value) => {
        const found = nearestStep(steps, value);
        expect(steps).toContain(found);
        for (const step of steps) expect(Math.abs(found - value)).toBeLessThanOrEqual(Math.abs(step - value));
      }),
    );
  });
});

describe('axisEnd', () => {
  it('holds every frame, and keeps its length while a run goes on', () => {
    fc.assert(
      fc.property(fc.nat(5000), fc.nat(5000), fc.integer({ min: 1, max: 5000 }), (step, more, steps) => {
        const run = runSummary('a');
        const at = (done: number) => ({
          ...run,
          step: Math.min(done, steps),
          config: { ...run.config, steps },
        });
        const film = Float64Array.of(0, Math.min(step, steps));
        expect(axisEnd(at(step), film)).toBeGreaterThanOrEqual(film[1]!);
        expect(axisEnd(at(step), film)).toBe(axisEnd(at(step + more), film));
      }),
    );
  });
});

describe('reasonWithoutFilm', () => {
  const film = { index: {}, error: null, steps: new Float64Array() };
  const run = runSummary('a');

  it('is null exactly while there are frames', () => {
    expect(reasonWithoutFilm(run, { ...film, steps: Float64Array.of(0) })).toBeNull();
    for (const without of [film, null, { ...film, index: null }]) {
      expect(reasonWithoutFilm(run, without)).not.toBeNull();
    }
    expect(reasonWithoutFilm(null, film)).not.toBeNull();
  });

  it('tells a run that keeps none from one whose first frame is to come', () => {
    const keepsNone = { ...run, config: { ...run.config, filmFrames: 0 } };
    expect(reasonWithoutFilm(keepsNone, film)).toMatch(/keeps no film/);
    expect(reasonWithoutFilm(run, film)).toMatch(/on its way/);
    expect(reasonWithoutFilm({ ...run, status: 'finished' }, film)).toMatch(/has no film/);
    expect(reasonWithoutFilm(run, { ...film, error: { code: 'film/broken', message: 'It broke' } })).toBe(
      'It broke',
    );
  });
});
