/** Students of pi-Flow made elsewhere: one network call gives a policy for every pixel of the latent. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { Convention, DitConfig } from '#contract/networks.ts';
import { dxPolicy } from '../../maths/policy/dx-policy.ts';
import {
  type GmOutput,
  gmDataFrom,
  gmPolicy,
  gmPosterior,
  gmTempered,
} from '../../maths/policy/gm-policy.ts';
import type { PolicySource, PolicyVelocity } from '../../maths/policy/policy.ts';
import type { Policy } from '../../maths/sampleable.ts';
import { applyDitGrid, applyDitMixture } from '../dit/image-dit.ts';
import { MANNERS, type VelocityConvention } from './conventions.ts';
import { labelsOf } from './labels.ts';

type Named = Record<string, Tensor>;

/** Raw time is time: pi-Flow's shift for ImageNet. */
const SHIFT = 1;

/**
 * The policy of a network with a `gm` or `dx` head; its raw output are the policy's parameters.
 *
 * @param parameters  as of `ditShapes`, tensors of the function being traced
 * @throws RangeError if it has another head, or answers with noise
 */
export function importedPolicy(
  config: DitConfig,
  convention: Convention,
  parameters: Readonly<Record<string, Tensor>>,
): Policy {
  const { size, channels, classes, head } = config;
  if (head.kind === 'field') throw new RangeError('head: expected gm or dx, found field');
  if (convention === 'dit') throw new RangeError('convention: expected one of velocities, found dit');
  const policyAt = head.kind === 'gm' ? mixtureAt : gridAt(1 / head.nfe);
  return {
    kind: 'policy',
    shape: [size, size, channels],
    nfePerCall: 1,
    classes,
    shift: SHIFT,
    parameters(xSrc, tSrc, condition) {
      const labels = labelsOf(config, condition, xSrc.shape[0]!);
      return said(config, convention, parameters, xSrc, tSrc, labels);
    },
    velocity: (output, xSrc, tSrc, x, t) =>
      imageFrom(policyAt(output, { x: flat(xSrc), t: tSrc })(flat(x), t), x.shape),
    ...(head.kind === 'gm'
      ? {
          tempered: (output: Named, temperature: number): Named => ({
            ...gmTempered(mixture(output), temperature),
          }),
          // A sample has one mixture a pixel: what is shown of it is their mean.
          weights: (output: Named, xSrc: Tensor, tSrc: Tensor1D, x: Tensor, t: Tensor1D): Tensor => {
            const source = { x: flat(xSrc), t: tSrc };
            const { weights } = gmPosterior(gmDataFrom(mixture(output), source), source, flat(x), t);
            return tf.mean(weights, [2, 3]);
          },
        }
      : {}),
  };
}

function said(
  config: DitConfig,
  convention: VelocityConvention,
  parameters: Readonly<Named>,
  x: Tensor,
  t: Tensor1D,
  labels: Tensor1D | null,
): Named {
  const { fed, sign } = MANNERS[convention];
  const house = (velocities: Tensor): Tensor => (sign === 1 ? velocities : tf.neg(velocities));
  if (config.head.kind === 'dx') {
    return { velocities: house(applyDitGrid(config, parameters, x, fed(t), labels)) };
  }
  const output = applyDitMixture(config, parameters, x, fed(t), labels);
  return { ...output, means: house(output.means) };
}

function mixtureAt(output: Named, source: PolicySource): PolicyVelocity {
  return gmPolicy(gmDataFrom(mixture(output), source), source);
}

function gridAt(segment: number): (output: Named, source: PolicySource) => PolicyVelocity {
  return (output, source) =>
    dxPolicy(output['velocities']!, source, { basis: 'grid', segment, shift: SHIFT });
}

function mixture({ means, logWeights, logStd }: Named): GmOutput {
  return { means: means!, logWeights: logWeights!, logStd: logStd! };
}

/** [B, H, W, C] as the [B, C, P] of policies. */
function flat(x: Tensor): Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  return tf.transpose(tf.reshape(x, [batch, height * width, channels]), [0, 2, 1]);
}

function imageFrom(x: Tensor, shape: readonly number[]): Tensor {
  return tf.reshape(tf.transpose(x, [0, 2, 1]), [...shape]);
}
