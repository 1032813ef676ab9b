/** The workloads that `fewstep bench` times, with everything drawn beforehand. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { WorkbenchError } from '#contract/errors.ts';
import { interpolate, pathVelocity } from '../../maths/interpolant.ts';
import { driftField } from '../../methods/drifting/field.ts';
import { type DitShape, applyDit, ditParameterShapes, initDit } from '../../models/dit/dit.ts';
import { type MlpShape, applyMlp, initMlp, mlpParameterShapes } from '../../models/mlp/mlp.ts';
import type { HostArrays } from '../../tensor/executors/executor.ts';
import { stopGradient } from '../../tensor/ops.ts';
import { Rng } from '../../tensor/rng.ts';
import type { TensorSpec } from '../../tensor/trace.ts';

/** What is timed unless something else is asked for. */
export const WORKLOADS = ['mlp-256x64', 'mlp-512x128', 'mlp-2048x256', 'drift-512', 'drift-2048', 'dit-64'];
/** Sizes that keep a graphics device busy. */
export const DEVICE_WORKLOADS = ['mlp-2048x256', 'drift-2048', 'dit-64', 'dit-256x512x12', 'dit-256x1024x12'];

const PATTERN = /^(mlp-\d+x\d+|drift-\d+|dit-\d+(x\d+x\d+)?)$/;

export interface Workload {
  readonly parameters: Record<string, Float32Array>;
  readonly shapes: Record<string, number[]>;
  readonly specs: Record<string, TensorSpec>;
  readonly inputs: HostArrays;
  readonly weightDecay: number;
  readonly hasEma: boolean;
  readonly loss: (parameters: Record<string, Tensor>, inputs: Record<string, Tensor>) => Scalar;
}

/** @throws WorkbenchError `cli/bad-flag` for a name that is none */
export function workloadOf(name: string): Workload {
  if (!isWorkload(name)) {
    throw new WorkbenchError(
      'cli/bad-flag',
      `--only: expected part of one of ${WORKLOADS.join(', ')}, or sizes such as dit-256x512x12, found "${name}"`,
    );
  }
  const [kind, sizes] = name.split('-') as [string, string];
  const [first, second, third] = sizes.split('x').map(Number) as [number, number?, number?];
  if (kind === 'mlp') return mlpWorkload(first, second!);
  if (kind === 'drift') return driftWorkload(first);
  return second === undefined ? ditWorkload(first, SMALL_DIT) : ditWorkload(first, largeDit(second, third!));
}

export function isWorkload(name: string): boolean {
  return PATTERN.test(name);
}

function normals(rng: Rng, size: number): Float32Array {
  return rng.fillNormal(new Float32Array(size));
}

function meanSquare(x: Tensor): Scalar {
  return tf.mean(tf.square(x)) as Scalar;
}

function mlpWorkload(batch: number, width: number): Workload {
  const shape: MlpShape = { inputs: 2, outputs: 2, width, depth: 3, timeChannels: 64 };
  const rng = new Rng(0, 'bench');
  return {
    shapes: mlpParameterShapes(shape),
    parameters: initMlp(shape, rng),
    specs: { x0: { shape: [batch, 2] }, noise: { shape: [batch, 2] }, t: { shape: [batch] } },
    inputs: {
      x0: normals(rng, batch * 2),
      noise: normals(rng, batch * 2),
      t: rng.fillUniform(new Float32Array(batch)),
    },
    weightDecay: 0,
    hasEma: true,
    loss: (parameters, { x0, noise, t }) => {
      const time = t as Tensor1D;
      const predicted = applyMlp(shape, parameters, interpolate(x0!, noise!, time), time);
      return meanSquare(tf.sub(predicted, pathVelocity(x0!, noise!)));
    },
  };
}

function driftWorkload(points: number): Workload {
  const shape: MlpShape = { inputs: 32, outputs: 2, width: 256, depth: 3, timeChannels: 0 };
  const rng = new Rng(0, 'bench');
  return {
    shapes: mlpParameterShapes(shape),
    parameters: initMlp(shape, rng),
    specs: { noise: { shape: [points, 32] }, data: { shape: [points, 2] } },
    inputs: { noise: normals(rng, points * 32), data: normals(rng, points * 2) },
    weightDecay: 0,
    hasEma: false,
    loss: (parameters, { noise, data }) => {
      const x = applyMlp(shape, parameters, noise!);
      const own = stopGradient(x);
      const { attract, repel } = driftField(own, data as Tensor2D, own, {
        temperature: 0.05,
        maskSelf: true,
      });
      return meanSquare(tf.sub(x, stopGradient(tf.add(own, tf.sub(attract, repel)))));
    },
  };
}

/** Images of 8x8x1 in patches of 2. */
const SMALL_DIT: DitShape = {
  tokens: 16,
  channels: 4,
  width: 128,
  depth: 4,
  heads: 4,
  mlpRatio: 4,
  classes: 11,
  timeChannels: 64,
};

/** Images of 16x16x1 in patches of 2; heads of 64 numbers. */
function largeDit(width: number, depth: number): DitShape {
  return { ...SMALL_DIT, tokens: 64, width, depth, heads: Math.max(1, Math.floor(width / 64)) };
}

function ditWorkload(batch: number, shape: DitShape): Workload {
  const rng = new Rng(0, 'bench');
  const parameters = initDit(shape, rng);
  // Zero gates would let an executor skip the blocks' backward pass: every layer starts at random.
  for (const [leaf, dims] of Object.entries(ditParameterShapes(shape))) {
    if (dims.length === 2 && parameters[leaf]!.every((x) => x === 0)) {
      parameters[leaf] = normals(rng, parameters[leaf]!.length).map((x) => x * dims[0]! ** -0.5);
    }
  }
  const positions = normals(rng, shape.tokens * shape.width).map((x) => x * 0.02);
  const size = batch * shape.tokens * shape.channels;
  const image = { shape: [batch, shape.tokens, shape.channels] };
  return {
    shapes: ditParameterShapes(shape),
    parameters,
    specs: { x0: image, noise: image, t: { shape: [batch] }, labels: { shape: [batch], dtype: 'int32' } },
    inputs: {
      x0: normals(rng, size),
      noise: normals(rng, size),
      t: rng.fillUniform(new Float32Array(batch)),
      labels: Int32Array.from({ length: batch }, () => rng.int(shape.classes)),
    },
    weightDecay: 0.01,
    hasEma: true,
    loss: (values, { x0, noise, t, labels }) => {
      const time = t as Tensor1D;
      const predicted = applyDit(
        shape,
        values,
        interpolate(x0!, noise!, time) as Tensor3D,
        time,
        labels as Tensor1D,
        tf.tensor3d(positions, [1, shape.tokens, shape.width]),
      );
      return meanSquare(tf.sub(predicted, pathVelocity(x0!, noise!)));
    },
  };
}
