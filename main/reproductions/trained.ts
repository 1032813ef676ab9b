/** What a method has learnt in an experiment, and samples of it. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { segmentsOf } from '../maths/policy/raw-time.ts';
import type { FeatureMap, Sampleable, VelocityField } from '../maths/sampleable.ts';
import type { BoundMethod, Method, TrainedNetwork } from '../methods/method.ts';
import { policySegment } from '../samplers/policy.ts';
import { sizeOf } from '../tensor/shape.ts';
import type { Executor } from '../tensor/executors/executor.ts';
import { compileProgram } from '../tensor/program.ts';
import { noiseOf } from './noise.ts';

/** Euler steps of a policy from noise to data. */
export const ROLL_OUT_SUBSTEPS = 128;

export class Trained {
  readonly method: Method;
  readonly bound: BoundMethod;
  readonly sampleShape: readonly number[];
  /** What it samples with. */
  readonly state: Readonly<Record<string, Float32Array>>;
  /** That training took, on this machine as busy as it was. */
  readonly seconds: number;
  private readonly executor: Executor;

  constructor(
    executor: Executor,
    method: Method,
    bound: BoundMethod,
    sampleShape: readonly number[],
    state: Readonly<Record<string, Float32Array>>,
    seconds: number,
  ) {
    this.executor = executor;
    this.method = method;
    this.bound = bound;
    this.sampleShape = sampleShape;
    this.state = state;
    this.seconds = seconds;
  }

  /** Classes that it can be asked for. */
  get classes(): number {
    return this.bound.classes ?? 0;
  }

  /** Its network, for students to start from; null where there is nothing to start from. */
  get network(): TrainedNetwork | null {
    return this.bound.network?.(this.state) ?? null;
  }

  /** What it learnt, parameters as constants; to be called inside a traced function. */
  sampleable(): Sampleable {
    const constants = Object.entries(this.state).map(([name, values]) => [name, tf.tensor1d(values)]);
    return this.bound.sampleable(Object.fromEntries(constants) as Record<string, Tensor>);
  }

  /** Noise of the size that one sample starts from. */
  noise(count: number, seed: number): Float32Array {
    return noiseOf(count * sizeOf(this.bound.noiseShape), seed);
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
    const count = size / sizeOf(this.bound.noiseShape);
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

  /** Its velocity field: a teacher for others. */
  readonly teacher = (): VelocityField => {
    const made = this.sampleable();
    if (made.kind !== 'velocity') throw new Error('only a velocity can teach');
    return made;
  };

  /** What it sees in samples, for others to learn in. */
  readonly features = (): FeatureMap => {
    const made = this.sampleable();
    if (made.kind !== 'features') throw new Error('only an encoder has features');
    return made;
  };

  private drawn(state: Record<string, Tensor>, noise: Tensor, nfe: number): Tensor {
    const made = this.bound.sampleable(state);
    const count = noise.shape[0]!;
    if (made.kind === 'generator') return made.generate(noise);
    if (made.kind === 'flowMap') return made.map(noise, tf.ones([count]));
    if (made.kind !== 'policy') throw new Error('sample a velocity field as a teacher');
    let x = noise;
    for (const { from, to } of segmentsOf(nfe)) {
      const [a, b] = [tf.fill([count], from), tf.fill([count], to)] as [Tensor1D, Tensor1D];
      const substeps = Math.round(ROLL_OUT_SUBSTEPS / nfe);
      x = policySegment(made, x, a, b, { records: 1, substeps })[0]!;
    }
    return tf.reshape(x, [count, sizeOf(this.sampleShape)]);
  }
}
