/** Milliseconds, arithmetic and bytes of a training step. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { Executor } from '../../tensor/executors/executor.ts';
import { adamStep } from '../../tensor/optim/adam.ts';
import { emaStep } from '../../tensor/optim/ema.ts';
import { optimized } from '../../tensor/passes/index.ts';
import { type Program, compileProgram } from '../../tensor/program.ts';
import { hostLeaves, packedValueAndGrad, packingOf } from '../../tensor/tree.ts';
import { matrixFlops } from './flops.ts';
import { median } from './median.ts';
import { type Workload, workloadOf } from './workloads.ts';

export interface BenchResult {
  readonly workload: string;
  /** Median. */
  readonly msPerStep: number;
  /** Of products of matrices, see `matrixFlops`. */
  readonly flopsPerStep: number;
  readonly uploadedBytesPerStep: number;
  readonly readBytesPerStep: number;
  readonly stateBytesPerStep: number;
  /** Kernels that ran on the processor because the device has none. */
  readonly fallbacks: readonly string[];
}

const LEARNING_RATE = 1e-3;
const EMA_DECAY = 0.999;
/** Steps before the clock starts: allocation, caches, shaders, thread start. */
const WARM_UP = 5;

/**
 * Inputs are drawn once, outside the clock, and every step's loss is read back.
 * @throws WorkbenchError `cli/bad-flag` for a workload that is none
 */
export async function benchWorkload(name: string, executor: Executor, steps: number): Promise<BenchResult> {
  const workload = workloadOf(name);
  const { program, flops } = await compiledStep(workload, executor);
  const step = new Float32Array(1);
  const times: number[] = [];
  let before = program.traffic();
  for (let k = 1; k <= WARM_UP + steps; k++) {
    step[0] = k;
    if (k === WARM_UP + 1) before = program.traffic();
    const began = performance.now();
    const { loss } = await program.run({ ...workload.inputs, step });
    if (!Number.isFinite(loss![0])) throw new Error(`${name} diverged at step ${k}`);
    if (k > WARM_UP) times.push(performance.now() - began);
  }
  const after = program.traffic();
  const { fallbacks = [] } = program;
  await program.dispose();
  return {
    workload: name,
    msPerStep: median(times),
    flopsPerStep: flops,
    uploadedBytesPerStep: (after.uploadedBytes - before.uploadedBytes) / steps,
    readBytesPerStep: (after.readBytes - before.readBytes) / steps,
    stateBytesPerStep: (after.stateBytes - before.stateBytes) / steps,
    fallbacks,
  };
}

async function compiledStep(
  workload: Workload,
  executor: Executor,
): Promise<{ program: Program; flops: number }> {
  const packing = packingOf(workload.shapes);
  const vectors = ['params', 'first', 'second', ...(workload.hasEma ? ['ema'] : [])];
  let flops = 0;
  const counting: Executor = {
    ...executor,
    compile: (graph, options) => {
      flops = matrixFlops(optimized(graph));
      return executor.compile(graph, options);
    },
  };
  const program = await compileProgram(counting, {
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
  for (const [leaf, view] of Object.entries(hostLeaves(params, packing))) {
    view.set(workload.parameters[leaf]!);
  }
  const initial = { params, ema: params };
  await program.writeState(
    Object.fromEntries(
      vectors.map((vector) => [vector, initial[vector as 'params'] ?? new Float32Array(packing.size)]),
    ),
  );
  return { program, flops };
}
