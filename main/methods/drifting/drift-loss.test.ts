import fs from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ortCpuExecutor } from '../../tensor/executors/ort.ts';
import { referenceExecutor } from '../../tensor/executors/tfjs.ts';
import { compileProgram } from '../../tensor/program.ts';
import { Rng } from '../../tensor/rng.ts';
import { driftLoss } from './drift-loss.ts';
import { driftField } from './field.ts';
import { DRIFT_TOLERANCE, checkDriftGolden } from './golden.ts';

const executor = ortCpuExecutor(1);
const TESTDATA = path.join(import.meta.dirname, 'testdata');

interface Case {
  readonly B: number;
  readonly S: number;
  /** Flat row-major [B, count, S]. */
  readonly gen: Float32Array;
  readonly pos: Float32Array;
  readonly neg?: Float32Array;
  /** Of every negative. */
  readonly weight?: number;
  readonly temperatures: readonly number[];
  readonly affinityFloor?: number;
}
interface Computed {
  readonly loss: number[];
  readonly scale: number;
  readonly squares: number[];
  /** Of the sum of losses, in gen. */
  readonly grad: number[];
}

async function computed({
  B,
  S,
  gen,
  pos,
  neg,
  weight,
  temperatures,
  affinityFloor,
}: Case): Promise<Computed> {
  const shapeOf = (values: Float32Array): [number, number, number] => [B, values.length / (B * S), S];
  const lossOf = (x: Tensor, inputs: Record<string, Tensor>) => {
    const further = inputs['neg'] as Tensor3D | undefined;
    const weights = further && weight !== undefined ? tf.fill([B, further.shape[1]], weight) : null;
    return driftLoss(x as Tensor3D, inputs['pos'] as Tensor3D, further ?? null, weights as Tensor2D | null, {
      temperatures,
      affinityFloor: affinityFloor ?? 1e-6,
    });
  };
  const program = await compileProgram(executor, {
    inputs: {
      gen: { shape: shapeOf(gen) },
      pos: { shape: shapeOf(pos) },
      ...(neg ? { neg: { shape: shapeOf(neg) } } : {}),
    },
    run: (_, inputs) => {
      const { loss, scale, fieldSquares } = lossOf(inputs['gen']!, inputs);
      const grad = tf.grad((x: Tensor) => tf.sum(lossOf(x, inputs).loss))(inputs['gen']!);
      return { outputs: { loss, scale, squares: tf.stack([...fieldSquares]), grad } };
    },
  });
  const found = await program.run({ gen, pos, ...(neg ? { neg } : {}) });
  const result = {
    loss: [...found['loss']!],
    scale: found['scale']![0]!,
    squares: [...found['squares']!],
    grad: [...found['grad']!],
  };
  await program.dispose();
  return result;
}

function normals(size: number, stream: string, { mean = 0, std = 1 } = {}): Float32Array {
  return new Rng(11, stream).fillNormal(new Float32Array(size)).map((value) => mean + std * value);
}

/** Three batches of 6 generated, 7 data points and, where asked, 4 negatives in 5 dimensions. */
const BASE: Case = {
  B: 3,
  S: 5,
  gen: normals(3 * 6 * 5, 'gen'),
  pos: normals(3 * 7 * 5, 'pos', { mean: 0.5 }),
  temperatures: [0.2],
};
const NEGATIVES = normals(3 * 4 * 5, 'neg', { mean: -0.5 });

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const worst = (found: readonly number[], expected: readonly number[]): number =>
  Math.max(...expected.map((value, i) => Math.abs(value - found[i]!))) /
  Math.max(...expected.map((value) => Math.abs(value)));

