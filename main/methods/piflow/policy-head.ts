/** How the outputs of the network are read as a policy: the only place that knows which kind it is. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { type DxOptions, dxPolicy } from '../../maths/policy/dx-policy.ts';
import {
  type GmData,
  type GmOutput,
  gmDataFrom,
  gmDropout,
  gmPolicy,
  gmPosterior,
  gmTempered,
} from '../../maths/policy/gm-policy.ts';
import type { PolicySource, PolicyVelocity } from '../../maths/policy/policy.ts';
import { stopGradient } from '../../tensor/ops.ts';
import type { PiflowOptions } from './params.ts';

type Named = Record<string, Tensor>;

/** The policy that explores, in two halves: what a loop may carry, and how that is a policy inside it. */
export interface Explorer {
  readonly tensors: Named;
  policy(tensors: Named, source: PolicySource): PolicyVelocity;
}

export interface PolicyHead {
  /** Outputs of a plain network; the first `velocities` of them are velocities, [K, dim] flat. */
  readonly outputs: number;
  readonly velocities: number;
  /** Position of the one output that is the logarithm of a standard deviation; null where none is. */
  readonly logStdAt: number | null;
  /** @param raw  [B, outputs]  @returns the parameters of the policy, [B, ...] each */
  read(raw: Tensor): Named;
  policy(output: Named, source: PolicySource): PolicyVelocity;
  /** The same without gradient. @param drops  [B, K] uniform: which components are left out */
  explorer(output: Named, source: PolicySource, drops: Tensor | undefined): Explorer;
  /** The parameters of a sharper policy; none where there is no such thing. */
  readonly tempered?: (output: Named, temperature: number) => Named;
  /** Posterior weights of the components at (x, t), [B, K], their mean over places. @param x  [B, C, P] */
  readonly weights?: (output: Named, source: PolicySource, x: Tensor, t: Tensor1D) => Tensor;
}

/** @param dim  size of one sample */
export function policyHead(
  { policy, components, dropout, nfe, shift }: PiflowOptions,
  dim: number,
): PolicyHead {
  if (policy === 'gm') return mixtureHead(components, dim, dropout);
  const basis = policy === 'dx' ? 'grid' : 'polynomial';
  return predictionHead(components, dim, { basis, segment: 1 / nfe, shift });
}

function mixtureHead(K: number, dim: number, dropout: number): PolicyHead {
  const dataFrom = (output: Named, source: PolicySource): GmData =>
    gmDataFrom(output as unknown as GmOutput, source);
  return {
    outputs: K * (dim + 1) + 1,
    velocities: K * dim,
    logStdAt: K * (dim + 1),
    read(raw) {
      const count = raw.shape[0]!;
      const part = (from: number, size: number): Tensor => tf.slice(raw, [0, from], [count, size]);
      return {
        means: tf.reshape(part(0, K * dim), [count, K, dim, 1]),
        logWeights: tf.reshape(part(K * dim, K), [count, K, 1, 1]),
        logStd: tf.reshape(part(K * (dim + 1), 1), [count, 1, 1, 1]),
      };
    },
    policy: (output, source) => gmPolicy(dataFrom(output, source), source),
    explorer(output, source, drops) {
      const data = dataFrom(detached(output), source);
      return {
        tensors: { ...(drops === undefined ? data : gmDropout(data, drops, dropout)) },
        policy: (tensors, at) => gmPolicy(tensors as unknown as GmData, at),
      };
    },
    tempered: (output, temperature) => ({ ...gmTempered(output as unknown as GmOutput, temperature) }),
    weights: (output, source, x, t) =>
      tf.mean(gmPosterior(dataFrom(output, source), source, x, t).weights, [2, 3]),
  };
}

function predictionHead(count: number, dim: number, options: DxOptions): PolicyHead {
  const policy = (output: Named, source: PolicySource): PolicyVelocity =>
    dxPolicy(output['velocities']!, source, options);
  return {
    outputs: count * dim,
    velocities: count * dim,
    logStdAt: null,
    read: (raw) => ({ velocities: tf.reshape(raw, [raw.shape[0]!, count, dim, 1]) }),
    policy,
    explorer: (output) => ({ tensors: detached(output), policy }),
  };
}

function detached(output: Named): Named {
  return Object.fromEntries(Object.entries(output).map(([name, tensor]) => [name, stopGradient(tensor)]));
}
