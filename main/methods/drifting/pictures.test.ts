import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../tensor/rng.ts';
import { parseMethodParams } from '../index.ts';
import { driftGoal } from './drift-loss.ts';
import { drifting } from './index.ts';
import { normalisedWeights, pull } from './normalised-field.ts';
import { evaluated, normalsOf, relativeGap } from './testing/evaluated.ts';

const SHAPE = [3, 3, 1];
const [COUNT, DATA, QUERIES] = [6, 5, 4];
const NORMALISED = { temperatures: [0.1, 0.5], affinityFloor: 1e-12 };

describe('the field of the normalised loss', () => {
  it('is where its goals lie, in the units of the data', async () => {
    const given = { x: normalsOf([COUNT, 9], 'x'), y: normalsOf([DATA, 9], 'y', { mean: 0.5 }) };
    const options = { ...NORMALISED, attraction: 1.5, repulsion: 0.5 };
    const { field, expected } = await evaluated(given, (inputs) => {
      const [x, y] = [inputs['x'] as Tensor2D, inputs['y'] as Tensor2D];
      const { attract, repel } = normalisedWeights(null, x, y, options);
      const { goal, unit } = driftGoal(tf.expandDims(x, 0), tf.expandDims(y, 0), null, null, options);
      return {
        field: tf.sub(pull(attract, x, y), pull(repel, x, x)),
        expected: tf.sub(tf.mul(tf.squeeze(goal, [0]), unit), x),
      };
    });
    expect(relativeGap(field!, expected!)).toBeLessThan(1e-4);
  });

  it('is at a query what the sample there would feel, were it one more to see itself', async () => {
    // Of far more samples than one, one more or less changes the sums over samples by little.
    const given = {
      x: normalsOf([400, 2], 'many x'),
      y: normalsOf([300, 2], 'many y', { mean: 0.5 }),
    };
    const options = { temperatures: [0.5], affinityFloor: 1e-12 };
    const found = await evaluated(given, (inputs) => {
      const [x, y] = [inputs['x'] as Tensor2D, inputs['y'] as Tensor2D];
      const rest = tf.slice(x, [1, 0], [399, 2]);
      const first = tf.slice(x, [0, 0], [1, 2]);
      const asked = normalisedWeights(first, rest, y, options);
      const own = normalisedWeights(null, x, y, options);
      const own0 = (weights: Tensor): Tensor => tf.slice(weights, [0, 0], [1, weights.shape[1]!]);
      return {
        asked: tf.sub(pull(asked.attract, first, y), pull(asked.repel, first, rest)),
        own: tf.sub(pull(own0(own.attract), first, y), pull(own0(own.repel), first, x)),
      };
    });
    expect(relativeGap(found['asked']!, found['own']!)).toBeLessThan(0.05);
  });

  it('stays finite far away, for coinciding points, and right on a data point', async () => {
    const y = normalsOf([DATA, 9], 'y');
    const given = {
      y,
      x: { shape: [3, 9], values: new Float32Array(27).fill(0.3) },
      at: {
        shape: [3, 9],
        values: Float32Array.from([...new Array<number>(18).fill(40), ...y.values.slice(0, 9)]),
      },
    };
    const found = await evaluated(given, (inputs) => ({
      ...normalisedWeights(inputs['at'] as Tensor2D, inputs['x'] as Tensor2D, inputs['y'] as Tensor2D, {
        temperatures: [0.02, 0.2],
        affinityFloor: 1e-12,
      }),
    }));
    for (const values of Object.values(found)) expect(values.every(Number.isFinite)).toBe(true);
  });
});

describe.each([
  ['the normalised loss', {}],
  ['the plain field', { loss: 'field', temperature: 1 }],
])('pictures of %s', (_, more) => {
  const options = parseMethodParams(drifting, {
    batch: 8,
    width: 8,
    depth: 1,
    noiseDim: 4,
    conditional: true,
    attraction: 1.5,
    repulsion: 0.5,
    ...NORMALISED,
    ...more,
  });
  const bound = drifting.bind(options, { sampleShape: SHAPE, totalSteps: 1, teacher: null, classes: 2 });
  const given = {
    ema: { shape: [bound.layout['ema']!.size], values: bound.init(new Rng(3, 'init'))['ema']! },
    noise: normalsOf([COUNT, 5], 'noise'),
    data: normalsOf([DATA, ...SHAPE], 'data', { mean: 0.5 }),
    queries: normalsOf([QUERIES, 9], 'queries'),
    label: { shape: [COUNT], values: new Float32Array(COUNT).fill(1) },
  };

  it('are sums over those who move a query', async () => {
    const found = await evaluated(given, ({ ema, noise, data, queries, label }) => {
      const fields = bound.fields!;
      const condition = { label: label as Tensor1D };
      const parts = fields.drift({ ema: ema! }, noise!, data!, queries!, condition);
      const weights = fields.weights!({ ema: ema! }, noise!, data!, queries!, condition);
      const from = queries as Tensor2D;
      const flat = tf.reshape(data!, [DATA, 9]) as Tensor2D;
      return {
        attract: parts.attract,
        repel: parts.repel,
        attractWeights: weights.attract,
        repelWeights: weights.repel,
        attractSum: pull(weights.attract, from, flat),
        repelSum: pull(weights.repel, from, weights.samples as Tensor2D),
      };
    });
    expect(found['attractWeights']).toHaveLength(QUERIES * DATA);
    expect(found['repelWeights']).toHaveLength(QUERIES * COUNT);
    for (const name of ['attract', 'repel']) {
      expect(found[`${name}Weights`]!.every((weight) => weight >= 0)).toBe(true);
      expect(Math.max(...found[name]!.map(Math.abs))).toBeGreaterThan(1e-3);
      expect(relativeGap(found[`${name}Sum`]!, found[name]!), name).toBeLessThan(1e-4);
    }
  });

  it('are of the class that is asked for', async () => {
    const found = await evaluated(given, ({ ema, noise, data, label }) => {
      const samplesOf = (condition?: { label: Tensor1D }): Tensor =>
        bound.fields!.drift({ ema: ema! }, noise!, data!, null, condition).samples;
      const other = tf.zerosLike(label!) as Tensor1D;
      return {
        one: samplesOf({ label: label as Tensor1D }),
        other: samplesOf({ label: other }),
        any: samplesOf(),
      };
    });
    const rowsOf = (values: Float32Array): string[] =>
      Array.from({ length: COUNT }, (_x, i) => values.subarray(9 * i, 9 * i + 9).join());
    const [one, other] = [rowsOf(found['one']!), rowsOf(found['other']!)];
    one.forEach((row, i) => expect(row).not.toBe(other[i]));
    rowsOf(found['any']!).forEach((row, i) => expect([one[i], other[i]]).toContain(row));
  });
});
