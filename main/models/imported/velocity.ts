/** Teachers made elsewhere as the velocity fields that everything here works with. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { Convention, DitConfig } from '#contract/networks.ts';
import { DiscreteTime, velocityFieldFromNoise } from '../../maths/discrete-time.ts';
import type { Condition, VelocityField } from '../../maths/sampleable.ts';
import { applyDitImage } from '../dit/image-dit.ts';
import { MANNERS } from './conventions.ts';
import { labelsOf } from './labels.ts';

/**
 * The house velocity of a network with a `field` head. Channels that it says beyond those of an image (a
 * variance) are dropped. Guidance is for the caller: `maths/cfg.ts`.
 *
 * @param parameters  as of `ditShapes`, tensors of the function being traced
 * @throws RangeError if it has another head or fewer channels out than in
 */
export function importedVelocity(
  config: DitConfig,
  convention: Convention,
  parameters: Readonly<Record<string, Tensor>>,
): VelocityField {
  const { size, channels, classes, head } = config;
  if (head.kind !== 'field' || head.channels < channels) {
    throw new RangeError(
      `head: expected a field of at least ${channels} channels, found ${
        head.kind === 'field' ? `${head.channels} channels` : head.kind
      }`,
    );
  }
  const about = { shape: [size, size, channels], nfePerCall: 1, classes };
  const network = (x: Tensor, fed: Tensor1D, condition: Condition | undefined): Tensor => {
    const said = applyDitImage(config, parameters, x, fed, labelsOf(config, condition, x.shape[0]!));
    return said.shape[3] === channels ? said : tf.slice(said, [0, 0, 0, 0], x.shape as number[]);
  };
  if (convention === 'dit') return velocityFieldFromNoise(network, new DiscreteTime(), about);
  const { fed, sign } = MANNERS[convention];
  return {
    ...about,
    kind: 'velocity',
    velocity(x, t, condition) {
      const said = network(x, fed(t), condition);
      return sign === 1 ? said : tf.neg(said);
    },
  };
}