describe('the numbers of the released code', () => {
  for (const [name, executed] of [
    ['ort-cpu', executor],
    ['reference', referenceExecutor()],
  ] as const) {
    it(`are found by ${name}`, async () => {
      const file: unknown = JSON.parse(fs.readFileSync(path.join(TESTDATA, 'drift-loss.json'), 'utf8'));
      const comparisons = await checkDriftGolden(file, executed);
      const far = comparisons.filter(({ relativeError }) => !(relativeError <= DRIFT_TOLERANCE));
      expect(far).toEqual([]);
      const names = new Set(comparisons.map((one) => one.name));
      expect(names.size).toBeGreaterThanOrEqual(4); // loss, gradient, scale and a square at least
      const cases = (file as { cases: unknown[] }).cases.length;
      expect(new Set(comparisons.map((one) => one.case)).size).toBe(cases);
    });
  }

  it('are not found where one of them is changed', async () => {
    const text = fs.readFileSync(path.join(TESTDATA, 'drift-loss.json'), 'utf8');
    const file = JSON.parse(text) as { cases: { gradOfSumLoss: number[] }[] };
    const only = file.cases[0]!;
    only.gradOfSumLoss = only.gradOfSumLoss.map((value) => value * 1.001);
    const comparisons = await checkDriftGolden({ cases: [only] }, executor);
    const far = comparisons.filter(({ relativeError }) => relativeError > DRIFT_TOLERANCE);
    expect(far.map((one) => one.name)).toEqual(['gradOfSumLoss']);
  });

  it('are asked for by name when the file lacks them', async () => {
    await expect(checkDriftGolden({ cases: [{ B: 1 }] }, executor)).rejects.toMatchObject({
      code: 'config/wrong-value',
      message: expect.stringContaining('cases[0].G') as string,
    });
  });
});

