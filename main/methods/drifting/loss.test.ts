import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { driftLoss } from './drift-loss.ts';
import { type Features, driftFeatures } from './features.ts';
import { type FeatureSets, type Goals, goalsOf, lossTo } from './loss.ts';
import { params } from './params.ts';
import { smallEncoder } from './testing/encoder.ts';
import { type Given, evaluated, normalsOf, relativeGap } from './testing/evaluated.ts';

const OPTIONS = params.parse({ temperatures: [0.1, 0.5], affinityFloor: 0 });
const SHAPE = [4, 4, 1];
const GROUPS = 3;
const ALPHAS = [1, 1.5, 3];
const alphas: Given = { shape: [GROUPS], values: Float32Array.from(ALPHAS) };

/** Images of every group, one group after another. */
const images = (each: number, name: string, mean = 0): Given =>
  normalsOf([GROUPS * each, 16], name, { mean });
const featuresOf = (x: Tensor): Features => driftFeatures(x, SHAPE, smallEncoder(SHAPE), OPTIONS);

function setsOf(generated: Features, data: Features, more: Partial<FeatureSets> = {}): FeatureSets {
  return { groups: GROUPS, generated, data, others: null, any: null, alpha: null, ...more };
}

/** goal - x / unit of every feature space: the normalised field. */
function movesOf({ goals }: Goals, generated: Features, prefix = ''): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(goals).map(([name, { values, unit }]) => [
      prefix + name,
      tf.sub(values, tf.div(generated[name]!, unit!)),
    ]),
  );
}

