/** Paths of many dimensions in few. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ViewFrame, type ViewRequest, viewRequest } from '#contract/frames.ts';
import { ortCpuExecutor } from '../../tensor/executors/ort.ts';
import { Rng } from '../../tensor/rng.ts';
import { sourceOf } from '../plan/plan.ts';
import { SamplingModel } from '../sampling/sampling.ts';
import { bentVelocity, exactImages, exactPlan, exactVelocity } from '../testing/exact-models.ts';
import { principalAxes } from './principal-axes.ts';
import { symmetricEigen } from './symmetric-eigen.ts';
import { computeView } from './views.ts';

const DIM = 12;

/** Points with a spread of their own along every direction, which are turned and then moved. */
function points(count: number, dim: number, spread: (d: number) => number): Float32Array {
  const rng = new Rng(1, 'points');
  const mixed = rng.fillNormal(new Float64Array(dim));
  const values = rng.fillNormal(new Float32Array(count * dim));
  for (let i = 0; i < count; i++) {
    const row = values.subarray(i * dim, (i + 1) * dim);
    row.forEach((x, d) => (row[d] = x * spread(d)));
    // A reflection turns without any change of length.
    const along =
      (2 * row.reduce((sum, x, d) => sum + x * mixed[d]!, 0)) / mixed.reduce((s, x) => s + x * x, 0);
    row.forEach((x, d) => (row[d] = x - along * mixed[d]! + 3));
  }
  return values;
}

function meanOf(values: Float32Array, dim: number): Float64Array {
  const mean = new Float64Array(dim);
  values.forEach((x, i) => (mean[i % dim]! += (x * dim) / values.length));
  return mean;
}

/** Every eigenvalue and vector of the whole covariance. */
function bruteForce(values: Float32Array, dim: number) {
  const [mean, count] = [meanOf(values, dim), values.length / dim];
  const covariance = new Float64Array(dim * dim);
  for (let i = 0; i < count; i++) {
    for (let a = 0; a < dim; a++) {
      for (let b = 0; b < dim; b++) {
        const product = (values[i * dim + a]! - mean[a]!) * (values[i * dim + b]! - mean[b]!);
        covariance[a * dim + b]! += product / count;
      }
    }
  }
  return symmetricEigen(covariance, dim);
}

const product = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, x, i) => sum + x * b[i]!, 0);

describe('eigenvalues of a symmetric matrix', () => {
  it('are those by which it stretches orthonormal vectors, the largest first', () => {
    const n = 9;
    const half = new Rng(2, 'matrix').fillNormal(new Float64Array(n * n));
    const matrix = half.map((x, i) => x + half[(i % n) * n + Math.floor(i / n)]!);
    const { values, vectors } = symmetricEigen(matrix, n);
    const rows = Array.from({ length: n }, (_, i) => vectors.subarray(i * n, (i + 1) * n));
    rows.forEach((v, i) => {
      rows.forEach((w, j) => expect(product(v, w)).toBeCloseTo(i === j ? 1 : 0, 12));
      for (let a = 0; a < n; a++) {
        expect(product(matrix.subarray(a * n, (a + 1) * n), v)).toBeCloseTo(values[i]! * v[a]!, 12);
      }
    });
    expect([...values]).toEqual([...values].sort((a, b) => b - a));
  });
});

describe('principal axes', () => {
  it.each([
    ['few numbers', 400, 6, (d: number) => 1 / (1 + d)],
    ['more numbers than points', 20, 60, (d: number) => 1 / (1 + d)],
    // As paths from noise have it: a few directions of data in a noise that is alike in all.
    ['more numbers than directions are looked at', 250, 105, (d: number) => (d < 4 ? 4 - 0.7 * d : 1)],
  ])('of %s are the leading eigenvectors of the covariance', async (_, count, dim, spread) => {
    const values = points(count, dim, spread);
    const axes = await principalAxes([values], meanOf(values, dim), 3);
    const { vectors } = bruteForce(values, dim);
    axes.forEach((axis, a) => {
      const expected = vectors.subarray(a * dim, (a + 1) * dim);
      // Either sign is an eigenvector; float32 points leave 1e-6.
      expect(Math.abs(product(axis, expected))).toBeCloseTo(1, 5);
      axes.forEach((other, b) => expect(product(axis, other)).toBeCloseTo(a === b ? 1 : 0, 10));
      const largest = axis.reduce((most, x) => (Math.abs(x) > Math.abs(most) ? x : most), 0);
      expect(largest).toBeGreaterThan(0);
    });
  });

  it('are the same wherever points are cut into sets', async () => {
    const values = points(40, 6, (d) => 1 / (1 + d));
    const centre = meanOf(values, 6);
    const whole = await principalAxes([values], centre, 2);
    const cut = await principalAxes([values.subarray(0, 90), values.subarray(90)], centre, 2);
    whole.forEach((axis, a) => axis.forEach((x, d) => expect(cut[a]![d]).toBeCloseTo(x, 10)));
  });

  it('are orthonormal where points lie on a line, and where they are one', async () => {
    const line = Float32Array.from({ length: 30 }, (_, i) => Math.floor(i / 5) * ((i % 5) - 2));
    for (const values of [line, new Float32Array(30).fill(2)]) {
      const axes = await principalAxes([values], meanOf(values, 5), 3);
      axes.forEach((axis, a) => {
        axes.forEach((other, b) => expect(product(axis, other)).toBeCloseTo(a === b ? 1 : 0, 10));
      });
    }
  });

  it('are not looked for any more once nobody waits', async () => {
    await expect(
      principalAxes([new Float32Array(30)], new Float64Array(5), 2, { aborted: true }),
    ).rejects.toThrow('cancelled');
  });
});

