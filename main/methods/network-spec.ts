/** What the networks of velocities, flow maps and generators are chosen by, and what they are to a method. */
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { Condition } from '../maths/sampleable.ts';
import type { MlpShape } from '../models/mlp/mlp.ts';
import type { Rng } from '../tensor/rng.ts';
import type { Packing } from '../tensor/tree.ts';
import type { TrainedNetwork } from './method.ts';

export const networkParams = {
  inputScale: z.number().gt(0).max(100).default(8).meta({
    label: 'Input scale',
    group: 'Network',
    help: 'Spread of what the first layer makes of a point before training. A large one learns sharp detail soon, a small one stays smooth.',
  }),
} as const;

/** Parameters of every method that can learn images; a plain network has its own beside them. */
export const imageNetworkParams = {
  network: z.enum(['auto', 'mlp', 'dit']).default('auto').meta({
    label: 'Network',
    group: 'Network',
    help: 'A transformer of patches (DiT) for images and a plain network for points, or one of them.',
  }),
  patch: z.int().min(1).max(64).default(2).meta({
    label: 'Patch',
    unit: 'pixels',
    group: 'Transformer',
    help: 'Side of the squares that an image is cut into. For the DiT, as all that follows here.',
  }),
  ditWidth: z.int().min(4).max(4096).multipleOf(4).default(128).meta({
    label: 'Transformer width',
    group: 'Transformer',
  }),
  ditDepth: z.int().min(1).max(64).default(4).meta({ label: 'Transformer blocks', group: 'Transformer' }),
  heads: z.int().min(1).max(64).default(4).meta({ label: 'Attention heads', group: 'Transformer' }),
  mlpRatio: z.number().gt(0).max(16).default(4).meta({
    label: 'Hidden ratio',
    group: 'Transformer',
    help: 'Width of the hidden layer of each block, over that of the transformer.',
  }),
} as const;

const imageNetwork = z.object(imageNetworkParams);
export type ImageNetworkOptions = z.output<typeof imageNetwork>;

/** One more for a student of a network that reads a duration where its teacher reads a time. */
export const fromTeacherParam = z.boolean().default(true).meta({
  label: 'Start from the teacher',
  group: 'Transformer',
  help: 'From its weights, where both are transformers of one size; from random numbers otherwise.',
});

/** What a network reads beside x: the time t, a duration d, both, or neither. */
export interface Times {
  readonly t?: Tensor1D;
  readonly d?: Tensor1D;
}

/** Numbers of a sample's size for every sample of a batch. */
export interface SampleNetwork {
  readonly packing: Packing;
  init(rng: Rng): Record<string, Float32Array>;
  /** @param x [B, dim]  @param at  those times that it was made to read  @returns [B, dim] */
  apply(parameters: Readonly<Record<string, Tensor>>, x: Tensor, at: Times, condition?: Condition): Tensor;
  /** The same network with these parameters, for students to start from. */
  trained(parameters: Readonly<Record<string, Float32Array>>): TrainedNetwork;
}

export interface NetworkSpec {
  readonly sampleShape: readonly number[];
  readonly classes: number;
  readonly readsGuidance?: boolean;
  readonly reads: 'time' | 'duration' | 'both' | 'neither';
  /** Channels and highest frequency of the embedding of a duration. */
  readonly duration?: { readonly channels: number; readonly scale: number };
  /**
   * Whether the loss differentiates it in t. A transformer is then fed t itself and not a thousand times it, and
   * does not start from one that is fed so.
   */
  readonly isSmoothInTime?: boolean;
  /**
   * Whether its answer points to the data rather than away: a transformer that starts from a teacher's is
   * then read negated.
   */
  readonly isDataward?: boolean;
  /** What a transformer starts from where it fits; an MLP has another meaning for its one time. */
  readonly teacher?: TrainedNetwork | null;
  /** The plain network, where it is one; its time is t, or d where it reads d alone. */
  readonly mlp: Pick<MlpShape, 'width' | 'depth' | 'timeChannels' | 'timeScale'> & {
    readonly inputScale?: number;
  };
}
