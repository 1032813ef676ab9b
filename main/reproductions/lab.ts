/** What an experiment needs: train a method on data or from a teacher, and draw from what it learnt. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { WorkbenchError } from '#contract/errors.ts';
import { type DataSource, datasetById, parseDatasetParams } from '../datasets/index.ts';
import { segmentsOf } from '../maths/policy/raw-time.ts';
import type { VelocityField } from '../maths/sampleable.ts';
import { methodById, parseMethodParams } from '../methods/index.ts';
import type { BoundMethod, TrainedNetwork } from '../methods/method.ts';
import { policySegment } from '../samplers/policy.ts';
import { samplerById } from '../samplers/index.ts';
import type { Executor } from '../tensor/executors/executor.ts';
import { type Program, compileProgram } from '../tensor/program.ts';
import { Rng } from '../tensor/rng.ts';
import { Trainer } from '../training/trainer.ts';

/** Euler steps of a policy from noise to data. */
const ROLL_OUT_SUBSTEPS = 128;
/** Steps between looks at whether the experiment is to stop. */
const STEPS_BETWEEN_LOOKS = 20;

export interface Experiment {
  readonly method: string;
  readonly params?: Record<string, unknown>;
  readonly source: DataSource;
  readonly steps: number;
  readonly seed: number;
  readonly teacher?: () => VelocityField;
  /** The teacher's network, for students that start from it. */
  readonly teacherNetwork?: TrainedNetwork | null;
  /** Classes of the teacher, else of the data. */
  readonly classes?: number;
  /** Called with the step and its scalars. */
  readonly onStep?: (step: number, scalars: Readonly<Record<string, number>>) => Promise<void> | void;
}

export class Lab {
  private readonly executor: Executor;
  private readonly signal: { readonly aborted: boolean };

  constructor(executor: Executor, signal: { readonly aborted: boolean }) {
    this.executor = executor;
    this.signal = signal;
  }

  /** @throws WorkbenchError `reproduction/stopped` where the person wants no more */
  async train(experiment: Experiment): Promise<Trained> {
    const { source, steps, seed, teacher = null, classes = source.modes?.count ?? 0 } = experiment;
    const method = methodById(experiment.method);
    const bound = method.bind(parseMethodParams(method, experiment.params ?? {}), {
      sampleShape: [source.dim],
      totalSteps: steps,
      teacher,
      teacherNetwork: experiment.teacherNetwork ?? null,
      classes,
    });
    const trainer = await Trainer.create({
      method: bound,
      source,
      sampleShape: [source.dim],
      executor: this.executor,
      seed,
    });
    try {
      for (let step = 1; step <= steps; step++) {
        if (step % STEPS_BETWEEN_LOOKS === 0) this.throwIfStopped();
        const report = await trainer.advance();
        if (!report.isGood) {
          throw new WorkbenchError('reproduction/diverged', `${method.title} diverged at step ${step}`);
        }
        await experiment.onStep?.(step, report.scalars);
      }
      const state = await trainer.state();
      const kept = bound.sampledState.map((name): [string, Float32Array] => [name, state[name]!.slice()]);
      return new Trained(this.executor, bound, source.dim, Object.fromEntries(kept));
    } finally {
      await trainer.dispose();
    }
  }

  /** Any function of tensors, compiled; whoever asked for it disposes of it. */
  program(
    inputs: Readonly<Record<string, readonly number[]>>,
    run: (tensors: Record<string, Tensor>) => Record<string, Tensor>,
  ): Promise<Program> {
    this.throwIfStopped();
    return compileProgram(this.executor, {
      inputs: Object.fromEntries(Object.entries(inputs).map(([name, shape]) => [name, { shape }])),
      run: (_, tensors) => ({ outputs: run(tensors) }),
    });
  }

  throwIfStopped(): void {
    if (this.signal.aborted) throw new WorkbenchError('reproduction/stopped', 'The reproduction was stopped');
  }