describe('driftLoss', () => {
  it('check 34: is 1 on average with one temperature, whatever the points', async () => {
    const { loss } = await computed(BASE);
    expect(mean(loss)).toBeCloseTo(1, 5);
    expect(Math.max(...loss)).toBeGreaterThan(1.01); // and not 1 in every batch
    // The self mask keeps it there where generated points and data are the same.
    const same = await computed({ ...BASE, pos: BASE.gen });
    expect(mean(same.loss)).toBeCloseTo(1, 5);
    const weighted = await computed({ ...BASE, neg: NEGATIVES, weight: 0.7 });
    expect(mean(weighted.loss)).toBeCloseTo(1, 5);
  });

  it('check 34: does not know the unit of length', async () => {
    const scaled = (values: Float32Array): Float32Array => values.map((value) => 16 * value);
    const options: Case = { ...BASE, temperatures: [0.05, 0.2], neg: NEGATIVES, weight: 2 };
    const one = await computed(options);
    const other = await computed({
      ...options,
      gen: scaled(BASE.gen),
      pos: scaled(BASE.pos),
      neg: scaled(NEGATIVES),
    });
    // A power of two scales without rounding, but for the least self-distance of 1e-4.
    expect(worst(other.loss, one.loss)).toBeLessThan(1e-5);
    expect(worst(other.squares, one.squares)).toBeLessThan(1e-5);
    expect(other.scale / one.scale).toBeCloseTo(16, 3);
    expect(
      worst(
        other.grad.map((value) => 16 * value),
        one.grad,
      ),
    ).toBeLessThan(1e-5);
  });

  it('does not know the origin', async () => {
    const moved = (values: Float32Array): Float32Array =>
      values.map((value, i) => value + [1, -2, 3, 0, 4][i % 5]!);
    const one = await computed(BASE);
    const other = await computed({ ...BASE, gen: moved(BASE.gen), pos: moved(BASE.pos) });
    // Coefficients of a row sum to zero; what is left is |x|^2 of 30 in float32 distances.
    expect(worst(other.squares, one.squares)).toBeLessThan(1e-4);
    expect(worst(other.grad, one.grad)).toBeLessThan(1e-4);
  });

  it('check 34: measures length by the mean distance, self-distances and weights included', async () => {
    const weight = 0.3;
    const { scale, grad } = await computed({ ...BASE, neg: NEGATIVES, weight });
    const { B, S, gen, pos } = BASE;
    const row = (values: Float32Array, count: number, b: number, i: number): number[] =>
      Array.from({ length: S }, (_, c) => values[(b * count + i) * S + c]!);
    let [total, weights] = [0, 0];
    for (let b = 0; b < B; b++) {
      for (let i = 0; i < 6; i++) {
        const add = (values: Float32Array, count: number, w: number): void => {
          for (let j = 0; j < count; j++) {
            const other = row(values, count, b, j);
            total += w * Math.hypot(...row(gen, 6, b, i).map((value, c) => value - other[c]!));
            weights += w;
          }
        };
        add(gen, 6, 1);
        add(NEGATIVES, 4, weight);
        add(pos, 7, 1);
      }
    }
    // Self-distances are the root of the 1e-8 clamp plus rounding, up to 1e-3 each.
    expect(scale / (total / weights)).toBeCloseTo(1, 3);
    // Points are divided by c, after which that mean is sqrt(S): of loss = mean (gen / c - goal)^2 over 6 S
    // numbers, with a field of mean square 1, the gradient has the root mean square 2 / (6 S c).
    const root = Math.sqrt(mean(grad.map((value) => value ** 2)));
    expect((2 / (6 * S * root) / scale) * Math.sqrt(S)).toBeCloseTo(1, 5);
  });

  it('check 35: moves the points along the plain estimator where the floor is off', async () => {
    const [count, data, S, temperature] = [8, 9, 2, 0.5];
    const one: Case = {
      B: 1,
      S,
      gen: normals(count * S, 'gen/plain'),
      pos: normals(data * S, 'pos/plain', { mean: 0.3 }),
      temperatures: [temperature],
      affinityFloor: 0,
    };
    const { grad, scale, squares } = await computed(one);
    const program = await compileProgram(executor, {
      inputs: { x: { shape: [count, S] }, p: { shape: [data, S] } },
      run: (_, { x, p }) => {
        const own = x as Tensor2D;
        const parts = driftField(own, p as Tensor2D, own, {
          temperature: temperature * scale,
          maskSelf: true,
        });
        return { outputs: { drift: tf.sub(parts.attract, parts.repel) } };
      },
    });
    const drift = [...(await program.run({ x: one.gen, p: one.pos }))['drift']!];
    await program.dispose();
    // gradient = -2 F / (size c sqrt(mean F^2)) with F = V / c and c = scale / sqrt(S)
    const root = Math.sqrt(mean(drift.map((value) => value ** 2)));
    const unit = scale / Math.sqrt(S);
    const expected = drift.map((value) => (-2 * value) / (drift.length * unit * root));
    // Two ways to float32 distances of near points, some 1e-4 apart.
    expect(worst(grad, expected)).toBeLessThan(1e-3);
    expect(squares[0]! / (root / unit) ** 2).toBeCloseTo(1, 3);
  });

  it('feels the floor where it is on', async () => {
    const at = (affinityFloor: number) => computed({ ...BASE, temperatures: [0.02], affinityFloor });
    const [off, tiny, released] = [await at(0), await at(1e-12), await at(1e-6)];
    expect(worst(released.grad, off.grad)).toBeGreaterThan(0.01);
    expect(worst(tiny.grad, off.grad)).toBeLessThan(worst(released.grad, off.grad));
  });

  it('check 36: keeps negatives of weight 0 in the softmaxes', async () => {
    const without = await computed(BASE);
    const weightless = await computed({ ...BASE, neg: NEGATIVES, weight: 0 });
    expect(worst(weightless.grad, without.grad)).toBeGreaterThan(0.01);
    // They do not count in the mean distance.
    expect(weightless.scale / without.scale).toBeCloseTo(1, 5);
  });

  it('takes weight 1 when none is given', async () => {
    const unsaid = await computed({ ...BASE, neg: NEGATIVES });
    const said = await computed({ ...BASE, neg: NEGATIVES, weight: 1 });
    expect(unsaid).toEqual(said);
  });

  it('falls in its squares, not in its value, as the points approach the data', async () => {
    const [count, S] = [24, 2];
    const pos = normals(count * S, 'pos/near');
    const at = (shift: number) =>
      computed({
        B: 1,
        S,
        gen: normals(count * S, 'gen/near').map((value) => value + shift),
        pos,
        temperatures: [0.2],
      });
    const [near, far] = [await at(0), await at(2)];
    expect(near.squares[0]!).toBeLessThan(0.5 * far.squares[0]!);
    expect(near.loss[0]!).toBeCloseTo(far.loss[0]!, 4);
  });
});
