/**
 * Milliseconds per training step of fixed workloads, the ones a researcher would time elsewhere:
 *
 * - `mlp-BxH`: flow matching in 2-D, MLP 66 -> H -> H -> H -> 2, Adam, EMA, batch B
 * - `drift-N`: the drifting toy, MLP 32 -> 256 -> 256 -> 256 -> 2, N generated against N data points
 * - `dit-B`: class-conditional DiT on 8x8x1 images, patch 2, width 128, depth 4, AdamW, EMA, batch B
 *
 * Inputs are drawn once, outside the clock, and every step's loss is read back.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { interpolate, pathVelocity } from '../maths/interpolant.ts';
import { driftField } from '../methods/drifting/field.ts';
import { type DitShape, applyDit, ditParameterShapes, initDit } from '../models/dit/dit.ts';
import { type MlpShape, applyMlp, initMlp, mlpParameterShapes } from '../models/mlp/mlp.ts';
import type { Executor, HostArrays } from '../tensor/executors/executor.ts';
import { stopGradient } from '../tensor/ops.ts';
import { adamStep } from '../tensor/optim/adam.ts';
import { emaStep } from '../tensor/optim/ema.ts';
import { compileProgram } from '../tensor/program.ts';
import { Rng } from '../tensor/rng.ts';
import type { TensorSpec } from '../tensor/trace.ts';
import { hostLeaves, packedValueAndGrad, packingOf } from '../tensor/tree.ts';

export const WORKLOADS = ['mlp-256x64', 'mlp-512x128', 'mlp-2048x256', 'drift-512', 'drift-2048', 'dit-64'];

const LEARNING_RATE = 1e-3;
const EMA_DECAY = 0.999;
/** Steps before the clock starts: allocation, caches, thread start. */
const WARM_UP = 5;

interface Workload {
  readonly parameters: Record<string, Float32Array>;
  readonly shapes: Record<string, number[]>;
  readonly specs: Record<string, TensorSpec>;
  readonly inputs: HostArrays;
  readonly weightDecay: number;
  readonly hasEma: boolean;
  readonly loss: (parameters: Record<string, Tensor>, inputs: Record<string, Tensor>) => Scalar;
}

/** Median over `steps` steps, milliseconds. */
export async function benchWorkload(name: string, executor: Executor, steps: number): Promise<number> {
  const workload = workloadOf(name);
  const packing = packingOf(workload.shapes);
  const vectors = ['params', 'first', 'second', ...(workload.hasEma ? ['ema'] : [])];
  const program = await compileProgram(executor, {
    state: Object.fromEntries(vectors.map((vector) => [vector, { shape: [packing.size] }])),
    inputs: { ...workload.specs, step: { shape: [] } },
    run: (state, inputs) => {
      const params = state['params'] as Tensor1D;
      const { loss, grad } = packedValueAndGrad(params, packing, (parameters) => ({
        loss: workload.loss(parameters, inputs),
        kept: {},
      }));
      const moments = { first: state['first'] as Tensor1D, second: state['second'] as Tensor1D };
      const next = adamStep(params, grad, moments, inputs['step'] as Scalar, tf.scalar(LEARNING_RATE), {
        weightDecay: workload.weightDecay,
      });
      const ema: Record<string, Tensor> = workload.hasEma
        ? { ema: emaStep(state['ema'] as Tensor1D, next.params, tf.scalar(EMA_DECAY)) }
        : {};
      return { state: { params: next.params, ...next.moments, ...ema }, outputs: { loss } };
    },
  });
  const params = new Float32Array(packing.size);
  for (const [leaf, view] of Object.entries(hostLeaves(params, packing)))
    view.set(workload.parameters[leaf]!);
  await program.writeState(
    Object.fromEntries(
      vectors.map((vector) => [
        vector,
        vector === 'params' || vector === 'ema' ? params : new Float32Array(packing.size),
      ]),
    ),
  );
  const stepInput = new Float32Array(1);
  const times: number[] = [];
  for (let k = 1; k <= WARM_UP + steps; k++) {
    stepInput[0] = k;
    const began = performance.now();
    const { loss } = await program.run({ ...workload.inputs, step: stepInput });
    if (!Number.isFinite(loss![0])) throw new Error(`${name} diverged at step ${k}`);
    if (k > WARM_UP) times.push(performance.now() - began);
  }
  await program.dispose();
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)]!;
}

function workloadOf(name: string): Workload {
  const [kind, sizes] = name.split('-') as [string, string];
  const [first, second] = sizes.split('x').map(Number) as [number, number];
  if (kind === 'mlp') return mlpWorkload(first, second);
  return kind === 'drift' ? driftWorkload(first) : ditWorkload(first);
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

function ditWorkload(batch: number): Workload {
  const shape: DitShape = {
    tokens: 16,
    channels: 4,
    width: 128,
    depth: 4,
    heads: 4,
    mlpRatio: 4,
    classes: 11,
    timeChannels: 64,
  };
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
