import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dataFromVelocity,
  datawardFromVelocity,
  noiseFromVelocity,
  overSamples,
  scoreFromVelocity,
  sitTimeFromTime,
  timeFromDuration,
  timeFromSitTime,
  unwarp,
  velocityFromData,
  velocityFromDataward,
  velocityFromNoise,
  velocityFromScore,
  warp,
} from './time.ts';

const value = fc.double({ min: -5, max: 5, noNaN: true });
// Away from both ends: the conversions that divide by t or 1 - t amplify rounding there by 1/0.05.
const innerTime = fc.double({ min: 0.05, max: 0.95, noNaN: true });

/** 1e-12 on numbers of size 5: 60 000 ulp, where the longest formula rounds six times and divides once. */
const TOLERANCE = 1e-12;
function expectClose(actual: number, expected: number) {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(TOLERANCE * (1 + Math.abs(expected)));
}

describe('velocity conversions', () => {
  it('check 1: recover data, noise and score from a point on a path', () => {
    fc.assert(
      fc.property(value, value, innerTime, (x0, n, t) => {
        const x = (1 - t) * x0 + t * n;
        const v = n - x0;
        expectClose(dataFromVelocity(x, v, t), x0);
        expectClose(noiseFromVelocity(x, v, t), n);
        expectClose(scoreFromVelocity(x, v, t), -n / t);
      }),
    );
  });

  it('are undone by their inverses', () => {
    fc.assert(
      fc.property(value, value, innerTime, (x, v, t) => {
        // The round trip divides by t or 1 - t, hence the 20 times larger scale of what is compared.
        expectClose(velocityFromData(x, dataFromVelocity(x, v, t), t), v);
        expectClose(velocityFromNoise(x, noiseFromVelocity(x, v, t), t), v);
        expectClose(velocityFromScore(x, scoreFromVelocity(x, v, t), t), v);
      }),
    );
  });

  it('hold at the ends where they are not singular', () => {
    expect(dataFromVelocity(1.5, 7, 0)).toBe(1.5);
    expect(noiseFromVelocity(1.5, 7, 1)).toBe(1.5);
    expect(velocityFromData(1.5, 1, 1)).toBe(0.5);
    expect(velocityFromNoise(1.5, 1, 0)).toBe(-0.5);
  });

  it('check 1: turn a SiT network into the house velocity: v(x, t) = -net(x, 1 - t)', () => {
    // Gaussian data N(m, s^2) in SiT's own terms: x = t' x1 + (1 - t') n, net = E[x1 - n | x].
    const [m, s] = [0.7, 0.4];
    const sitNet = (x: number, sitTime: number) => {
      const variance = sitTime ** 2 * s ** 2 + (1 - sitTime) ** 2;
      return m + ((sitTime * s ** 2 - (1 - sitTime)) / variance) * (x - sitTime * m);
    };
    fc.assert(
      fc.property(value, fc.double({ min: 0, max: 1, noNaN: true }), (x, t) => {
        const variance = (1 - t) ** 2 * s ** 2 + t ** 2;
        const houseVelocity = -m + ((t - (1 - t) * s ** 2) / variance) * (x - (1 - t) * m);
        const viaSit = velocityFromDataward(sitNet(x, sitTimeFromTime(t)));
        expectClose(viaSit, houseVelocity);
        expectClose(datawardFromVelocity(viaSit), sitNet(x, 1 - t));
        expectClose(timeFromSitTime(sitTimeFromTime(t)), t);
      }),
    );
    expect([timeFromDuration(0), timeFromDuration(1)]).toEqual([1, 0]);
  });
});

describe('overSamples', () => {
  it('gives each sample its own time and leaves its inputs alone', () => {
    const x = Float64Array.of(1, 2, 3, 4);
    const v = Float64Array.of(10, 10, 20, 20);
    expect([...overSamples(dataFromVelocity, x, v, [0, 1])]).toEqual([1, 2, -17, -16]);
    expect([...overSamples(dataFromVelocity, x, v, 0.5)]).toEqual([-4, -3, -7, -6]);
    expect([...x]).toEqual([1, 2, 3, 4]);
    expect(overSamples(dataFromVelocity, Float32Array.of(1), [1], 1)).toBeInstanceOf(Float32Array);
    expect(overSamples(dataFromVelocity, new Float32Array(0), [], []).length).toBe(0);
  });

  it('refuses lengths that do not fit', () => {
    const x = new Float64Array(4);
    expect(() => overSamples(dataFromVelocity, x, new Float64Array(3), 1)).toThrow(RangeError);
    expect(() => overSamples(dataFromVelocity, x, x, [1, 1, 1])).toThrow(RangeError);
    expect(() => overSamples(dataFromVelocity, x, x, [])).toThrow(RangeError);
  });
});

describe('warp', () => {
  const rawTime = fc.double({ min: 0, max: 1, noNaN: true });
  const shift = fc.double({ min: 0.2, max: 8, noNaN: true });

  it('is undone by unwarp, keeps the ends and rises', () => {
    fc.assert(
      fc.property(rawTime, rawTime, shift, (a, b, m) => {
        expectClose(unwarp(warp(a, m), m), a);
        if (a < b - 1e-9) expect(warp(a, m)).toBeLessThan(warp(b, m));
        expectClose(warp(a, 1), a);
      }),
    );
    expect([warp(0, 3.2), unwarp(0, 3.2)]).toEqual([0, 0]);
    expectClose(warp(1, 3.2), 1);
  });

  it('has the known value at m = 3.2', () => {
    expect(warp(0.5, 3.2)).toBeCloseTo(0.761905, 6);
  });
});
