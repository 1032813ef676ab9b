import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { Rng } from '../tensor/rng.ts';
import { energyDistance } from './energy-distance.ts';
import { frechetDistance } from './frechet.ts';
import { checkMetricsGolden } from './golden.ts';
import { evaluateAll, metrics } from './index.ts';
import { kernelInceptionDistance } from './kid.ts';
import { medianBandwidth, mmdSquared } from './mmd.ts';
import { modeCoverage } from './mode-coverage.ts';
import { prdc } from './prdc.ts';
import { slicedWasserstein2, unitProjections } from './sliced-wasserstein.ts';
import { wasserstein2 } from './wasserstein.ts';

/* Second implementations, written from the definitions on nested arrays: slow, and sharing no code. */

type Rows = number[][];

function rowsOf(flat: ArrayLike<number>, dim: number): Rows {
  return Array.from({ length: flat.length / dim }, (_, i) =>
    Array.from({ length: dim }, (_, c) => flat[i * dim + c]!),
  );
}
const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const distance = (a: number[], b: number[]): number => Math.hypot(...a.map((value, c) => value - b[c]!));
const dotOf = (a: number[], b: number[]): number => a.reduce((sum, value, c) => sum + value * b[c]!, 0);
const meanOver = (x: Rows, y: Rows, f: (a: number[], b: number[]) => number): number =>
  mean(x.flatMap((a) => y.map((b) => f(a, b))));

function naiveEnergy(x: Rows, y: Rows): number {
  return 2 * meanOver(x, y, distance) - meanOver(x, x, distance) - meanOver(y, y, distance);
}
function naiveMmd(x: Rows, y: Rows, h: number): number {
  const k = (a: number[], b: number[]): number => Math.exp(-(distance(a, b) ** 2) / (2 * h * h));
  return meanOver(x, x, k) + meanOver(y, y, k) - 2 * meanOver(x, y, k);
}
function naiveKid(x: Rows, y: Rows): number {
  const k = (a: number[], b: number[]): number => (dotOf(a, b) / a.length + 1) ** 3;
  const within = (s: Rows): number =>
    mean(s.flatMap((a, i) => s.flatMap((b, j) => (i === j ? [] : [k(a, b)]))));
  return within(x) + within(y) - 2 * meanOver(x, y, k);
}
/** Both sides repeated to the common multiple of their lengths, then sorted and paired. */
function naiveLineW2Squared(a: number[], b: number[]): number {
  const repeat = (values: number[], times: number): number[] =>
    values.flatMap((value) => Array.from({ length: times }, () => value)).sort((p, q) => p - q);
  const left = repeat(a, b.length);
  const right = repeat(b, a.length);
  return mean(left.map((value, i) => (value - right[i]!) ** 2));
}
function naiveSliced(x: Rows, y: Rows, directions: Rows): number {
  const squares = directions.map((theta) =>
    naiveLineW2Squared(
      x.map((row) => dotOf(row, theta)),
      y.map((row) => dotOf(row, theta)),
    ),
  );
  return Math.sqrt(mean(squares));
}
function permutations(n: number): number[][] {
  if (n === 0) return [[]];
  return permutations(n - 1).flatMap((rest) =>
    Array.from({ length: n }, (_, at) => [...rest.slice(0, at), n - 1, ...rest.slice(at)]),
  );
}
/** All n! assignments. */
function bruteForceW2(x: Rows, y: Rows): number {
  const costs = permutations(x.length).map((order) => mean(order.map((j, i) => distance(x[i]!, y[j]!) ** 2)));
  return Math.sqrt(Math.min(...costs));
}
function naivePrdc(x: Rows, y: Rows, k: number): number[] {
  const radius = (set: Rows, i: number): number =>
    set
      .filter((_, j) => j !== i)
      .map((row) => distance(row, set[i]!))
      .sort((a, b) => a - b)[k - 1]!;
  const xRadii = x.map((_, i) => radius(x, i));
  const yRadii = y.map((_, j) => radius(y, j));
  const share = (flags: boolean[]): number => flags.filter(Boolean).length / flags.length;
  return [
    share(y.map((b) => x.some((a, i) => distance(a, b) < xRadii[i]!))),
    share(x.map((a) => y.some((b, j) => distance(a, b) < yRadii[j]!))),
    mean(y.map((b) => x.filter((a, i) => distance(a, b) < xRadii[i]!).length)) / k,
    share(x.map((a, i) => y.some((b) => distance(a, b) < xRadii[i]!))),
  ];
}