describe('the loss in features', () => {
  it('is that of pixels where the only feature is the flattened image', async () => {
    const given = { x: images(4, 'x'), y: images(5, 'y', 0.5), more: images(2, 'more'), alpha: alphas };
    const lossOf = (x: Tensor, inputs: Record<string, Tensor>, names: readonly string[]): Scalar => {
      const spread = (points: Tensor): Features =>
        Object.fromEntries(
          names.map((name) => [name, tf.reshape(points, [points.shape[0]!, 1, 16]) as Tensor3D]),
        );
      const generated = spread(x);
      const sets = setsOf(generated, spread(inputs['y']!), {
        any: spread(inputs['more']!),
        alpha: inputs['alpha'] as Tensor1D,
      });
      return lossTo(goalsOf('normalised', OPTIONS, sets).goals, generated);
    };
    const found = await evaluated(given, (inputs) => {
      const plain = (x: Tensor): Tensor => {
        const set = (points: Tensor): Tensor3D => tf.reshape(points, [GROUPS, -1, 16]) as Tensor3D;
        // w = (alpha - 1) (G - 1) / N with G = 4 and N = 2.
        const weight = tf.mul(tf.sub(tf.reshape(inputs['alpha']!, [GROUPS, 1]), 1), 3 / 2);
        const weights = tf.tile(weight, [1, 2]) as Tensor2D;
        return tf.mean(driftLoss(set(x), set(inputs['y']!), set(inputs['more']!), weights, OPTIONS).loss);
      };
      return {
        one: lossOf(inputs['x']!, inputs, ['map']),
        two: lossOf(inputs['x']!, inputs, ['map', 'again']),
        plain: plain(inputs['x']!),
        gradient: tf.grad((x: Tensor) => lossOf(x, inputs, ['map']))(inputs['x']!),
        plainGradient: tf.grad(plain)(inputs['x']!),
      };
    });
    expect(found['one']![0]! / found['plain']![0]!).toBeCloseTo(1, 6);
    // Spaces add up.
    expect(found['two']![0]! / found['plain']![0]!).toBeCloseTo(2, 6);
    expect(relativeGap(found['gradient']!, found['plainGradient']!)).toBeLessThan(1e-5);
  });

  it('check 29: is driven by a field that changes its sign with data and negatives', async () => {
    // One sample of each group, which does not see itself: all negatives are those that are given.
    const given = { x: images(1, 'x'), p: images(5, 'p', 0.5), q: images(5, 'q', -0.5) };
    const found = await evaluated(given, ({ x, p, q }) => {
      const [generated, data, others] = [x!, p!, q!].map(featuresOf) as [Features, Features, Features];
      const forth = goalsOf('normalised', OPTIONS, setsOf(generated, data, { others }));
      const back = goalsOf('normalised', OPTIONS, setsOf(generated, others, { others: data }));
      return { ...movesOf(forth, generated, 'forth '), ...movesOf(back, generated, 'back ') };
    });
    const names = Object.keys(found).filter((name) => name.startsWith('forth '));
    expect(names).toHaveLength(2 + 7 + 5);
    for (const name of names) {
      const back = found[name.replace('forth', 'back')]!;
      expect(Math.max(...found[name]!.map(Math.abs)), name).toBeGreaterThan(0.1);
      // Goals are of size x / c, and so is what their float32 rounds at.
      expect(
        relativeGap(
          found[name]!,
          back.map((move) => -move),
        ),
        name,
      ).toBeLessThan(1e-4);
    }
  });

  it('knows no order of groups', async () => {
    const order = [2, 0, 1];
    const given = { x: images(3, 'x'), p: images(4, 'p', 0.5), any: images(2, 'any'), alpha: alphas };
    const permuted = Object.fromEntries(
      Object.entries(given).map(([name, { shape, values }]) => {
        const size = values.length / GROUPS;
        return [
          name,
          {
            shape,
            values: Float32Array.from(
              order.flatMap((group) => [...values.subarray(group * size, (group + 1) * size)]),
            ),
          },
        ];
      }),
    );
    const run = async (inputs: Record<string, Given>) =>
      evaluated(inputs, ({ x, p, any, alpha }) => {
        const generated = featuresOf(x!);
        const sets = setsOf(generated, featuresOf(p!), { any: featuresOf(any!), alpha: alpha as Tensor1D });
        const goals = goalsOf('normalised', OPTIONS, sets);
        return {
          loss: lossTo(goals.goals, generated),
          fine: tf.reshape(movesOf(goals, generated)['fine']!, [GROUPS, -1]),
        };
      });
    const [one, other] = [await run(given), await run(permuted)];
    expect(other['loss']![0]! / one['loss']![0]!).toBeCloseTo(1, 5);
    const size = one['fine']!.length / GROUPS;
    const expected = order.flatMap((group) => [...one['fine']!.subarray(group * size, (group + 1) * size)]);
    expect(relativeGap(other['fine']!, expected)).toBeLessThan(1e-4);
  });

  it('gives unconditional negatives their weight at every place', async () => {
    const given = { x: images(3, 'x'), p: images(4, 'p'), any: images(2, 'any'), alpha: alphas };
    const found = await evaluated(given, ({ x, p, any, alpha }) => {
      const [generated, data, more] = [x!, p!, any!].map(featuresOf) as [Features, Features, Features];
      const only = (features: Features): Features => ({ coarse: features['coarse']! });
      const sets = setsOf(only(generated), only(data), { any: only(more), alpha: alpha as Tensor1D });
      // Group by group and place by place, as the release counts its batches.
      const set = (features: Features): Tensor3D => {
        const [count, places, channels] = features['coarse']!.shape;
        const grouped = tf.reshape(features['coarse']!, [GROUPS, count / GROUPS, places, channels]);
        return tf.reshape(tf.transpose(grouped, [0, 2, 1, 3]), [GROUPS * places, -1, channels]) as Tensor3D;
      };
      const rows = ALPHAS.flatMap((value) =>
        Array.from({ length: 4 * 2 }, () => ((value - 1) * (3 - 1)) / 2),
      );
      const weights = tf.tensor2d(rows, [GROUPS * 4, 2]);
      return {
        ours: lossTo(goalsOf('normalised', OPTIONS, sets).goals, only(generated)),
        expected: tf.mean(driftLoss(set(generated), set(data), set(more), weights, OPTIONS).loss),
        drift: goalsOf('normalised', OPTIONS, sets).report['drift']!,
        released: tf.sqrt(
          tf.addN([...driftLoss(set(generated), set(data), set(more), weights, OPTIONS).fieldSquares]),
        ),
      };
    });
    expect(found['ours']![0]! / found['expected']![0]!).toBeCloseTo(1, 6);
    expect(found['drift']![0]! / found['released']![0]!).toBeCloseTo(1, 5);
  });

  it('moves generated images alone, through the encoder', async () => {
    const given = {
      x: images(3, 'x'),
      p: images(4, 'p', 0.5),
      q: images(2, 'q'),
      any: images(2, 'any'),
      alpha: alphas,
    };
    const found = await evaluated(given, ({ x, p, q, any, alpha }) => {
      const lossOf = (...[own, data, others, more, scale]: Tensor[]): Scalar => {
        const generated = featuresOf(own!);
        const { goals } = goalsOf(
          'normalised',
          OPTIONS,
          setsOf(generated, featuresOf(data!), {
            others: featuresOf(others!),
            any: featuresOf(more!),
            alpha: scale as Tensor1D,
          }),
        );
        const { fine } = goals;
        return lossTo({ fine: fine! }, generated);
      };
      const gradients = tf.grads(lossOf)([x!, p!, q!, any!, alpha!]);
      return Object.fromEntries(['dx', 'dp', 'dq', 'dany', 'dalpha'].map((name, i) => [name, gradients[i]!]));
    });
    for (let i = 0; i < 9; i++) {
      const row = found['dx']!.subarray(16 * i, 16 * i + 16);
      expect(Math.max(...row.map(Math.abs))).toBeGreaterThan(1e-4);
    }
    for (const name of ['dp', 'dq', 'dany', 'dalpha']) {
      expect(
        found[name]!.every((value) => value === 0),
        name,
      ).toBe(true);
    }
  });

  it('leaves the balance where a factor of one half is not 1', async () => {
    const given = { x: images(3, 'x'), p: images(4, 'p', 0.5) };
    const found = await evaluated(given, ({ x, p }) => {
      const [generated, data] = [featuresOf(x!), featuresOf(p!)];
      const at = (attraction: number, repulsion: number) =>
        movesOf(
          goalsOf('normalised', { ...OPTIONS, attraction, repulsion }, setsOf(generated, data)),
          generated,
        )['fine']!;
      return { even: at(1, 1), both: at(2, 2), pull: at(1, 0), push: at(0, 1) };
    });
    // A common factor goes with the normalisation.
    expect(relativeGap(found['both']!, found['even']!)).toBeLessThan(1e-4);
    expect(relativeGap(found['pull']!, found['even']!)).toBeGreaterThan(0.1);
    expect(relativeGap(found['push']!, found['even']!)).toBeGreaterThan(0.1);
  });
});
