import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { DitConfig } from '#contract/networks.ts';
import { guidedField } from '../../maths/cfg.ts';
import { DiscreteTime } from '../../maths/discrete-time.ts';
import { evaluate } from '../../maths/policy/testdata/evaluate.ts';
import { applyDitImage } from '../dit/image-dit.ts';
import { readFixture, relativeDistance } from '../dit/testdata/tensor-file.ts';
import { importedVelocity } from './velocity.ts';

/** Three channels in, six out; five classes. */
const { config, parameters, inputs } = readFixture<DitConfig>(
  new URL('../dit/testdata/field.safetensors', import.meta.url),
);
const { channels, classes, size } = config;
const [shape, images] = inputs['x']!;
const B = shape[0]!;
const TIMES = [0.9, 0.5, 0.2];
const LABELS = [4, 0, classes];

const given = { ...parameters, x: [shape, images], t: [[B], TIMES], labels: [[B], LABELS] } as const;
type Named = Record<string, Tensor>;

const network = (g: Named, x: Tensor, fed: Tensor, labels = g['labels']!): Tensor =>
  tf.slice(
    applyDitImage(config, g, x, fed as Tensor1D, labels as Tensor1D),
    [0, 0, 0, 0],
    [x.shape[0]!, size, size, channels],
  );
const label = (g: Named) => ({ label: g['labels'] as Tensor1D });

describe('an imported velocity', () => {
  it.each([
    ['sit', (t: Tensor) => tf.sub(1, t), -1],
    ['repa', (t: Tensor) => t, 1],
    ['flow-1000', (t: Tensor) => tf.mul(t, 1000), 1],
  ] as const)('asks as %s does, and turns its answer to noise - data', async (convention, fed, sign) => {
    const { found, wanted } = await evaluate(given, (g) => ({
      found: importedVelocity(config, convention, g).velocity(g['x']!, g['t'] as Tensor1D, label(g)),
      wanted: tf.mul(sign, network(g, g['x']!, fed(g['t']!))),
    }));
    expect(found).toEqual(wanted);
    expect(found).toHaveLength(B * size * size * channels);
  });

  it('asks DiT at its steps for the noise on its path', async () => {
    const time = new DiscreteTime();
    const steps = [900, 500.5, 3];
    const times = steps.map((step) => time.timeOf(step));
    const column = (values: number[]): Tensor => tf.tensor(values, [B, 1, 1, 1]);
    const { found, wanted } = await evaluate({ ...given, t: [[B], times], steps: [[B], steps] }, (g) => {
      const path = tf.mul(g['x']!, column(times.map((t) => 1 / Math.hypot(t, 1 - t))));
      const noise = network(g, path, g['steps']!);
      return {
        found: importedVelocity(config, 'dit', g).velocity(g['x']!, g['t'] as Tensor1D, label(g)),
        wanted: tf.div(tf.sub(noise, g['x']!), column(times.map((t) => 1 - t))),
      };
    });
    // A step in float32 is found to a ten-thousandth, which the sines of the time embedding show.
    expect(relativeDistance(found, wanted)).toBeLessThan(1e-3);
  });

  it('is of any class where none is asked for', async () => {
    const any = new Float32Array(B).fill(classes);
    const { unasked, null: asked } = await evaluate({ ...given, labels: [[B], any] }, (g) => {
      const field = importedVelocity(config, 'repa', g);
      const t = g['t'] as Tensor1D;
      return { unasked: field.velocity(g['x']!, t), null: field.velocity(g['x']!, t, label(g)) };
    });
    expect(unasked).toEqual(asked);
  });

  it('guides the channels that the released DiT guides, and leaves the others conditional', async () => {
    const scale = 4;
    const { found, wanted } = await evaluate(given, (g) => {
      const field = importedVelocity(config, 'flow-1000', g);
      const t = g['t'] as Tensor1D;
      const guided = guidedField(field, { scale, low: 0, high: 1, channels: 2 });
      // As forward_with_cfg: one batch of twice the images, the second half under the null class.
      const twice = tf.concat([g['x']!, g['x']!]);
      const labels = tf.concat([g['labels']!, tf.fill([B], classes)]);
      const said = network(g, twice, tf.mul(tf.concat([t, t]), 1000), labels);
      const [asked, free] = tf.split(said, 2) as [Tensor, Tensor];
      const pushed = tf.add(free, tf.mul(scale, tf.sub(asked, free)));
      const part = (x: Tensor, from: number, count: number): Tensor =>
        tf.slice(x, [0, 0, 0, from], [B, size, size, count]);
      return {
        found: guided.velocity(g['x']!, t, label(g)),
        wanted: tf.concat([part(pushed, 0, 2), part(asked, 2, channels - 2)], 3),
      };
    });
    // Two batches against one of twice the size: other orders of summation, times the scale.
    expect(relativeDistance(found, wanted)).toBeLessThan(1e-5);
  });

  it('says its shape and classes', () => {
    const { shape: ofSample, nfePerCall, classes: count } = importedVelocity(config, 'sit', {});
    expect([ofSample, nfePerCall, count]).toEqual([[size, size, channels], 1, classes]);
  });

  it('of a network without labels ignores what is asked for', async () => {
    const unlabelled: DitConfig = { ...config, classes: 0 };
    const { asked, unasked } = await evaluate(given, (g) => {
      const { classes: _, ...rest } = g;
      const field = importedVelocity(unlabelled, 'repa', rest);
      const t = g['t'] as Tensor1D;
      return { asked: field.velocity(g['x']!, t, label(g)), unasked: field.velocity(g['x']!, t) };
    });
    expect(asked).toEqual(unasked);
  });

  it('refuses heads that are no field of its channels', () => {
    const gm: DitConfig = { ...config, head: { kind: 'gm', components: 2, logStdWidth: 4 } };
    const few: DitConfig = { ...config, head: { kind: 'field', channels: 2 } };
    expect(() => importedVelocity(gm, 'repa', {})).toThrow('a field of at least 3 channels, found gm');
    expect(() => importedVelocity(few, 'repa', {})).toThrow(
      'a field of at least 3 channels, found 2 channels',
    );
  });
});