const normals = (n: number, dim: number, stream: string, step = 0): Float64Array =>
  new Rng(7, stream).at(step).fillNormal(new Float64Array(n * dim));

/** Two sets of points of one width, sizes apart from each other. Coordinates on a grid make ties likely. */
const twoSets = (least: number, most: number) =>
  fc
    .tuple(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: least, max: most }),
      fc.integer({ min: least, max: most }),
    )
    .chain(([dim, n, m]) => {
      const coordinate = fc.integer({ min: -40, max: 40 }).map((value) => value / 8);
      const set = (count: number) =>
        fc
          .array(coordinate, { minLength: count * dim, maxLength: count * dim })
          .map((values) => Float64Array.from(values));
      return fc.record({ dim: fc.constant(dim), x: set(n), y: set(m) });
    });

// float64 sums of a few dozen terms below 1e3: rounding stays under 1e-10.
const TIGHT = 10;

describe('each metric agrees with a second implementation', () => {
  it('on sets of any width, size and ties', () => {
    fc.assert(
      fc.property(twoSets(3, 9), fc.integer({ min: 1, max: 2 }), ({ dim, x, y }, k) => {
        const xs = rowsOf(x, dim);
        const ys = rowsOf(y, dim);
        expect(energyDistance(x, y, dim)).toBeCloseTo(naiveEnergy(xs, ys), TIGHT);
        expect(mmdSquared(x, y, dim, 1.3)).toBeCloseTo(naiveMmd(xs, ys, 1.3), TIGHT);
        const naive = naiveKid(xs, ys);
        expect(Math.abs(kernelInceptionDistance(x, y, dim) - naive)).toBeLessThan(
          1e-9 * (1 + Math.abs(naive)),
        );
        const directions = unitProjections(5, dim, new Rng(1, 'directions'));
        expect(slicedWasserstein2(x, y, dim, directions)).toBeCloseTo(
          naiveSliced(xs, ys, rowsOf(directions, dim)),
          TIGHT,
        );
        // Coordinates are multiples of 1/8, so squared distances are exact and ties fall the same way twice.
        const { precision, recall, density, coverage } = prdc(x, y, dim, k);
        const expected = naivePrdc(xs, ys, k);
        [precision, recall, density, coverage].forEach((value, i) =>
          expect(value).toBeCloseTo(expected[i]!, TIGHT),
        );
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it('exact W2 equals the best of all assignments, n up to 6', () => {
    fc.assert(
      fc.property(twoSets(1, 6), ({ dim, x, y }) => {
        const n = Math.min(x.length, y.length) / dim;
        const xs = x.subarray(0, n * dim);
        const ys = y.subarray(0, n * dim);
        expect(wasserstein2(xs, ys, dim)).toBeCloseTo(bruteForceW2(rowsOf(xs, dim), rowsOf(ys, dim)), TIGHT);
      }),
      { seed: 2, numRuns: 60 },
    );
  });

  it('exact W2 of unequal sizes equals the best of all assignments of repeated points', () => {
    for (const [n, m] of [
      [2, 3],
      [3, 2],
      [2, 4],
      [6, 4],
      [1, 5],
      [7, 1],
    ] as const) {
      const common = [2, 3, 4, 5, 6, 7, 12].find((value) => value % n === 0 && value % m === 0)!;
      for (let step = 0; step < 5; step++) {
        const x = normals(n, 2, 'x', step);
        const y = normals(m, 2, 'y', step);
        const repeated = (rows: Rows): Rows =>
          rows.flatMap((row) => Array.from({ length: common / rows.length }, () => row));
        const left = repeated(rowsOf(x, 2));
        const right = repeated(rowsOf(y, 2));
        const expected =
          common <= 7
            ? bruteForceW2(left, right)
            : // 12! is out of reach; the solver on the repeated sets is itself checked against brute force above.
              wasserstein2(Float64Array.from(left.flat()), Float64Array.from(right.flat()), 2);
        expect(wasserstein2(x, y, 2)).toBeCloseTo(expected, TIGHT);
      }
    }
  });

  it('exact W2 on the line is the sorted formula at sizes no brute force reaches', () => {
    for (const [n, m] of [
      [120, 120],
      [60, 45],
      [37, 50],
    ] as const) {
      const x = normals(n, 1, 'line x');
      const y = normals(m, 1, 'line y').map((value) => 0.4 * value ** 3 + 1);
      const expected = Math.sqrt(naiveLineW2Squared([...x], [...y]));
      expect(wasserstein2(x, y, 1)).toBeCloseTo(expected, TIGHT);
      expect(slicedWasserstein2(x, y, 1, Float64Array.of(1))).toBeCloseTo(expected, TIGHT);
    }
  });

  it('median bandwidth equals the middle of the sorted distances', () => {
    for (const n of [2, 3, 4, 5, 8, 11]) {
      const x = normals(n, 3, 'median', n);
      const rows = rowsOf(x, 3);
      const all = rows.flatMap((a, i) => rows.slice(i + 1).map((b) => distance(a, b))).sort((a, b) => a - b);
      const middle = (all[Math.floor((all.length - 1) / 2)]! + all[Math.ceil((all.length - 1) / 2)]!) / 2;
      expect(medianBandwidth(x, 3)).toBeCloseTo(middle, TIGHT);
    }
    expect(medianBandwidth(new Float64Array(6).fill(3), 2)).toBe(1);
  });
});

describe('laws', () => {
  it('identical sets are at distance zero and score one', () => {
    for (const dim of [1, 2, 3]) {
      const x = normals(40, dim, 'identical');
      const directions = unitProjections(8, dim, new Rng(3, 'directions'));
      expect(energyDistance(x, x, dim)).toBeCloseTo(0, 12);
      expect(mmdSquared(x, x, dim, 0.7)).toBeCloseTo(0, 12);
      expect(slicedWasserstein2(x, x, dim, directions)).toBe(0);
      expect(wasserstein2(x, x, dim)).toBe(0);
      expect(frechetDistance(x, x, dim)).toBeCloseTo(0, 10);
      const { precision, recall, coverage } = prdc(x, x, dim, 3);
      expect([precision, recall, coverage]).toEqual([1, 1, 1]);
    }
  });

  it('distances are symmetric, positive between different sets, and order-free', () => {
    const x = normals(30, 2, 'x');
    const y = normals(24, 2, 'y').map((value) => value + 0.5);
    const shuffled = new Float64Array(x.length);
    new Rng(5, 'shuffle').permutation(30).forEach((from, to) => {
      shuffled.set(x.subarray(2 * from, 2 * from + 2), 2 * to);
    });
    const directions = unitProjections(16, 2, new Rng(3, 'directions'));
    const distances = [
      (a: Float64Array, b: Float64Array) => energyDistance(a, b, 2),
      (a: Float64Array, b: Float64Array) => mmdSquared(a, b, 2, 1),
      (a: Float64Array, b: Float64Array) => slicedWasserstein2(a, b, 2, directions),
      (a: Float64Array, b: Float64Array) => wasserstein2(a, b, 2),
      (a: Float64Array, b: Float64Array) => frechetDistance(a, b, 2),
    ];
    for (const measure of distances) {
      expect(measure(x, y)).toBeGreaterThan(1e-3);
      expect(measure(y, x)).toBeCloseTo(measure(x, y), TIGHT);
      expect(measure(shuffled, y)).toBeCloseTo(measure(x, y), TIGHT);
    }
  });

  it('distances do not change when both sets are moved and turned', () => {
    const x = normals(30, 2, 'x');
    const y = normals(24, 2, 'y').map((value) => 1.5 * value);
    const [cos, sin] = [Math.cos(0.8), Math.sin(0.8)];
    const moved = (points: Float64Array): Float64Array =>
      Float64Array.from(
        rowsOf(points, 2).flatMap(([a, b]) => [cos * a! - sin * b! + 3, sin * a! + cos * b! - 1]),
      );
    for (const measure of [energyDistance, wasserstein2, frechetDistance]) {
      expect(measure(moved(x), moved(y), 2)).toBeCloseTo(measure(x, y, 2), TIGHT);
    }
    expect(mmdSquared(moved(x), moved(y), 2, 1)).toBeCloseTo(mmdSquared(x, y, 2, 1), TIGHT);
    // W2 of a set and its translate is the length of the translation, whatever the set.
    expect(
      wasserstein2(
        x,
        x.map((value, i) => value + (i % 2 ? 4 : -3)),
        2,
      ),
    ).toBeCloseTo(5, TIGHT);
  });

  it('sliced W2 is at most exact W2', () => {
    const directions = unitProjections(32, 2, new Rng(3, 'directions'));
    for (let step = 0; step < 10; step++) {
      const x = normals(20, 2, 'x', step);
      const y = normals(20, 2, 'y', step).map((value) => value + 1);
      expect(slicedWasserstein2(x, y, 2, directions)).toBeLessThanOrEqual(wasserstein2(x, y, 2) + 1e-12);
    }
  });

  it('projections are unit, seeded, and isotropic', () => {
    const directions = unitProjections(4000, 3, new Rng(11, 'directions'));
    expect(unitProjections(4000, 3, new Rng(11, 'directions'))).toEqual(directions);
    const squares = [0, 0, 0];
    for (const row of rowsOf(directions, 3)) {
      expect(Math.hypot(...row)).toBeCloseTo(1, 12);
      row.forEach((value, c) => (squares[c]! += value * value));
    }
    // E theta_c^2 = 1/3 with standard deviation 0.298 / sqrt(4000) = 0.0047; 5 sigma is 0.024.
    for (const square of squares) expect(Math.abs(square / 4000 - 1 / 3)).toBeLessThan(0.024);
  });

  it('far sets score zero, and a collapsed fake has precision without coverage', () => {
    const x = normals(60, 2, 'x');
    const far = normals(60, 2, 'y').map((value) => value + 100);
    expect(prdc(x, far, 2, 3)).toEqual({ precision: 0, recall: 0, density: 0, coverage: 0 });
    const collapsed = normals(60, 2, 'z').map((value) => 1e-3 * value);
    const score = prdc(x, collapsed, 2, 3);
    expect(score.precision).toBeGreaterThan(0.9);
    expect(score.coverage).toBeLessThan(0.3);
    expect(score.recall).toBeLessThan(0.1);
  });
});

describe('Frechet distance', () => {
  it('of two Gaussians is |dm|^2 + sum (s1 - s2)^2, reached exactly on whitened points', () => {
    // Points +-s sqrt((n - 1) / 2) along the axes have mean 0 and unbiased variance s^2 exactly.
    const cross = (sigmas: number[], shift: number[]): Float64Array => {
      const n = 2 * sigmas.length;
      const rows = sigmas.flatMap((sigma, axis) =>
        [-1, 1].map((sign) =>
          shift.map((value, c) => value + (c === axis ? sign * sigma * Math.sqrt((n - 1) / 2) : 0)),
        ),
      );
      return Float64Array.from(rows.flat());
    };
    const found = frechetDistance(cross([1, 2, 0.5], [0, 1, 2]), cross([3, 0.25, 0.5], [1, 1, 0]), 3);
    expect(found).toBeCloseTo(1 + 4 + 4 + 1.75 ** 2, TIGHT);
    // A flat direction (zero variance) needs no jitter.
    expect(frechetDistance(cross([1, 0], [0, 0]), cross([0, 2], [0, 0]), 2)).toBeCloseTo(1 + 4, TIGHT);
  });

  it('in two dimensions matches the closed form tr sqrt(C1 C2) = sqrt(tr + 2 sqrt(det))', () => {
    const x = rowsOf(normals(50, 2, 'x'), 2).flatMap(([a, b]) => [a! + 0.6 * b!, 0.3 * b!]);
    const y = rowsOf(normals(40, 2, 'y'), 2).flatMap(([a, b]) => [0.5 * a!, b! - 0.9 * a! + 1]);
    const momentsOf = (flat: number[]) => {
      const rows = rowsOf(flat, 2);
      const centre = [0, 1].map((c) => mean(rows.map((row) => row[c]!)));
      const covariance = (a: number, b: number): number =>
        rows.reduce((sum, row) => sum + (row[a]! - centre[a]!) * (row[b]! - centre[b]!), 0) /
        (rows.length - 1);
      return { centre, xx: covariance(0, 0), xy: covariance(0, 1), yy: covariance(1, 1) };
    };
    const p = momentsOf(x);
    const q = momentsOf(y);
    const trace = p.xx * q.xx + 2 * p.xy * q.xy + p.yy * q.yy;
    const determinant = (p.xx * p.yy - p.xy ** 2) * (q.xx * q.yy - q.xy ** 2);
    const root = Math.sqrt(trace + 2 * Math.sqrt(determinant));
    const expected = distance(p.centre, q.centre) ** 2 + p.xx + p.yy + q.xx + q.yy - 2 * root;
    expect(frechetDistance(Float64Array.from(x), Float64Array.from(y), 2)).toBeCloseTo(expected, TIGHT);
  });
});

it('KID is unbiased: its mean over draws of one law is zero', () => {
  const draws = Array.from({ length: 400 }, (_, step) =>
    kernelInceptionDistance(normals(12, 2, 'kid x', step), normals(15, 2, 'kid y', step), 2),
  );
  const average = mean(draws);
  const deviation = Math.sqrt(mean(draws.map((value) => (value - average) ** 2)) / draws.length);
  // 4 standard errors; the biased estimator is checked below to be far outside.
  expect(Math.abs(average)).toBeLessThan(4 * deviation);
  const biased = draws.map((_, step) => {
    const x = rowsOf(normals(12, 2, 'kid x', step), 2);
    const y = rowsOf(normals(15, 2, 'kid y', step), 2);
    const k = (a: number[], b: number[]): number => (dotOf(a, b) / 2 + 1) ** 3;
    return meanOver(x, x, k) + meanOver(y, y, k) - 2 * meanOver(x, y, k);
  });
  expect(mean(biased)).toBeGreaterThan(4 * deviation);
});

describe('mode coverage', () => {
  /** Modes [0, 1), [1, 2), ... on the line. */
  const bins = (shares: number[]) => ({
    count: shares.length,
    shares,
    modeOf: (points: Float64Array, offset: number): number => {
      const bin = Math.floor(points[offset]!);
      return bin >= 0 && bin < shares.length ? bin : -1;
    },
  });

  it('counts shares of all points, outside ones included', () => {
    const fake = Float64Array.of(0.1, 0.2, 0.3, 1.5, 1.6, 2.5, -4, 9);
    const found = modeCoverage(fake, 1, bins([0.25, 0.25, 0.25, 0.25]));
    expect([...found.counts]).toEqual([3, 2, 1, 0]);
    expect(found.minShareRatio).toBe(0);
    expect(found.outside).toBe(0.25);
    // Shares 3/8, 2/8, 1/8, 0 against half of 1/4: the third is exactly at the bound and counts.
    expect(found.covered).toBe(3);
    const expected = [3, 2, 1].reduce((sum, n) => sum + (n / 6) * Math.log(n / 6 / 0.25), 0);
    expect(found.divergence).toBeCloseTo(expected, 12);
  });

  it('a sample in the expected shares is complete', () => {
    const found = modeCoverage(Float64Array.of(0.5, 0.5, 0.5, 1.5), 1, bins([0.75, 0.25]));
    expect(found).toMatchObject({ covered: 2, outside: 0, divergence: 0, minShareRatio: 0.5 });
  });

  it('a sample in no mode covers none', () => {
    const found = modeCoverage(Float64Array.of(-1, 7), 1, bins([0.5, 0.5]));
    expect(found).toMatchObject({ covered: 0, outside: 1, minShareRatio: 0, divergence: Infinity });
  });
});

describe('evaluateAll', () => {
  const real = normals(700, 2, 'real');
  const fake = normals(650, 2, 'fake');
  const modes = {
    count: 2,
    shares: [0.5, 0.5],
    modeOf: (points: Float64Array, offset: number): number => (points[offset]! < 0 ? 0 : 1),
  };

  it('returns each registered metric of points once, the mode metrics only with modes', () => {
    const ids = metrics
      .map(({ id }) => id)
      .slice(
        0,
        metrics.findIndex(({ id }) => id === 'frechetDistance'),
      );
    expect(Object.keys(evaluateAll(real, fake, { dim: 2, seed: 1, modes }))).toEqual(ids);
    expect(Object.keys(evaluateAll(real, fake, { dim: 2, seed: 1 }))).toEqual(ids.slice(0, -3));
  });

  it('is decided by its seed, and energy distance does not depend on it below the cap', () => {
    const first = evaluateAll(real, fake, { dim: 2, seed: 1 });
    expect(evaluateAll(real, fake, { dim: 2, seed: 1 })).toEqual(first);
    const second = evaluateAll(real, fake, { dim: 2, seed: 2 });
    expect(second['energyDistance']).toBe(energyDistance(real, fake, 2));
    expect(second['wasserstein2']).not.toBe(first['wasserstein2']);
    const capped = evaluateAll(real, fake, { dim: 2, seed: 1, maxPairwise: 100 });
    expect(capped['energyDistance']).not.toBe(first['energyDistance']);
  });

  it('takes float32 points, leaves its input alone, and works on a handful', () => {
    const x = Float32Array.from(real);
    const kept = x.slice();
    const found = evaluateAll(x, Float32Array.from(fake), { dim: 2, seed: 1, modes });
    expect(x).toEqual(kept);
    for (const value of Object.values(found)) expect(Number.isFinite(value)).toBe(true);
    const few = evaluateAll(real.slice(0, 4), fake.slice(0, 6), { dim: 2, seed: 1 });
    for (const value of Object.values(few)) expect(Number.isFinite(value)).toBe(true);
  });
});

describe('bad input is refused by name', () => {
  const x = Float64Array.of(0, 1, 2, 3);
  it.each([
    ['a ragged set', 'metrics/bad-shape', () => energyDistance(x, Float64Array.of(1, 2, 3), 2)],
    ['an empty set', 'metrics/bad-shape', () => wasserstein2(x, new Float64Array(0), 2)],
    ['a width of zero', 'metrics/bad-shape', () => energyDistance(x, x, 0)],
    ['a NaN', 'metrics/non-finite', () => prdc(x, Float64Array.of(0, 1, NaN, 3), 2, 1)],
    [
      'an infinity',
      'metrics/non-finite',
      () => slicedWasserstein2(Float64Array.of(Infinity), x, 1, Float64Array.of(1)),
    ],
    ['an overflowing distance', 'metrics/non-finite', () => wasserstein2(Float64Array.of(1e200), x, 1)],
    ['too few points for k', 'metrics/too-few-points', () => prdc(x, x, 2, 2)],
    [
      'too few for a covariance',
      'metrics/too-few-points',
      () => frechetDistance(Float64Array.of(1, 2), x, 2),
    ],
    ['k of zero', 'metrics/bad-k', () => prdc(x, x, 2, 0)],
    ['a bandwidth of zero', 'metrics/bad-bandwidth', () => mmdSquared(x, x, 2, 0)],
    [
      'too many for exact W2',
      'metrics/too-many-points',
      () => wasserstein2(new Float64Array(5001), new Float64Array(5001), 1),
    ],
  ])('%s', (_, code, act) => {
    expect(act).toThrow(expect.objectContaining({ code }));
  });
});

describe('golden numbers', () => {
  const file = (name: string): URL => new URL(`./testdata/${name}`, import.meta.url);
  /** Just enough of safetensors for float32 matrices: u64 header length, JSON header, data. */
  function readMatrices(name: string) {
    const bytes = readFileSync(file(name));
    const headerLength = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength)) as Record<
      string,
      { shape: number[]; data_offsets: [number, number] }
    >;
    return (tensor: string) => {
      const { shape, data_offsets: offsets } = header[tensor]!;
      const start = 8 + headerLength + offsets[0];
      const length = (offsets[1] - offsets[0]) / 4;
      return { shape, data: Float32Array.from({ length }, (_, i) => bytes.readFloatLE(start + 4 * i)) };
    };
  }
  const tensor = readMatrices('metrics-a.safetensors');
  const [real, fake, projections] = [tensor('real'), tensor('fake'), tensor('projections')];
  const expected: unknown = JSON.parse(readFileSync(file('metrics-a.json'), 'utf8'));

  it('all ten agree', () => {
    const comparisons = checkMetricsGolden(expected, real, fake, projections);
    expect(comparisons.map(({ name }) => name)).toEqual([
      'frechet',
      'kid',
      'mmdRbf',
      'energyDistance',
      'slicedWasserstein2',
      'prdc.precision',
      'prdc.recall',
      'prdc.density',
      'prdc.coverage',
      'wasserstein2',
    ]);
    // The agreed tolerance is 1e-4; both sides computed in float64, so ours holds a tighter one.
    for (const comparison of comparisons)
      expect(comparison.relativeError, comparison.name).toBeLessThan(1e-9);
  });

  it('a wrong value shows as its relative error', () => {
    const [comparison] = checkMetricsGolden({ wasserstein2: 1 }, real, fake, projections);
    expect(comparison!.relativeError).toBeCloseTo(comparison!.found - 1, 12);
    expect(comparison!.relativeError).toBeGreaterThan(1);
  });

  it.each([
    ['an array', []],
    ['nothing in it', {}],
    ['an unknown metric', { inceptionScore: 3 }],
    ['text for a number', { kid: 'three' }],
    ['no k', { prdc: { precision: 1 } }],
  ])('refuses %s', (_, value) => {
    expect(() => checkMetricsGolden(value, real, fake, projections)).toThrow(
      expect.objectContaining({ code: 'golden/bad-metrics' }),
    );
  });

  it('refuses points of different widths', () => {
    expect(() => checkMetricsGolden(expected, real, { ...fake, shape: [200, 3] }, projections)).toThrow(
      expect.objectContaining({ code: 'golden/bad-metrics' }),
    );
  });
});
