import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ortCpuExecutor } from '../../tensor/executors/ort.ts';
import { stopGradient } from '../../tensor/ops.ts';
import { compileProgram } from '../../tensor/program.ts';
import { Rng } from '../../tensor/rng.ts';
import { hostLeaves } from '../../tensor/tree.ts';
import { parseMethodParams } from '../index.ts';
import {
  type DriftOptions,
  type Kernel,
  type KernelNormalisation,
  driftField,
  driftFieldAt,
} from './field.ts';
import { drifting } from './index.ts';

/** Points as rows; one list per set. */
type Rows = number[][];

interface Sets {
  readonly x: Rows;
  readonly positives: Rows;
  /** Left out: the queries themselves, masked. */
  readonly negatives?: Rows;
}
interface Field {
  readonly attract: Rows;
  readonly repel: Rows;
  readonly drift: Rows;
}

const executor = ortCpuExecutor(1);

/** driftField of the compiled executor, as rows. */
async function fieldOf(
  { x, positives, negatives }: Sets,
  temperature: number,
  normalise: KernelNormalisation = 'both',
  kernel: Kernel = 'laplace',
): Promise<Field> {
  const dim = x[0]!.length;
  const options: DriftOptions = { temperature, kernel, normalise, maskSelf: negatives === undefined };
  const program = await compileProgram(executor, {
    inputs: {
      x: { shape: [x.length, dim] },
      positives: { shape: [positives.length, dim] },
      ...(negatives ? { negatives: { shape: [negatives.length, dim] } } : {}),
    },
    run: (_, inputs) => {
      const own = inputs['x'] as Tensor2D;
      const others = (inputs['negatives'] ?? own) as Tensor2D;
      const { attract, repel } = driftField(own, inputs['positives'] as Tensor2D, others, options);
      return { outputs: { attract, repel, drift: tf.sub(attract, repel) } };
    },
  });
  const found = await program.run({
    x: flat(x),
    positives: flat(positives),
    ...(negatives ? { negatives: flat(negatives) } : {}),
  });
  await program.dispose();
  return {
    attract: rowsOf(found['attract']!, dim),
    repel: rowsOf(found['repel']!, dim),
    drift: rowsOf(found['drift']!, dim),
  };
}

/**
 * The estimator as the toy notebook has it, in float64: products of kernel values divided by roots of
 * their sums, V = W+ P - W- Q, with nothing subtracted and nothing in logarithms.
 */
