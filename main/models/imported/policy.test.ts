import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Convention, DitConfig } from '#contract/networks.ts';
import { evaluate } from '../../maths/policy/testdata/evaluate.ts';
import { Rng } from '../../tensor/rng.ts';
import { applyDitGrid, applyDitMixture } from '../dit/image-dit.ts';
import { readFixture, relativeDistance } from '../dit/testdata/tensor-file.ts';
import { importedPolicy } from './policy.ts';

const read = (name: string) =>
  readFixture<DitConfig>(new URL(`../dit/testdata/${name}.safetensors`, import.meta.url));
const mixture = read('mixture');
const grid = read('grid');

type Named = Record<string, Tensor>;
const SOURCES = [1, 0.8, 0.5];

/** Everything of a fixture, a source time for each image and some other state. */
function given({ parameters, inputs }: typeof mixture) {
  const [shape, x] = inputs['x']!;
  return {
    ...parameters,
    ...inputs,
    source: [[3], SOURCES],
    other: [shape, new Rng(1, 'other').fillNormal(new Float32Array(x.length))],
  } as const;
}

/** Velocities [B, C, P] as images [B, H, W, C], written out by hand. */
function imageOf(values: Float32Array, [batch, height, width, channels]: readonly number[]): number[] {
  const places = height! * width!;
  return Array.from({ length: batch! * places * channels! }, (_, i) => {
    const [c, place] = [i % channels!, Math.floor(i / channels!) % places];
    const b = Math.floor(i / (channels! * places));
    return values[(b * channels! + c) * places + place]!;
  });
}

const sources = (g: Named) => g['source'] as Tensor1D;
const labels = (g: Named) => g['labels'] as Tensor1D;

describe('an imported mixture policy', () => {
  it.each([
    ['repa', (t: Tensor) => t, 1],
    ['flow-1000', (t: Tensor) => tf.mul(t, 1000), 1],
    ['sit', (t: Tensor) => tf.sub(1, t), -1],
  ] as const)('of %s is, at its source, the mean of what the network says', async (convention, fed, sign) => {
    const { found, wanted } = await evaluate(given(mixture), (g) => {
      const policy = importedPolicy(mixture.config, convention, g);
      const [x, t] = [g['x']!, sources(g)];
      const said = policy.parameters(x, t, { label: labels(g) });
      const raw = applyDitMixture(mixture.config, g, x, fed(t) as Tensor1D, labels(g));
      // Over components, [B, K, C, P].
      const weights = tf.exp(tf.sub(raw.logWeights, tf.logSumExp(raw.logWeights, 1, true)));
      return {
        found: policy.velocity(said, x, t, x, t),
        wanted: tf.mul(sign, tf.sum(tf.mul(weights, raw.means), 1)),
      };
    });
    // By way of the data and back, divided by times down to a half.
    expect(relativeDistance(found, imageOf(wanted, mixture.inputs['x']![0]))).toBeLessThan(1e-5);
  });

  it('has weights that sum to one at any later state, and is sharpened by a temperature', async () => {
    const K = 4;
    const { plain, sharp, same } = await evaluate(given(mixture), (g) => {
      const policy = importedPolicy(mixture.config, 'flow-1000', g);
      const [x, t] = [g['x']!, sources(g)];
      const said = policy.parameters(x, t, { label: labels(g) });
      const later = tf.mul(t, 0.9) as Tensor1D;
      const weights = (parameters: Named): Tensor => policy.weights!(parameters, x, t, g['other']!, later);
      return {
        plain: weights(said),
        sharp: weights(policy.tempered!(said, 0.05)),
        same: weights(policy.tempered!(said, 1)),
      };
    });
    expect(plain).toHaveLength(3 * K);
    for (const rows of [plain, sharp]) {
      for (let b = 0; b < 3; b++) {
        const row = [...rows.slice(b * K, (b + 1) * K)];
        expect(row.reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 5);
      }
    }
    expect(same).toEqual(plain);
    expect(relativeDistance(sharp, plain)).toBeGreaterThan(0.1);
  });
});

describe('an imported grid policy', () => {
  it('says its first velocity at the end of its segment and its last at its source', async () => {
    const points = 5;
    const { atSource, atEnd, raw } = await evaluate(given(grid), (g) => {
      const policy = importedPolicy(grid.config, 'repa', g);
      const [x, t] = [g['x']!, sources(g)];
      const said = policy.parameters(x, t);
      // A segment of half of raw time; the last source begins where it ends at 0, where t is held.
      const end = tf.maximum(tf.sub(t, 0.5), 1e-3) as Tensor1D;
      const [source, target] = [tf.reshape(t, [-1, 1, 1, 1]), tf.reshape(end, [-1, 1, 1, 1])];
      return {
        atSource: policy.velocity(said, x, t, x, t),
        // What is predicted at the end, as the velocity that it is at the source: (x - x0) / t.
        atEnd: tf.div(
          tf.sub(x, tf.sub(g['other']!, tf.mul(target, policy.velocity(said, x, t, g['other']!, end)))),
          source,
        ),
        raw: applyDitGrid(grid.config, g, x, t, null),
      };
    });
    const shape = grid.inputs['x']![0];
    const size = raw.length / (3 * points);
    const point = (index: number): Float32Array =>
      Float32Array.from({ length: 3 * size }, (_, i) => {
        const b = Math.floor(i / size);
        return raw[(b * points + index) * size + (i % size)]!;
      });
    expect(relativeDistance(atSource, imageOf(point(points - 1), shape))).toBeLessThan(1e-5);
    // The end at 0 is met a thousandth early: a five-hundredth of the way to the next point.
    expect(relativeDistance(atEnd, imageOf(point(0), shape))).toBeLessThan(0.05);
  });
});

describe('importedPolicy', () => {
  it('refuses a field and a network that answers with noise', () => {
    const field: DitConfig = { ...mixture.config, head: { kind: 'field', channels: 3 } };
    const call = (config: DitConfig, convention: Convention) => () => importedPolicy(config, convention, {});
    expect(call(field, 'repa')).toThrow('head: expected gm or dx, found field');
    expect(call(mixture.config, 'dit')).toThrow('convention: expected one of velocities, found dit');
  });
});
