import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { densityOf, differenceOf, gaussianKernel, levelsHolding, marginalOf, massOf } from './density.ts';
import type { PlaneGrid } from './density.ts';

fc.configureGlobal({ seed: 20261122 });

const options = { side: 64, extent: 3, bandwidth: 0.15 };
const cell = (2 * options.extent) / options.side;

/** Points whose kernels stay inside the square. */
const inside = fc.double({ min: -2, max: 2, noNaN: true });
const cloud = fc.array(fc.tuple(inside, inside), { minLength: 1, maxLength: 40 });

function flat(points: readonly (readonly [number, number])[]): Float32Array {
  return Float32Array.from(points.flat());
}

function momentsOf(density: PlaneGrid): { x: number; y: number; xx: number } {
  let [x, y, xx] = [0, 0, 0];
  density.values.forEach((value, i) => {
    const at = -density.extent + ((i % density.side) + 0.5) * cell;
    x += value * cell * cell * at;
    xx += value * cell * cell * at * at;
    y += value * cell * cell * (-density.extent + (Math.floor(i / density.side) + 0.5) * cell);
  });
  return { x, y, xx };
}

describe('densityOf', () => {
  it('integrates to one, whatever the bandwidth', () => {
    fc.assert(
      fc.property(cloud, fc.constantFrom(0, 0.05, 0.15, 0.2), (points, bandwidth) => {
        const density = densityOf(flat(points), points.length, { ...options, bandwidth });
        // Sums of 4096 single-precision numbers.
        expect(massOf(density)).toBeCloseTo(1, 4);
        expect(density.values.every((value) => value >= 0)).toBe(true);
      }),
    );
  });

  it('counts only what lies in the square', () => {
    const density = densityOf(Float32Array.of(0, 0, 1, 1, 9, 0, 0, NaN), 4, options);
    expect(massOf(density)).toBeCloseTo(0.5, 4);
    expect(massOf(densityOf(new Float32Array(), 0, options))).toBe(0);
  });

  it('keeps a point on the border', () => {
    const density = densityOf(Float32Array.of(3, -3), 1, { ...options, bandwidth: 0 });
    expect(massOf(density)).toBeCloseTo(1, 5);
    expect(density.values[options.side - 1]).toBeCloseTo(1 / cell ** 2, 2);
  });

  it('has the mean of its points', () => {
    fc.assert(
      fc.property(cloud, (points) => {
        const mean = (axis: 0 | 1): number =>
          points.reduce((sum, point) => sum + point[axis], 0) / points.length;
        const { x, y } = momentsOf(densityOf(flat(points), points.length, options));
        expect(x).toBeCloseTo(mean(0), 3);
        expect(y).toBeCloseTo(mean(1), 3);
      }),
    );
  });

  it('spreads a point by the bandwidth', () => {
    // At the centre of a cell binning adds nothing; cutting at four sigma takes less than 0.2 %.
    const { x, xx } = momentsOf(densityOf(Float32Array.of(cell / 2, cell / 2), 1, options));
    expect(Math.sqrt(xx - x * x)).toBeCloseTo(options.bandwidth, 3);
  });

  it('mirrors with its points', () => {
    fc.assert(
      fc.property(cloud, (points) => {
        const mirrored = points.map(([x, y]) => [-x, y] as const);
        const { values } = densityOf(flat(points), points.length, options);
        const other = densityOf(flat(mirrored), points.length, options).values;
        for (let row = 0; row < options.side; row += 8) {
          for (let column = 0; column < options.side; column += 4) {
            const across = options.side - 1 - column;
            // Binning weights of x and -x agree to single precision, times densities up to about 7.
            expect(other[row * options.side + across]).toBeCloseTo(
              values[row * options.side + column] ?? NaN,
              3,
            );
          }
        }
      }),
    );
  });
});

it('a Gaussian kernel is symmetric and of sum one', () => {
  for (const sigma of [0.3, 1, 2.7]) {
    const kernel = gaussianKernel(sigma);
    expect(kernel.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 6);
    expect([...kernel].reverse()).toEqual([...kernel]);
  }
});

describe('differenceOf', () => {
  it('changes its sign with the order and has no mass between two densities', () => {
    fc.assert(
      fc.property(cloud, cloud, (a, b) => {
        const [first, second] = [
          densityOf(flat(a), a.length, options),
          densityOf(flat(b), b.length, options),
        ];
        const there = differenceOf(first, second);
        expect(massOf(there)).toBeCloseTo(0, 4);
        expect(Array.from(differenceOf(second, first).values, (value) => 0 - value)).toEqual(
          Array.from(there.values, (value) => value + 0),
        );
      }),
      { numRuns: 20 },
    );
  });

  it('refuses different grids', () => {
    const coarse = densityOf(new Float32Array(), 0, { ...options, side: 8 });
    expect(() => differenceOf(coarse, densityOf(new Float32Array(), 0, options))).toThrow(
      'Expected one grid',
    );
  });
});

it('levels hold the shares of the mass that they are asked for', () => {
  const points = Float32Array.from({ length: 400 }, (_, i) => Math.sin(i * 12.9898) * 1.8);
  const density = densityOf(points, 200, options);
  const shares = [0.25, 0.5, 0.9];
  const levels = levelsHolding(density, shares);
  const total = massOf(density);
  shares.forEach((share, i) => {
    const level = levels[i] ?? NaN;
    const above = massOf({ ...density, values: density.values.map((value) => (value >= level ? value : 0)) });
    expect(above / total).toBeGreaterThanOrEqual(share - 1e-6);
    // One cell more than needed at most; none holds more than 1 % here.
    expect(above / total).toBeLessThan(share + 0.01);
  });
  expect(levels).toEqual([...levels].sort((a, b) => b - a));
});

it('a marginal integrates to the mass and knows its axis', () => {
  const density = densityOf(Float32Array.of(1, -2), 1, options);
  for (const axis of [0, 1] as const) {
    const marginal = marginalOf(density, axis);
    expect(marginal.reduce((sum, value) => sum + value, 0) * cell).toBeCloseTo(1, 4);
    const peak = marginal.indexOf(Math.max(...marginal));
    expect(Math.abs(-3 + (peak + 0.5) * cell - (axis === 0 ? 1 : -2))).toBeLessThanOrEqual(cell);
  }
});