function notebookDrift({ x, positives, negatives }: Sets, temperature: number): Rows {
  const kernel = (a: number[], b: number[]): number =>
    Math.exp(-Math.hypot(...a.map((value, c) => value - b[c]!)) / temperature);
  const k = x.map((a, i) => [
    ...positives.map((b) => kernel(a, b)),
    ...(negatives ?? x).map((b, j) => (negatives === undefined && i === j ? 0 : kernel(a, b))),
  ]);
  const rowSums = k.map(sum);
  const columnSums = k[0]!.map((_, j) => sum(k.map((row) => row[j]!)));
  const affinity = k.map((row, i) => row.map((value, j) => value / Math.sqrt(rowSums[i]! * columnSums[j]!)));
  return affinity.map((row) => {
    const [plus, minus] = [row.slice(0, positives.length), row.slice(positives.length)];
    const [massPlus, massMinus] = [sum(plus), sum(minus)];
    return x[0]!.map(
      (_, c) =>
        sum(plus.map((a, j) => a * massMinus * positives[j]![c]!)) -
        sum(minus.map((a, j) => a * massPlus * (negatives ?? x)[j]![c]!)),
    );
  });
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const flat = (rows: Rows): Float32Array => Float32Array.from(rows.flat());
const mapped = (rows: Rows, f: (value: number, row: number[], c: number) => number): Rows =>
  rows.map((row) => row.map((value, c) => f(value, row, c)));
const largest = (rows: Rows): number => Math.max(...rows.flat().map(Math.abs));

function rowsOf(values: ArrayLike<number>, dim: number): Rows {
  return Array.from({ length: values.length / dim }, (_, i) =>
    Array.from({ length: dim }, (_each, c) => values[i * dim + c]!),
  );
}

/** Largest difference over the larger magnitude. */
function relativeGap(found: Rows, expected: Rows): number {
  const gap = largest(found.map((row, i) => row.map((value, c) => value - expected[i]![c]!)));
  return gap / Math.max(largest(found), largest(expected), 1e-30);
}

/** Standard normal points, representable in float32. */
function points(count: number, dim: number, seed: number, stream = 'points'): Rows {
  return rowsOf(new Rng(seed, stream).fillNormal(new Float32Array(count * dim)), dim);
}

/**
 * The field works with squared distances by one matrix product: at |x| / tau up to about 5 an error of
 * 1e-6 in a square, up to 1e-4 in the distance of two near points, so as much in the field.
 */
const FLOAT32 = 1e-3;

const configurations = fc.record({
  n: fc.integer({ min: 1, max: 6 }),
  p: fc.integer({ min: 1, max: 6 }),
  q: fc.integer({ min: 1, max: 6 }),
  dim: fc.integer({ min: 1, max: 4 }),
  temperature: fc.double({ min: 0.5, max: 4, noNaN: true }),
  seed: fc.nat(1000),
});
type Configuration = typeof configurations extends fc.Arbitrary<infer T> ? T : never;

function setsOf({ n, p, q, dim, seed }: Configuration): Sets & { negatives: Rows } {
  return {
    x: points(n, dim, seed, 'x'),
    positives: points(p, dim, seed, 'p'),
    negatives: points(q, dim, seed, 'q'),
  };
}

/** Each run compiles programs of its own shapes, some milliseconds each. */
function forAll(law: (configuration: Configuration) => Promise<void>): Promise<void> {
  return fc.assert(fc.asyncProperty(configurations, law), { seed: 20260101, numRuns: 15 });
}

describe('driftField', () => {
  it('check 31: equals the product of kernel values of the toy notebook', async () => {
    await forAll(async (configuration) => {
      const { temperature } = configuration;
      const sets = setsOf(configuration);
      const { drift } = await fieldOf(sets, temperature);
      expect(relativeGap(drift, notebookDrift(sets, temperature))).toBeLessThan(FLOAT32);
    });
  });

  it('equals it with the queries as masked negatives', async () => {
    await forAll(async (configuration) => {
      const { temperature, n, dim, seed } = configuration;
      const sets = { x: points(n + 1, dim, seed, 'x'), positives: setsOf(configuration).positives };
      const { drift } = await fieldOf(sets, temperature);
      expect(relativeGap(drift, notebookDrift(sets, temperature))).toBeLessThan(FLOAT32);
    });
  });

  it('check 29: is anti-symmetric in data and negatives', async () => {
    await forAll(async (configuration) => {
      const { x, positives, negatives } = setsOf(configuration);
      const { temperature } = configuration;
      const one = await fieldOf({ x, positives, negatives }, temperature);
      const other = await fieldOf({ x, positives: negatives, negatives: positives }, temperature);
      // Only the order of one sum differs: a few roundings.
      expect(
        relativeGap(
          one.drift,
          mapped(other.drift, (value) => -value),
        ),
      ).toBeLessThan(1e-5);
      expect(largest(one.drift)).toBeGreaterThan(0);
    });
  });

  it('check 31: gives attraction and repulsion the same mass at every query', async () => {
    await forAll(async (configuration) => {
      const { x, positives, negatives } = setsOf(configuration);
      // Targets lifted to height 1 above all queries: the height of each half is the sum of its row.
      const at = (height: number, rows: Rows): Rows => rows.map((row) => [...row, height]);
      const { attract, repel } = await fieldOf(
        { x: at(0, x), positives: at(1, positives), negatives: at(1, negatives) },
        configuration.temperature,
      );
      const heights = (rows: Rows): Rows => rows.map((row) => [row.at(-1)!]);
      expect(relativeGap(heights(attract), heights(repel))).toBeLessThan(1e-5);
      expect(Math.min(...heights(attract).flat())).toBeGreaterThan(0);
    });
  });

  it('check 31: moves and turns with the points', async () => {
    await forAll(async (configuration) => {
      const { x, positives, negatives } = setsOf(configuration);
      const { temperature, dim, seed } = configuration;
      const { drift } = await fieldOf({ x, positives, negatives }, temperature);
      const shift = points(1, dim, seed, 'shift')[0]!;
      const move = (rows: Rows): Rows => mapped(rows, (value, _, c) => value + shift[c]!);
      const moved = await fieldOf(
        { x: move(x), positives: move(positives), negatives: move(negatives) },
        temperature,
      );
      expect(relativeGap(moved.drift, drift)).toBeLessThan(FLOAT32);

      // A turn by 1 radian in the plane of the first and last axes; in one dimension a reflection.
      const turn = (rows: Rows): Rows =>
        rows.map((row) => {
          if (dim === 1) return [-row[0]!];
          const [a, b] = [row[0]!, row[dim - 1]!];
          const turned = [...row];
          turned[0] = Math.cos(1) * a - Math.sin(1) * b;
          turned[dim - 1] = Math.sin(1) * a + Math.cos(1) * b;
          return turned;
        });
      const turned = await fieldOf(
        { x: turn(x), positives: turn(positives), negatives: turn(negatives) },
        temperature,
      );
      expect(relativeGap(turned.drift, turn(drift))).toBeLessThan(FLOAT32);
    });
  });

  it('check 31: scales with the points when the temperature does', async () => {
    await forAll(async (configuration) => {
      const sets = setsOf(configuration);
      const { temperature } = configuration;
      const scale = (rows: Rows): Rows => mapped(rows, (value) => 8 * value);
      const { drift } = await fieldOf(sets, temperature);
      const scaled = await fieldOf(
        { x: scale(sets.x), positives: scale(sets.positives), negatives: scale(sets.negatives) },
        8 * temperature,
      );
      expect(relativeGap(scaled.drift, scale(drift))).toBeLessThan(FLOAT32);
    });
  });

  it('check 30: is exactly zero where data and negatives are the same points', async () => {
    const same = points(7, 2, 1);
    const { drift, attract } = await fieldOf({ x: points(5, 2, 2), positives: same, negatives: same }, 0.5);
    expect(largest(drift)).toBe(0);
    expect(largest(attract)).toBeGreaterThan(0.1);
    const { drift: atThemselves } = await fieldOf({ x: same, positives: same, negatives: same }, 0.5);
    expect(largest(atThemselves)).toBe(0);
  });

  it('check 30: is not zero there when only the negatives leave themselves out', async () => {
    // The setting of training: every point is pulled to its own copy in the data.
    const same = points(7, 2, 1);
    const { drift } = await fieldOf({ x: same, positives: same }, 0.5);
    expect(largest(drift)).toBeGreaterThan(0.01);
  });

  it('check 30: averages to zero over fresh draws of data and negatives from one law', async () => {
    const [n, count, draws] = [3, 8, 400];
    const x = points(n, 2, 3, 'queries');
    const program = await compileProgram(executor, {
      inputs: { x: { shape: [n, 2] }, p: { shape: [count, 2] }, q: { shape: [count, 2] } },
      run: (_, inputs) => {
        const { attract, repel } = driftField(
          inputs['x'] as Tensor2D,
          inputs['p'] as Tensor2D,
          inputs['q'] as Tensor2D,
          { temperature: 0.5, maskSelf: false },
        );
        return { outputs: { drift: tf.sub(attract, repel) } };
      },
    });
    const [p, q] = [new Rng(4, 'p'), new Rng(4, 'q')];
    const totals = new Float64Array(2 * n);
    const squares = new Float64Array(2 * n);
    for (let draw = 0; draw < draws; draw++) {
      const normals = (rng: Rng): Float32Array => rng.at(draw).fillNormal(new Float32Array(2 * count));
      const { drift } = await program.run({ x: flat(x), p: normals(p), q: normals(q) });
      drift!.forEach((value, i) => {
        totals[i]! += value;
        squares[i]! += value ** 2;
      });
    }
    await program.dispose();
    totals.forEach((total, i) => {
      const standardError = Math.sqrt(squares[i]!) / draws;
      // Six numbers of a fixed seed within four standard errors.
      expect(Math.abs(total / draws)).toBeLessThan(4 * standardError);
    });
  });

  it('check 32: pulls every query by the difference of the means at infinite temperature', async () => {
    const [n, p, q] = [5, 4, 6];
    const sets = {
      x: points(n, 3, 5, 'x'),
      positives: points(p, 3, 5, 'p'),
      negatives: points(q, 3, 5, 'q'),
    };
    const { drift } = await fieldOf(sets, 1e4);
    const meanOf = (rows: Rows, c: number): number => sum(rows.map((row) => row[c]!)) / rows.length;
    const share = (p * q) / ((p + q) * n);
    const limit = sets.x.map((row) =>
      row.map((_, c) => share * (meanOf(sets.positives, c) - meanOf(sets.negatives, c))),
    );
    // Kernel values differ from 1 by distance / tau, some 4e-4.
    expect(relativeGap(drift, limit)).toBeLessThan(2e-3);
  });

  it('check 32: has the closed form of one query, one data point and one negative', async () => {
    await forAll(async ({ dim, temperature, seed }) => {
      const [x, plus, minus] = [0, 1, 2].map((i) => points(1, dim, seed, `one ${i}`)) as [Rows, Rows, Rows];
      const { drift } = await fieldOf({ x, positives: plus, negatives: minus }, temperature);
      const distance = (a: Rows): number => Math.hypot(...a[0]!.map((value, c) => value - x[0]![c]!));
      const share = 1 / (1 + Math.exp((distance(plus) - distance(minus)) / temperature));
      const expected = [plus[0]!.map((value, c) => Math.sqrt(share * (1 - share)) * (value - minus[0]![c]!))];
      expect(relativeGap(drift, expected)).toBeLessThan(FLOAT32);
    });
  });

  it.each([
    ['targets', 'laplace'],
    ['targets', 'gaussian'],
    ['none', 'laplace'],
    ['none', 'gaussian'],
    ['each', 'laplace'],
    ['each', 'gaussian'],
  ] as const)('over %s weighs targets by their definition, kernel %s', async (normalise, kind) => {
    const temperature = 0.7;
    const sets = {
      x: points(4, 2, 8, 'x'),
      positives: points(5, 2, 8, 'p'),
      negatives: points(3, 2, 8, 'q'),
    };
    const { attract, repel } = await fieldOf(sets, temperature, normalise, kind);
    const kernel = (a: number[], b: number[]): number => {
      const distance = Math.hypot(a[0]! - b[0]!, a[1]! - b[1]!) / temperature;
      return Math.exp(kind === 'gaussian' ? -(distance ** 2) / 2 : -distance);
    };
    const byHand = sets.x.map((x) => {
      const [toP, toQ] = [sets.positives, sets.negatives].map((targets) => targets.map((y) => kernel(x, y)));
      const all = sum(toP!) + sum(toQ!);
      const totals = { none: [8, 8], targets: [all, all], each: [sum(toP!), sum(toQ!)] }[normalise];
      const [p, q] = [toP!.map((k) => k / totals[0]!), toQ!.map((k) => k / totals[1]!)];
      const pull = (targets: Rows, own: number[], other: number[]): number[] =>
        [0, 1].map((c) => sum(other) * sum(targets.map((y, j) => own[j]! * (y[c]! - x[c]!))));
      return { attract: pull(sets.positives, p, q), repel: pull(sets.negatives, q, p) };
    });
    expect(
      relativeGap(
        attract,
        byHand.map((each) => each.attract),
      ),
    ).toBeLessThan(FLOAT32);
    expect(
      relativeGap(
        repel,
        byHand.map((each) => each.repel),
      ),
    ).toBeLessThan(FLOAT32);
  });

  it('check 37: is the gradient of a log density where the kernel is Gaussian', async () => {
    await forAll(async (configuration) => {
      const { temperature: h } = configuration;
      const sets = setsOf(configuration);
      const { attract, repel } = await fieldOf(sets, h, 'each', 'gaussian');
      // h^2 times the slope of log sum_j exp(-|x - y_j|^2 / 2 h^2), by a central difference in float64.
      const logDensity = (x: number[], targets: Rows): number =>
        Math.log(
          sum(targets.map((y) => Math.exp(-sum(x.map((value, c) => (value - y[c]!) ** 2)) / (2 * h ** 2)))),
        );
      const slope = (targets: Rows): Rows =>
        mapped(sets.x, (_value, x, c) => {
          const moved = (by: number): number[] => x.map((value, i) => (i === c ? value + by : value));
          const step = 1e-5;
          return (
            (h ** 2 * (logDensity(moved(step), targets) - logDensity(moved(-step), targets))) / (2 * step)
          );
        });
      expect(relativeGap(attract, slope(sets.positives))).toBeLessThan(FLOAT32);
      expect(relativeGap(repel, slope(sets.negatives))).toBeLessThan(FLOAT32);
    });
  });

  it('check 37: does no work around a circle with the Gaussian kernel, and some with the Laplace one', async () => {
    const [count, radius] = [256, 0.8];
    const angles = Array.from({ length: count }, (_, i) => (2 * Math.PI * i) / count);
    const x = angles.map((angle) => [radius * Math.cos(angle), radius * Math.sin(angle)]);
    const sets = { x, positives: points(6, 2, 12, 'p'), negatives: points(5, 2, 12, 'q') };
    /** Work around the circle over the work without regard to sign. */
    const work = async (kernel: Kernel): Promise<number> => {
      const { drift } = await fieldOf(sets, 0.6, 'each', kernel);
      const along = drift.map(([a, b], i) => b! * Math.cos(angles[i]!) - a! * Math.sin(angles[i]!));
      return Math.abs(sum(along)) / sum(along.map(Math.abs));
    };
    // The trapezoid rule is exact here but for the kinks of the Laplace kernel: what is left is float32.
    expect(await work('gaussian')).toBeLessThan(1e-4);
    expect(await work('laplace')).toBeGreaterThan(0.01);
  });

  it.each([
    ['targets', 'laplace'],
    ['each', 'gaussian'],
  ] as const)('is the same away from the generated points, over %s, kernel %s', async (normalise, kernel) => {
    const sets = {
      x: points(5, 2, 13, 'x'),
      positives: points(6, 2, 13, 'p'),
      negatives: points(4, 2, 13, 'g'),
    };
    const program = await compileProgram(executor, {
      inputs: { x: { shape: [5, 2] }, p: { shape: [6, 2] }, g: { shape: [4, 2] } },
      run: (_, { x, p, g }) => {
        const options = { temperature: 0.6, kernel, normalise };
        const { attract, repel } = driftFieldAt(x as Tensor2D, g as Tensor2D, p as Tensor2D, options);
        return { outputs: { drift: tf.sub(attract, repel) } };
      },
    });
    const found = await program.run({ x: flat(sets.x), p: flat(sets.positives), g: flat(sets.negatives) });
    // Only the sum over queries, which neither of these takes, makes a difference between the two.
    const { drift } = await fieldOf(sets, 0.6, normalise, kernel);
    expect(relativeGap(rowsOf(found['drift']!, 2), drift)).toBeLessThan(1e-5);
    await program.dispose();
  });

  it('still points to the data from where kernel values underflow', async () => {
    // 200 temperatures away e^(-200) is not a float32; the notebook's form gives 0 / 0 or a clamp.
    const away = (rows: Rows, by: number): Rows =>
      mapped(rows, (value, _, c) => (c === 0 ? value + by : value));
    const x = points(4, 2, 6, 'x');
    const [positives, negatives] = [away(points(5, 2, 6, 'p'), 200), away(points(5, 2, 6, 'q'), 201)];
    const sets = { x, positives, negatives };
    const { drift, attract } = await fieldOf(sets, 1);
    expect(Math.min(...attract.map((row) => row[0]!))).toBeGreaterThan(1);
    // Squares of 200 in float32 leave distances 1e-3 of a temperature.
    expect(relativeGap(drift, notebookDrift(sets, 1))).toBeLessThan(0.02);
  });

  it('moves a collapsed cloud towards far data', async () => {
    const x = mapped(points(6, 2, 7, 'x'), (value) => 0.01 * value);
    const positives = mapped(points(6, 2, 7, 'p'), (value, _, c) => (c === 0 ? value + 60 : value));
    const { drift } = await fieldOf({ x, positives }, 1);
    // The affinity is e^(-60 / 2); with the clamp of the notebook it would be e^(-60) 1e6.
    for (const [along] of drift) expect(along).toBeGreaterThan(1e-13);
  });

  it('stays finite at any distance and for coinciding points', async () => {
    const far = points(4, 2, 8).map(([a, b]) => [a! * 1e6, b! * 1e6]);
    const spread = await fieldOf({ x: far, positives: points(3, 2, 8) }, 0.05);
    expect(spread.drift.flat().every(Number.isFinite)).toBe(true);
    const one = [0.5, -0.5];
    const together = await fieldOf({ x: [one, one, one], positives: [one, one] }, 0.05);
    // All differences are zero up to the rounding of a subtraction.
    expect(largest(together.drift)).toBeLessThan(1e-6);
  });
});

describe('a loss against the drifted points', () => {
  it('check 33: has the gradient -2 V / size in the points and none in anything else', async () => {
    const [n, p, q, dim] = [5, 4, 6, 2];
    const sets = {
      x: points(n, dim, 9, 'x'),
      positives: points(p, dim, 9, 'p'),
      negatives: points(q, dim, 9, 'q'),
    };
    const driftAt = (x: Tensor, positives: Tensor, negatives: Tensor): Tensor => {
      const { attract, repel } = driftField(x as Tensor2D, positives as Tensor2D, negatives as Tensor2D, {
        temperature: 0.5,
        maskSelf: false,
      });
      return tf.sub(attract, repel);
    };
    const program = await compileProgram(executor, {
      inputs: { x: { shape: [n, dim] }, p: { shape: [p, dim] }, q: { shape: [q, dim] } },
      run: (_, inputs) => {
        const gradients = tf.grads((x: Tensor, positives: Tensor, negatives: Tensor) =>
          tf.mean(tf.square(tf.sub(x, stopGradient(tf.add(x, driftAt(x, positives, negatives)))))),
        )([inputs['x']!, inputs['p']!, inputs['q']!]);
        return {
          outputs: {
            drift: driftAt(inputs['x']!, inputs['p']!, inputs['q']!),
            ...Object.fromEntries(['x', 'p', 'q'].map((name, i) => [`d${name}`, gradients[i]!])),
          },
        };
      },
    });
    const found = await program.run({ x: flat(sets.x), p: flat(sets.positives), q: flat(sets.negatives) });
    const expected = rowsOf(found['drift']!, dim).map((row) => row.map((value) => (-2 * value) / (n * dim)));
    // x - (x + V) rounds at 1e-7 of x, against V of some 0.1.
    expect(relativeGap(rowsOf(found['dx']!, dim), expected)).toBeLessThan(1e-5);
    expect([...found['dp']!, ...found['dq']!].every((value) => value === 0)).toBe(true);
    await program.dispose();
  });

  it('has the factors of attraction and repulsion, and negatives of their own', async () => {
    const scalarsOf = async (more: Record<string, unknown>): Promise<number> => {
      const options = drifting.params.parse({ batch: 16, width: 8, depth: 1, noiseDim: 2, ...more });
      const bound = drifting.bind(options, { sampleShape: [2], totalSteps: 10, teacher: null, classes: 0 });
      const state = bound.init(new Rng(10, 'init'));
      const inputs = Object.fromEntries(
        Object.entries(bound.draws).map(([name, draw]) => {
          const shape = draw.kind === 'data' ? [draw.count, 2] : 'shape' in draw ? [...draw.shape] : [];
          return [name, { shape }] as const;
        }),
      );
      const program = await compileProgram(executor, {
        inputs: {
          ...inputs,
          step: { shape: [] },
          ...Object.fromEntries(
            Object.entries(state).map(([name, values]) => [`state ${name}`, { shape: [values.length] }]),
          ),
        },
        run: (_, { step, ...given }) => {
          const vectors = Object.fromEntries(
            Object.keys(state).map((name) => [name, given[`state ${name}`]!]),
          );
          return { outputs: { drift: bound.step(vectors, given, step as tf.Scalar).scalars['drift']! } };
        },
      });
      const { drift } = await program.run({
        step: Float32Array.of(1),
        ...Object.fromEntries(Object.entries(state).map(([name, values]) => [`state ${name}`, values])),
        ...Object.fromEntries(
          Object.entries(inputs).map(([name, { shape }]) => [
            name,
            new Rng(11, name).fillNormal(new Float32Array(shape.reduce((size, n) => size * n, 1))),
          ]),
        ),
      });
      await program.dispose();
      return drift![0]!;
    };
    const usual = await scalarsOf({});
    const twice = await scalarsOf({ attraction: 2, repulsion: 2 });
    expect(twice).toBeCloseTo(2 * usual, 5);
    const [pullAlone, apart, few] = [
      await scalarsOf({ repulsion: 0 }),
      await scalarsOf({ negatives: 24 }),
      await scalarsOf({ positives: 4 }),
    ];
    for (const other of [pullAlone, apart, few]) {
      expect(other).toBeGreaterThan(0);
      expect(Math.abs(other - usual)).toBeGreaterThan(1e-4);
    }
  });

  it('is what the drifting method descends', async () => {
    const [batch, noiseDim] = [6, 3];
    const params = parseMethodParams(drifting, { batch, noiseDim, width: 5, depth: 1, temperature: 0.5 });
    const bound = drifting.bind(params, { sampleShape: [2], totalSteps: 10, teacher: null, classes: 0 });
    const state = bound.init(new Rng(10, 'init'));
    const inputs = {
      noise: new Rng(10, 'noise').fillNormal(new Float32Array(batch * noiseDim)),
      data: new Rng(10, 'data').fillNormal(new Float32Array(batch * 2)),
    };
    const program = await compileProgram(executor, {
      inputs: {
        ...Object.fromEntries(
          Object.entries(state).map(([name, value]) => [name, { shape: [value.length] }]),
        ),
        noise: { shape: [batch, noiseDim] },
        data: { shape: [batch, 2] },
        step: { shape: [] },
      },
      run: (_, { noise, data, step, ...vectors }) => {
        const { attract, repel } = bound.fields!.drift(vectors, noise!, data!, null);
        const next = bound.step(vectors, { noise: noise!, data: data! }, step as Scalar);
        return {
          outputs: {
            drift: tf.sub(attract, repel),
            moment: next.state['first']!,
            loss: next.scalars['loss']!,
          },
        };
      },
    });
    const found = await program.run({ ...state, ...inputs, step: Float32Array.of(1) });
    const drift = rowsOf(found['drift']!, 2);
    // EMA and parameters are equal at first; the bias of the last layer moves every point alike, and
    // the first moment after one step is a tenth of the gradient.
    const bias = hostLeaves(found['moment'] as Float32Array, bound.layout['first']!)['layers.1.bias']!;
    const expected = [0, 1].map((c) => (0.1 * -2 * sum(drift.map((row) => row[c]!))) / (batch * 2));
    expect(relativeGap([[...bias]], [expected])).toBeLessThan(1e-5);
    expect(found['loss']![0]! / (sum(drift.flat().map((v) => v ** 2)) / (batch * 2))).toBeCloseTo(1, 5);
    await program.dispose();
  });
});