  /** Where a teacher takes noise: [count * dim], by a sampler of so many steps. */
  async teacherEnds(
    teacher: () => VelocityField,
    noise: Float32Array,
    dim: number,
    { sampler, steps }: { readonly sampler: 'euler' | 'heun' | 'rk4'; readonly steps: number },
  ): Promise<Float64Array> {
    const count = noise.length / dim;
    const program = await compileProgram(this.executor, {
      inputs: { x: { shape: [count, dim] }, t: { shape: [count] } },
      run: (_, { x, t }) => ({ outputs: { v: teacher().velocity(x!, t as Tensor1D) } }),
    });
    try {
      const path = await samplerById(sampler).sample(
        async (x, t) => {
          this.throwIfStopped();
          const { v } = await program.run({ x: Float32Array.from(x), t: new Float32Array(count).fill(t) });
          return Float64Array.from(v!);
        },
        Float64Array.from(noise),
        { steps, dim, rng: new Rng(0, 'reproduction/sampler'), record: 'end' },
      );
      return path.states.at(-1)!;
    } finally {
      await program.dispose();
    }
  }
}

/** What a method has learnt. */
class Trained {
  private readonly executor: Executor;
  private readonly bound: BoundMethod;
  private readonly dim: number;
  private readonly state: Record<string, Float32Array>;

  constructor(executor: Executor, bound: BoundMethod, dim: number, state: Record<string, Float32Array>) {
    this.executor = executor;
    this.bound = bound;
    this.dim = dim;
    this.state = state;
  }

  /** Noise of the size that one sample starts from. */
  noise(count: number, seed: number): Float32Array {
    return noiseOf(count * this.bound.noiseShape.reduce((size, n) => size * n, 1), seed);
  }

  /** One-step generators and flow maps at d = 1; policies with `nfe` calls. @returns [count * dim] */
  async sample(noise: Float32Array, nfe = 1): Promise<Float64Array> {
    const drawer = await this.drawer(noise.length, nfe);
    try {
      return await drawer.draw(noise);
    } finally {
      await drawer.dispose();
    }
  }

  /** The same for many draws of one size; whoever asked for it disposes of it. @param size  of the noise */
  async drawer(
    size: number,
    nfe = 1,
  ): Promise<{ draw(noise: Float32Array): Promise<Float64Array>; dispose(): Promise<void> }> {
    const count = size / this.bound.noiseShape.reduce((product, n) => product * n, 1);
    const sampled = Object.entries(this.state);
    const program = await compileProgram(this.executor, {
      inputs: {
        ...Object.fromEntries(sampled.map(([name, { length }]) => [name, { shape: [length] }])),
        noise: { shape: [count, ...this.bound.noiseShape] },
      },
      run: (_, { noise: z, ...state }) => ({ outputs: { samples: this.drawn(state, z!, nfe) } }),
    });
    return {
      draw: async (noise) => Float64Array.from((await program.run({ ...this.state, noise }))['samples']!),
      dispose: () => program.dispose(),
    };
  }

  /** Its velocity field, parameters as constants: a teacher for others. */
  readonly teacher = (): VelocityField => {
    const constants = Object.entries(this.state).map(([name, values]) => [name, tf.tensor1d(values)]);
    const made = this.bound.sampleable(Object.fromEntries(constants) as Record<string, Tensor>);
    if (made.kind !== 'velocity') throw new Error('only a velocity can teach');
    return made;
  };

  private drawn(state: Record<string, Tensor>, noise: Tensor, nfe: number): Tensor {
    const made = this.bound.sampleable(state);
    const count = noise.shape[0]!;
    if (made.kind === 'generator') return made.generate(noise);
    if (made.kind === 'flowMap') return made.map(noise, tf.ones([count]));
    if (made.kind === 'velocity') throw new Error('sample a velocity field as a teacher');
    let x = noise;
    for (const { from, to } of segmentsOf(nfe)) {
      const [a, b] = [tf.fill([count], from), tf.fill([count], to)] as [Tensor1D, Tensor1D];
      const substeps = Math.round(ROLL_OUT_SUBSTEPS / nfe);
      x = policySegment(made, x, a, b, { records: 1, substeps })[0]!;
    }
    return tf.reshape(x, [count, this.dim]);
  }
}

export function sourceOf(id: string, params: Record<string, unknown> = {}): DataSource {
  const dataset = datasetById(id);
  return dataset.create(parseDatasetParams(dataset, params));
}

/** Standard normal numbers of a seed: the same for every arm of an experiment. */
export function noiseOf(size: number, seed: number): Float32Array {
  return new Rng(seed, 'reproduction/noise').fillNormal(new Float32Array(size));
}
