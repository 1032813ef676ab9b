/** The drift in a picture: in the units of the data, whatever space it was learnt in. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { sizeOf } from '../../tensor/shape.ts';
import { unpack } from '../../tensor/tree.ts';
import type { BoundMethod } from '../method.ts';
import { driftField, driftFieldAt, driftWeightsAt } from './field.ts';
import type { DriftGenerator } from './generator.ts';
import { normalisedWeights, pull } from './normalised-field.ts';
import type { DriftingOptions } from './params.ts';

/** Of samples and data as they are, without encoder and without unconditional negatives. */
export function driftPictures(
  kind: 'field' | 'normalised',
  options: DriftingOptions,
  generator: DriftGenerator,
  sampleShape: readonly number[],
): NonNullable<BoundMethod['fields']> {
  const { attraction, repulsion, temperature, kernel, normalise } = options;
  const plain = { temperature, kernel, normalise };
  const flat = (x: Tensor): Tensor2D => tf.reshape(x, [x.shape[0]!, sizeOf(sampleShape)]);
  const factored = ({ attract, repel }: { attract: Tensor; repel: Tensor }) => ({
    attract: tf.mul(attract, attraction),
    repel: tf.mul(repel, repulsion),
  });
  return {
    drift(state, noise, data, queries, condition) {
      const parameters = unpack(state['ema']! as Tensor1D, generator.packing);
      const samples = generator.generate(parameters, noise, condition);
      const at = queries === null ? null : flat(queries);
      if (kind === 'field') {
        const parts =
          at === null
            ? driftField(samples, flat(data), samples, { ...plain, maskSelf: true })
            : driftFieldAt(at, samples, flat(data), plain);
        return { samples, ...factored(parts) };
      }
      const { attract, repel } = normalisedWeights(at, samples, flat(data), options);
      const from = at ?? samples;
      return { samples, attract: pull(attract, from, flat(data)), repel: pull(repel, from, samples) };
    },
    weights(state, noise, data, queries, condition) {
      const parameters = unpack(state['ema']! as Tensor1D, generator.packing);
      const samples = generator.generate(parameters, noise, condition);
      const found =
        kind === 'field'
          ? factored(driftWeightsAt(flat(queries), samples, flat(data), plain))
          : normalisedWeights(flat(queries), samples, flat(data), options);
      return { samples, ...found };
    },
  };
}
