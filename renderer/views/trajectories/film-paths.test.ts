import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filmPathsOf, positionsOf, timeOfStep } from './film-paths.ts';

fc.configureGlobal({ seed: 20261122 });

describe('filmPathsOf', () => {
  it('holds every sample at every moment, in order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 8 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 4 }),
        (records, count, dim) => {
          const moments = Array.from({ length: records }, (_, k) => ({
            step: k * k,
            points: Float32Array.from({ length: count * dim }, (_, i) => 1000 * k + i),
          }));
          const paths = filmPathsOf(moments, dim, 100);
          expect(paths?.count).toBe(count);
          for (let i = 0; i < count; i += 1) {
            for (let k = 0; k < records; k += 1) {
              for (let d = 0; d < dim; d += 1) {
                expect(paths?.positions[(i * records + k) * dim + d]).toBe(1000 * k + i * dim + d);
              }
            }
          }
        },
      ),
    );
  });

  it('has times to scale in training steps, from 1 down to 0', () => {
    const moment = (step: number) => ({ step, points: Float32Array.of(0, 0) });
    const paths = filmPathsOf([moment(100), moment(200), moment(500)], 2, 10);
    expect(paths?.times).toEqual(Float32Array.of(1, 0.75, 0));
    expect(paths).toMatchObject({ firstStep: 100, lastStep: 500 });
  });

  it('holds no more samples than were asked for', () => {
    const moment = (step: number) => ({ step, points: new Float32Array(20) });
    expect(filmPathsOf([moment(0), moment(1)], 2, 3)?.count).toBe(3);
  });

  it('is nothing before there are two moments', () => {
    expect(filmPathsOf([], 2, 10)).toBeNull();
    expect(filmPathsOf([{ step: 5, points: Float32Array.of(0, 0) }], 2, 10)).toBeNull();
  });
});

describe('positionsOf', () => {
  it('takes all frames of a usual film, and thins a long one without losing its ends', () => {
    expect(positionsOf(3)).toEqual([0, 1, 2]);
    const thinned = positionsOf(1000);
    expect(thinned.length).toBeLessThan(100);
    expect([thinned[0], thinned.at(-1)]).toEqual([0, 999]);
  });
});

describe('timeOfStep', () => {
  it('stays within the film', () => {
    expect([0, 10, 15, 20, 99].map((step) => timeOfStep(step, 10, 20))).toEqual([1, 1, 0.5, 0, 0]);
  });
});
