/**
 * Draws from a trained model: the method's sampleable compiled for one batch size and run over any
 * number of samples in chunks. Parameters are copied in when drawing starts, so that training may go
 * on underneath.
 */
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { Produces } from '#contract/catalog.ts';
import { WorkbenchError } from '#contract/errors.ts';
import type { Sampleable } from '../maths/sampleable.ts';
import type { BoundMethod } from '../methods/method.ts';
import { samplerById, stepsForNfe } from '../samplers/index.ts';
import type { Trajectory } from '../samplers/sampler.ts';
import type { Executor, HostArrays } from '../tensor/executors/executor.ts';
import { type Program, compileProgram } from '../tensor/program.ts';
import { Rng } from '../tensor/rng.ts';
import { sizeOf } from '../tensor/shape.ts';
import type { TensorSpec } from '../tensor/trace.ts';
import type { Plan } from './plan.ts';

/** Samples per program call: enough to fill the cores, small enough for the cache. */
const CHUNK = 2048;
/** Compiled programs kept per model; each batch size has its own. */
const MOST_PROGRAMS = 8;

export type SampledState = Record<string, Float32Array>;

export interface SampleRequest {
  readonly count: number;
  readonly nfe: number;
  readonly seed: number;
  /** For velocity fields; Euler unless said. */
  readonly sampler?: string;
  readonly signal?: { readonly aborted: boolean };
}

interface DriftRequest {
  readonly count: number;
  readonly seed: number;
  readonly data: Float32Array;
  readonly queries?: Float32Array | null;
}

export class SamplingModel {
  private readonly method: BoundMethod;
  private readonly produces: Produces;
  private readonly executor: Executor;
  private readonly sampleShape: readonly number[];
  private readonly programs = new Map<string, Promise<Program>>();
  private readonly underWay = new Set<Promise<unknown>>();

  constructor({ method, bound, sampleShape }: Plan, executor: Executor) {
    this.method = bound;
    this.produces = method.produces;
    this.executor = executor;
    this.sampleShape = sampleShape;
  }

  get dim(): number {
    return sizeOf(this.sampleShape);
  }

  /** Copies what sampling reads out of a training state. */
  snapshot(state: Readonly<Record<string, Float32Array>>): SampledState {
    return Object.fromEntries(this.method.sampledState.map((name) => [name, state[name]!.slice()]));
  }

  /**
   * @returns points [count, dim] and the network evaluations each took
   * @throws WorkbenchError `sampler/wrong-nfe` if the model cannot be sampled with that many
   */
  async sample(state: SampledState, request: SampleRequest): Promise<{ points: Float32Array; nfe: number }> {
    if (this.produces === 'generator') {
      if (request.nfe !== 1) {
        throw new WorkbenchError(
          'sampler/wrong-nfe',
          `nfe: expected 1 for a one-step generator, found ${request.nfe}`,
          {
            field: 'nfe',
          },
        );
      }
      const noise = noiseFor(request.seed, request.count * sizeOf(this.method.noiseShape));
      return { points: await this.generate(state, noise, request.count), nfe: 1 };
    }
    const path = await this.trajectories(state, request, 'end');
    return { points: Float32Array.from(path.states.at(-1)!), nfe: path.nfe };
  }

  /** Sampler paths from noise at t=1. @throws WorkbenchError if the model has no velocity */
  async trajectories(
    state: SampledState,
    request: SampleRequest,
    record: 'all' | 'end',
  ): Promise<Trajectory> {
    if (this.produces !== 'velocity') {
      throw new WorkbenchError('view/not-available', `view: a ${this.produces} has no sampler paths`, {
        field: 'view',
      });
    }
    const sampler = samplerById(request.sampler ?? 'euler');
    const noise = Float64Array.from(noiseFor(request.seed, request.count * this.dim));
    const steps = sampler.adaptive
      ? {}
      : { steps: stepsForNfe(sampler, Math.max(1, Math.round(request.nfe / this.method.nfePerCall))) };
    const path = await sampler.sample((x, t) => this.velocityAt(state, x, t), noise, {
      ...steps,
      dim: this.dim,
      rng: new Rng(request.seed, 'sampler/noise'),
      record,
      ...(request.signal ? { signal: request.signal } : {}),
    });
    return { ...path, nfe: path.nfe * this.method.nfePerCall };
  }

  /** v(x, t) at any points, one time for all. @param x [n * dim] */
  async velocityAt(state: SampledState, x: Float64Array | Float32Array, t: number): Promise<Float64Array> {
    const { dim } = this;
    const count = x.length / dim;
    const out = new Float64Array(x.length);
    await this.inChunks(count, async (start, size, chunk) => {
      const program = await this.program(
        `velocity ${chunk}`,
        {
          x: { shape: [chunk, ...this.sampleShape] },
          t: { shape: [chunk] },
        },
        (sampleable, inputs) => {
          if (sampleable.kind !== 'velocity') throw new Error('not a velocity field');
          return { v: sampleable.velocity(inputs['x']!, inputs['t'] as Tensor1D) };
        },
      );
      const block = new Float32Array(chunk * dim);
      block.set(x.subarray(start * dim, (start + size) * dim));
      const { v } = await program.run({ ...state, x: block, t: new Float32Array(chunk).fill(t) });
      out.set(v!.subarray(0, size * dim), start * dim);
    });
    return out;
  }