function compute(view: Record<string, unknown>, plan = exactPlan(bentVelocity(), {})): Promise<ViewFrame> {
  const model = new SamplingModel(plan, ortCpuExecutor(1));
  onTestFinished(() => model.dispose());
  const request = { kind: 'trajectories', count: 9, nfe: 4, ...view } as ViewRequest;
  return computeView({ run: 'r', step: 0, plan, model, state: {} }, viewRequest.parse(request));
}

/** Where states lie in the axes that a frame tells. */
function seen(frame: ViewFrame, positions: Float32Array, dim = DIM): number[] {
  const { axes, centre } = frame.arrays;
  return Array.from({ length: positions.length / dim }, (_, i) => {
    const from = positions.subarray(i * dim, (i + 1) * dim).map((x, d) => x - centre![d]!);
    return Array.from({ length: frame.dim }, (_, a) => product(from, axes!.subarray(a * dim, (a + 1) * dim)));
  }).flat();
}

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(found).toHaveLength(expected.length);
  Array.from(expected).forEach((x, i) => expect(found[i]).toBeCloseTo(x, 4));
}

describe('paths in axes', () => {
  it.each([2, 3])(
    'of greatest variance, %i of them, are the states of the paths along them',
    async (count) => {
      const whole = await compute({});
      const frame = await compute({ projection: { kind: 'pca', axes: count } });
      expect([frame.dim, frame.shape]).toEqual([count, [2, 2, 3]]);
      expectClose(frame.arrays['positions']!, seen(frame, whole.arrays['positions']!));
      expect(frame.arrays['times']).toEqual(whole.arrays['times']);
      const explained = [...frame.arrays['explained']!];
      expect(explained).toEqual([...explained].sort((a, b) => b - a));
      const { values } = bruteForce(whole.arrays['positions']!, DIM);
      const total = values.reduce((sum, x) => sum + x, 0);
      explained.forEach((share, a) => expect(share).toBeCloseTo(values[a]! / total, 5));
      expect(explained.reduce((sum, x) => sum + x, 0)).toBeLessThanOrEqual(1);
      const records = frame.arrays['times']!.length;
      const { ends } = frame.arrays;
      for (let i = 0; i < 9; i++) {
        const last = ((i + 1) * records - 1) * DIM;
        expect(ends!.slice(i * DIM, (i + 1) * DIM)).toEqual(
          whole.arrays['positions']!.slice(last, last + DIM),
        );
      }
    },
  );

  it('of points of a plane are turned, and explain all', async () => {
    const flat = exactPlan({ ...bentVelocity(), shape: [2] }, { classes: 0 });
    const whole = (await compute({}, flat)).arrays['positions']!;
    const frame = await compute({ projection: { kind: 'pca' } }, flat);
    const turned = frame.arrays['positions']!;
    expect(frame.arrays['explained']!.reduce((sum, x) => sum + x, 0)).toBeCloseTo(1, 6);
    const far = (values: Float32Array, i: number, j: number): number =>
      Math.hypot(values[2 * i]! - values[2 * j]!, values[2 * i + 1]! - values[2 * j + 1]!);
    for (let i = 1; i < turned.length / 2; i++)
      expect(far(turned, i, i - 1)).toBeCloseTo(far(whole, i, i - 1), 4);
  });

  it('have their teacher in the same', async () => {
    const plan = exactPlan(bentVelocity(), { teacher: exactVelocity() });
    const whole = await compute({ withTeacher: true }, plan);
    const frame = await compute({ withTeacher: true, projection: { kind: 'pca', axes: 3 } }, plan);
    expectClose(frame.arrays['teacherPositions']!, seen(frame, whole.arrays['teacherPositions']!));
    expectClose(frame.arrays['positions']!, seen(frame, whole.arrays['positions']!));
    const records = whole.arrays['teacherTimes']!.length;
    const { teacherEnds } = frame.arrays;
    expect(teacherEnds!.slice(-DIM)).toEqual(whole.arrays['teacherPositions']!.slice(-DIM));
    expect(teacherEnds!.slice(0, DIM)).toEqual(
      whole.arrays['teacherPositions']!.slice((records - 1) * DIM, records * DIM),
    );
    // The mean of all states of both.
    const both = [whole.arrays['positions']!, whole.arrays['teacherPositions']!];
    const joined = Float32Array.from(both.flatMap((each) => [...each]));
    expectClose(frame.arrays['centre']!, meanOf(joined, DIM));
  });

  it('from sample to sample have the first pair along the first axis, and the second in the plane', async () => {
    const pairs = [
      { from: 0, to: 1 },
      { from: 2, to: 3 },
    ];
    const { arrays, dim } = await compute({ projection: { kind: 'samples', pairs } });
    const ends = arrays['ends']!;
    const row = (i: number): Float32Array => ends.subarray(i * DIM, (i + 1) * DIM);
    const records = arrays['times']!.length;
    const end = (i: number): Float32Array => arrays['positions']!.subarray(((i + 1) * records - 1) * dim);
    const apart = (a: Float32Array, b: Float32Array): number =>
      Math.sqrt(a.reduce((s, x, d) => s + (x - b[d]!) ** 2, 0));
    expect(end(1)[0]! - end(0)[0]!).toBeCloseTo(apart(row(0), row(1)), 4);
    expect(end(1)[1]).toBeCloseTo(end(0)[1]!, 4);
    expect(Math.hypot(end(3)[0]! - end(2)[0]!, end(3)[1]! - end(2)[1]!)).toBeCloseTo(
      apart(row(2), row(3)),
      4,
    );
  });

  it('from class to class go by the means of the data', async () => {
    const source = exactImages(30);
    const pairs = [
      { from: 0, to: 2 },
      { from: 1, to: 0 },
    ];
    // All its classes lie on one line.
    await expect(
      compute({ projection: { kind: 'classes', pairs } }, exactPlan(bentVelocity(), { source })),
    ).rejects.toThrow('view.projection.pairs[1]: expected a direction other than the first');

    const modes = sourceOf({ id: 'eight-gaussians', params: {} }, []);
    const flat = exactPlan({ ...bentVelocity(), shape: [2] }, { classes: 0, source: modes });
    const { arrays } = await compute(
      {
        projection: {
          kind: 'classes',
          pairs: [
            { from: 0, to: 4 },
            { from: 2, to: 6 },
          ],
        },
      },
      flat,
    );
    // Modes lie on a circle: the first axis goes from one to that across.
    const [x, y] = [0, 1].map((axis) => {
      const mean = [0, 0];
      const values = modes.sample(new Rng(3, 'data'), 20_000);
      let count = 0;
      for (let i = 0; i < 20_000; i++) {
        if (modes.modes!.modeOf(values, 2 * i) !== 4) continue;
        count++;
        mean[0]! += values[2 * i]!;
        mean[1]! += values[2 * i + 1]!;
      }
      return product(
        mean.map((sum) => sum / count),
        arrays['axes']!.subarray(2 * axis, 2 * axis + 2),
      );
    });
    expect(x).toBeGreaterThan(1);
    // Means of thousands of draws.
    expect(Math.abs(y!)).toBeLessThan(0.05);
  });

  const pair = { from: 0, to: 1 };
  it.each<[string, Record<string, unknown>, string]>([
    [
      'samples that are not there',
      { kind: 'samples', pairs: [pair, { from: 0, to: 9 }] },
      'pairs[1].to: expected below 9',
    ],
    [
      'one sample',
      { kind: 'samples', pairs: [{ from: 2, to: 2 }, pair] },
      'pairs[0]: expected two that differ',
    ],
    [
      'the same twice',
      { kind: 'samples', pairs: [pair, { from: 1, to: 0 }] },
      'pairs[1]: expected a direction',
    ],
    ['classes of no data', { kind: 'classes', pairs: [pair, pair] }, 'kind: expected pca or samples'],
  ])('are refused for %s', async (_, projection, message) => {
    await expect(compute({ projection })).rejects.toThrow(`view.projection.${message}`);
  });

  it('are refused for more axes than numbers, and classes that are not there', async () => {
    const flat = exactPlan({ ...bentVelocity(), shape: [2] }, { classes: 0 });
    await expect(compute({ projection: { kind: 'pca', axes: 3 } }, flat)).rejects.toThrow(
      'view.projection.axes: expected at most 2, as samples have numbers, found 3',
    );
    const plan = exactPlan(bentVelocity(), { source: exactImages(9) });
    const projection = { kind: 'classes', pairs: [{ from: 0, to: 3 }, pair] };
    await expect(compute({ projection }, plan)).rejects.toThrow('pairs[0].to: expected below 3');
  });
});
