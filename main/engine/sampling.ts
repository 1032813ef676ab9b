/**
 * Draws from a trained model: the method's sampleable compiled for one batch size and run over any
 * number of samples in chunks. Parameters are copied in when drawing starts, so that training may go
 * on underneath.
 */
import { type Tensor, type Tensor1D, scalar } from '@tensorflow/tfjs-core';
import type { Produces } from '#contract/catalog.ts';
import { WorkbenchError } from '#contract/errors.ts';
import { segmentsOf } from '../maths/policy/raw-time.ts';
import type { Sampleable } from '../maths/sampleable.ts';
import type { BoundMethod } from '../methods/method.ts';
import { policySegment } from '../samplers/policy.ts';
import { samplerById, stepsForNfe } from '../samplers/index.ts';
import type { Trajectory } from '../samplers/sampler.ts';
import type { Executor, HostArrays } from '../tensor/executors/executor.ts';
import type { Program } from '../tensor/program.ts';
import { Rng } from '../tensor/rng.ts';
import { sizeOf } from '../tensor/shape.ts';
import type { TensorSpec } from '../tensor/trace.ts';
import type { Plan } from './plan.ts';
import { ProgramShelf } from './program-shelf.ts';

/** Samples per program call: enough to fill the cores, small enough for the cache. */
const CHUNK = 2048;
/** States of a path that has no sampler steps of its own. */
const PATH_RECORDS = 32;
/** Euler steps of a policy from noise to data; they need no network. */
const ROLL_OUT_SUBSTEPS = 128;
/** RK4 steps of the reference that students are compared with. */
const TEACHER_STEPS = 64;

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
  private readonly sampleShape: readonly number[];
  private readonly teacher: Plan['teacher'];
  private teacherEndsOf: { readonly key: string; readonly ends: Float64Array } | null = null;
  private readonly programs: ProgramShelf;

  constructor({ method, bound, sampleShape, teacher }: Plan, executor: Executor) {
    this.method = bound;
    this.teacher = teacher;
    this.produces = method.produces;
    this.programs = new ProgramShelf(executor);
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

  /**
   * Paths from noise at t=1: those of a sampler along a velocity; f(z, d) of a flow map for ever longer
   * d; the roll-outs of a policy.
   *
   * @throws WorkbenchError `view/not-available` for a generator, `sampler/...`
   */
  async trajectories(
    state: SampledState,
    request: SampleRequest,
    record: 'all' | 'end',
  ): Promise<Trajectory> {
    if (this.produces === 'flowMap') return this.flowMapPath(state, request, record);
    if (this.produces === 'policy') return this.policyPath(state, request, record);
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

  private async flowMapPath(
    state: SampledState,
    { count, seed, nfe }: SampleRequest,
    record: 'all' | 'end',
  ): Promise<Trajectory> {
    if (record === 'end' && nfe !== 1) {
      throw new WorkbenchError('sampler/wrong-nfe', `nfe: expected 1 for a flow map, found ${nfe}`, {
        field: 'nfe',
      });
    }
    const noise = noiseFor(seed, count * this.dim);
    const durations =
      record === 'end' ? [1] : Array.from({ length: PATH_RECORDS }, (_, i) => (i + 1) / PATH_RECORDS);
    const states = [Float64Array.from(noise)];
    for (const duration of durations) {
      const out = new Float64Array(noise.length);
      await this.inChunks(count, async (start, size, chunk) => {
        const program = await this.program(
          `map ${chunk}`,
          { z: { shape: [chunk, ...this.sampleShape] }, d: { shape: [chunk] } },
          (sampleable, { z, d }) => {
            if (sampleable.kind !== 'flowMap') throw new Error('not a flow map');
            return { f: sampleable.map(z!, d as Tensor1D) };
          },
        );
        const z = this.block(noise, start, size, chunk);
        const { f } = await program.run({ ...state, z, d: new Float32Array(chunk).fill(duration) });
        out.set(f!.subarray(0, size * this.dim), start * this.dim);
      });
      states.push(out);
    }
    return {
      times: Float64Array.from([1, ...durations.map((d) => 1 - d)]),
      states,
      nfe: this.method.nfePerCall,
    };
  }

  private async policyPath(
    state: SampledState,
    { count, seed, nfe }: SampleRequest,
    record: 'all' | 'end',
  ): Promise<Trajectory> {
    const segments = segmentsOf(nfe);
    const records = record === 'end' ? 1 : Math.max(1, Math.round(PATH_RECORDS / nfe));
    const substeps = Math.max(1, Math.round(ROLL_OUT_SUBSTEPS / (nfe * records)));
    const shape = [...this.sampleShape];
    let x = noiseFor(seed, count * this.dim);
    const states = [Float64Array.from(x)];
    const times = [1];
    for (const { from, to } of segments) {
      const legs = Array.from({ length: records }, () => new Float64Array(x.length));
      let shift = 1;
      await this.inChunks(count, async (start, size, chunk) => {
        const program = await this.program(
          `policy ${chunk} ${records} ${substeps}`,
          { x: { shape: [chunk, ...shape] }, from: { shape: [chunk] }, to: { shape: [chunk] } },
          (sampleable, inputs) => {
            if (sampleable.kind !== 'policy') throw new Error('not a policy');
            const [a, b] = [inputs['from'] as Tensor1D, inputs['to'] as Tensor1D];
            const made = policySegment(sampleable, inputs['x']!, a, b, { records, substeps });
            return Object.fromEntries([
              ...made.map((each, i): [string, Tensor] => [`state ${i}`, each]),
              ['shift', scalar(sampleable.shift)],
            ]);
          },
        );
        const found = await program.run({
          ...state,
          x: this.block(x, start, size, chunk),
          from: new Float32Array(chunk).fill(from),
          to: new Float32Array(chunk).fill(to),
        });
        shift = found['shift']![0]!;
        legs.forEach((leg, i) =>
          leg.set(found[`state ${i}`]!.subarray(0, size * this.dim), start * this.dim),
        );
      });
      legs.forEach((leg, i) => {
        const tau = i === records - 1 ? to : from - ((from - to) * (i + 1)) / records;
        times.push((shift * tau) / (1 + (shift - 1) * tau));
        states.push(leg);
      });
      x = Float32Array.from(legs.at(-1)!);
    }
    return { times: Float64Array.from(times), states, nfe: nfe * this.method.nfePerCall };
  }

  /** Samples `start` to `start + size`, padded to a chunk. */
  private block(values: Float32Array, start: number, size: number, chunk: number): Float32Array {
    const block = new Float32Array(chunk * this.dim);
    block.set(values.subarray(start * this.dim, (start + size) * this.dim));
    return block;
  }

  /**
   * Where the teacher takes the noise of a seed: RK4 with 64 steps, kept for the next who asks.
   * @returns [count * dim]
   */
  async teacherEnds(count: number, seed: number): Promise<Float64Array> {
    const key = `${count} ${seed}`;
    if (this.teacherEndsOf?.key !== key) {
      const noise = Float64Array.from(noiseFor(seed, count * this.dim));
      const path = await samplerById('rk4').sample((x, t) => this.teacherVelocityAt(x, t), noise, {
        steps: TEACHER_STEPS,
        dim: this.dim,
        rng: new Rng(seed, 'sampler/noise'),
        record: 'end',
      });
      this.teacherEndsOf = { key, ends: path.states.at(-1)! };
    }
    return this.teacherEndsOf.ends;
  }

  /** The teacher's v(x, t). @throws WorkbenchError `config/no-teacher` for a run without one */
  async teacherVelocityAt(x: Float64Array, t: number): Promise<Float64Array> {
    const { teacher } = this;
    if (teacher === null) {
      throw new WorkbenchError('config/no-teacher', 'teacher: this run learns from data and has none', {
        field: 'teacher',
      });
    }
    const out = new Float64Array(x.length);
    await this.inChunks(x.length / this.dim, async (start, size, chunk) => {
      const program = await this.programs.get(`teacher ${chunk}`, {
        inputs: { x: { shape: [chunk, ...this.sampleShape] }, t: { shape: [chunk] } },
        run: (_, inputs) => ({
          outputs: { v: teacher().velocity(inputs['x']!, inputs['t'] as Tensor1D) },
        }),
      });
      const block = this.block(Float32Array.from(x), start, size, chunk);
      const { v } = await program.run({ x: block, t: new Float32Array(chunk).fill(t) });
      out.set(v!.subarray(0, size * this.dim), start * this.dim);
    });
    return out;
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
  during<T>(work: () => Promise<T>): Promise<T> {
    return this.programs.during(work);
  }

  dispose(): Promise<void> {
    return this.programs.dispose();
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
    const sampled = this.method.sampledState.map((name): [string, TensorSpec] => [
      name,
      { shape: [this.method.layout[name]!.size] },
    ]);
    return this.programs.get(key, {
      inputs: { ...Object.fromEntries(sampled), ...inputs },
      run: (_, tensors) => {
        const state = Object.fromEntries(sampled.map(([name]) => [name, tensors[name]!]));
        return { outputs: run(state, tensors) };
      },
    });
  }
}

/** The noise of a seed: the same for every method, step and view, so that pictures can be compared. */
export function noiseFor(seed: number, size: number): Float32Array {
  return new Rng(seed, 'view/noise').fillNormal(new Float32Array(size));
}

function copy(array: HostArrays[string] | undefined): Float32Array {
  return Float32Array.from(array!);
}