  /**
   * Generated points, and the two halves of the drift at each of them or at `queries`.
   * @param data  [count * dim] fresh data  @param queries  [M * dim]
   */
  async drift(
    state: SampledState,
    { count, seed, data, queries = null }: DriftRequest,
  ): Promise<{ samples: Float32Array; attract: Float32Array; repel: Float32Array }> {
    const { fields } = this.method;
    if (fields?.drift === undefined || this.produces !== 'generator') {
      throw new WorkbenchError('view/not-available', 'view: this method has no drift field', {
        field: 'view',
      });
    }
    const drift = fields.drift.bind(fields);
    const program = await this.programOf(
      `drift ${count} ${queries?.length ?? 'samples'}`,
      {
        noise: { shape: [count, ...this.method.noiseShape] },
        data: { shape: [count, ...this.sampleShape] },
        ...(queries === null ? {} : { queries: { shape: [queries.length / this.dim, this.dim] } }),
      },
      (sampled, { noise, data: real, queries: at }) => {
        const { samples, attract, repel } = drift(sampled, noise!, real!, at ?? null);
        return { samples, attract, repel };
      },
    );
    const noise = noiseFor(seed, count * sizeOf(this.method.noiseShape));
    const inputs = { ...state, noise, data, ...(queries === null ? {} : { queries }) };
    const { samples, attract, repel } = await program.run(inputs);
    return { samples: copy(samples), attract: copy(attract), repel: copy(repel) };
  }

  /** Does work of several draws under which no program may be let go of: `dispose` waits for it. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const working = work();
    this.underWay.add(working);
    try {
      return await working;
    } finally {
      this.underWay.delete(working);
    }
  }

  async dispose(): Promise<void> {
    while (this.underWay.size > 0) await Promise.allSettled(this.underWay);
    const programs = await Promise.allSettled(this.programs.values());
    this.programs.clear();
    for (const program of programs) if (program.status === 'fulfilled') await program.value.dispose();
  }

  private async generate(state: SampledState, noise: Float32Array, count: number): Promise<Float32Array> {
    const noiseSize = noise.length / count;
    const out = new Float32Array(count * this.dim);
    await this.inChunks(count, async (start, size, chunk) => {
      const program = await this.program(
        `generate ${chunk}`,
        { noise: { shape: [chunk, noiseSize] } },
        (sampleable, inputs) => {
          if (sampleable.kind !== 'generator') throw new Error('not a generator');
          return { x: sampleable.generate(inputs['noise']!) };
        },
      );
      const block = new Float32Array(chunk * noiseSize);
      block.set(noise.subarray(start * noiseSize, (start + size) * noiseSize));
      const { x } = await program.run({ ...state, noise: block });
      out.set(x!.subarray(0, size * this.dim) as Float32Array, start * this.dim);
    });
    return out;
  }

  /** Covers `count` in pieces of one size, the last one padded, so that one program serves all. */
  private async inChunks(
    count: number,
    work: (start: number, size: number, chunk: number) => Promise<void>,
  ): Promise<void> {
    const chunk = Math.min(count, CHUNK);
    for (let start = 0; start < count; start += chunk) {
      await work(start, Math.min(chunk, count - start), chunk);
    }
  }

  private program(
    key: string,
    inputs: Readonly<Record<string, TensorSpec>>,
    run: (sampleable: Sampleable, inputs: Record<string, Tensor>) => Record<string, Tensor>,
  ): Promise<Program> {
    return this.programOf(key, inputs, (state, given) => run(this.method.sampleable(state), given));
  }

  private programOf(
    key: string,
    inputs: Readonly<Record<string, TensorSpec>>,
    run: (state: Record<string, Tensor>, inputs: Record<string, Tensor>) => Record<string, Tensor>,
  ): Promise<Program> {
    const known = this.programs.get(key);
    if (known !== undefined) return known;
    this.evictOldest();
    const sampled = this.method.sampledState.map((name): [string, TensorSpec] => [
      name,
      { shape: [this.method.layout[name]!.size] },
    ]);
    const compiled = compileProgram(this.executor, {
      inputs: { ...Object.fromEntries(sampled), ...inputs },
      run: (_, tensors) => {
        const state = Object.fromEntries(sampled.map(([name]) => [name, tensors[name]!]));
        return { outputs: run(state, tensors) };
      },
    });
    this.programs.set(key, compiled);
    return compiled;
  }

  private evictOldest(): void {
    if (this.programs.size < MOST_PROGRAMS) return;
    const [key, program] = this.programs.entries().next().value!;
    this.programs.delete(key);
    // Someone may be drawing with it.
    void Promise.allSettled(this.underWay)
      .then(() => program)
      .then((evicted) => evicted.dispose());
  }
}

/** The noise of a seed: the same for every method, step and view, so that pictures can be compared. */
export function noiseFor(seed: number, size: number): Float32Array {
  return new Rng(seed, 'view/noise').fillNormal(new Float32Array(size));
}

function copy(array: HostArrays[string] | undefined): Float32Array {
  return Float32Array.from(array!);
}
