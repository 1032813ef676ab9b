/**
 * Draws from a trained model, of whatever kind it is. Parameters are copied in when drawing starts, so
 * that training may go on underneath.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { Produces } from '#contract/catalog.ts';
import { WorkbenchError } from '#contract/errors.ts';
import { type Guidance, guidedField } from '../maths/cfg.ts';
import { segmentsOf } from '../maths/policy/raw-time.ts';
import type {
  Condition,
  FlowMap,
  Generator,
  Policy,
  Sampleable,
  VelocityField,
} from '../maths/sampleable.ts';
import type { BoundMethod } from '../methods/method.ts';
import { sampleFlowMap } from '../samplers/flow-map.ts';
import { flowMapStep } from '../samplers/policy.ts';
import { samplerById, stepsForNfe } from '../samplers/index.ts';
import type { Trajectory } from '../samplers/sampler.ts';
import type { Executor } from '../tensor/executors/executor.ts';
import { Rng } from '../tensor/rng.ts';
import { sizeOf } from '../tensor/shape.ts';
import { type Asked, ModelPrograms, type SampledState } from './model-programs.ts';
import type { Plan } from './plan.ts';

/** States of a policy's path. */
const PATH_RECORDS = 32;
/** Euler steps of a policy from noise to data; they need no network. */
const ROLL_OUT_SUBSTEPS = 128;
/** RK4 steps of the reference that students are compared with. */
const TEACHER_STEPS = 64;
/** Fewer of an imported teacher that takes no more samples at once than this: a call takes seconds. */
const FEW_STEPS = { most: 16, steps: 8 };
export type { SampledState };

export interface SampleRequest extends Asked {
  readonly count: number;
  readonly nfe: number;
  readonly seed: number;
  /** For velocity fields; Euler unless said. */
  readonly sampler?: string | undefined;
  /** For policies of several calls: below 1, all but the last are sharpened. */
  readonly temperature?: number | undefined;
  /** For policies of several calls: h of the flow-map sampler; 0 adds no fresh noise. */
  readonly stochasticity?: number | undefined;
  /** What to start from instead of the noise of the seed, [count * noise size]. */
  readonly noise?: Float32Array | undefined;
}

interface DriftRequest {
  readonly count: number;
  readonly seed: number;
  readonly data: Float32Array;
  readonly queries?: Float32Array | null;
}

export class SamplingModel {
  /** For whoever wants another function of the model than those here. */
  readonly programs: ModelPrograms;
  private readonly method: BoundMethod;
  private readonly produces: Produces;
  private readonly sampleShape: readonly number[];
  private readonly hasTeacher: boolean;
  private readonly teacherSteps: number;
  private teacherPathOf: { readonly key: string; readonly path: Promise<Trajectory> } | null = null;

  constructor(plan: Plan, executor: Executor) {
    this.method = plan.bound;
    this.produces = plan.method.produces;
    this.sampleShape = plan.sampleShape;
    this.hasTeacher = plan.teacher !== null;
    this.teacherSteps = (plan.teacherRows ?? Infinity) <= FEW_STEPS.most ? FEW_STEPS.steps : TEACHER_STEPS;
    this.programs = new ModelPrograms(plan, executor);
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
   * @throws WorkbenchError `sampler/wrong-nfe` if the model cannot be sampled with that many,
   *   `config/wrong-value` if it cannot be asked for that
   */
  async sample(state: SampledState, request: SampleRequest): Promise<{ points: Float32Array; nfe: number }> {
    this.requireAskable(request);
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
      const { noiseShape } = this.method;
      const noise = request.noise ?? noiseFor(request.seed, request.count * sizeOf(noiseShape));
      const { x } = await this.programs.overRows(
        'generate',
        state,
        { noise: { values: noise, shape: noiseShape } },
        (sampleable, { noise: z }, condition) => ({ x: generatorOf(sampleable).generate(z!, condition) }),
        request,
      );
      return { points: x!, nfe: 1 };
    }
    const path = await this.trajectories(state, request, 'end');
    return { points: Float32Array.from(path.states.at(-1)!), nfe: path.nfe };
  }

  /**
   * Paths from noise at t=1: those of a sampler along a velocity; f(z, d) of a flow map for ever longer
   * d, or its jumps, or what its teacher makes of where it arrives; the roll-outs of a policy.
   *
   * @throws WorkbenchError `view/not-available` for a generator, `sampler/...`
   */
  async trajectories(
    state: SampledState,
    request: SampleRequest,
    record: 'all' | 'end',
  ): Promise<Trajectory> {
    this.requireAskable(request);
    if (this.produces === 'flowMap') return this.flowMapPath(state, request, record);
    if (this.produces === 'policy') return this.policyPath(state, request, record);
    if (this.produces !== 'velocity') {
      throw new WorkbenchError('view/not-available', `view: a ${this.produces} has no sampler paths`, {
        field: 'view',
      });
    }
    const sampler = samplerById(request.sampler ?? 'euler');
    const noise = this.startOf(request);
    const perCall = this.method.nfePerCall * (isGuided(request) ? 2 : 1);
    const steps = sampler.adaptive ? {} : { steps: stepsForNfe(sampler, request.nfe, perCall) };
    const path = await sampler.sample((x, t) => this.velocityAt(state, x, t, request), noise, {
      ...steps,
      dim: this.dim,
      rng: new Rng(request.seed, 'sampler/noise'),
      record,
      ...(request.signal ? { signal: request.signal } : {}),
    });
    return { ...path, nfe: path.nfe * perCall };
  }

  private async flowMapPath(
    state: SampledState,
    request: SampleRequest,
    record: 'all' | 'end',
  ): Promise<Trajectory> {
    const noise = this.startOf(request);
    const over = async (
      name: 'map' | 'jump',
      x: Float64Array,
      from: number,
      to: number,
    ): Promise<Float64Array> => {
      const { f } = await this.programs.overRows(
        name,
        state,
        { x: this.samples(x), from: { fill: from }, to: { fill: to } },
        (sampleable, { x: at, from: a, to: b }, condition) => {
          const map = flowMapOf(sampleable);
          const [start, end] = [a as Tensor1D, b as Tensor1D];
          const f =
            name === 'map'
              ? map.map(at!, tf.sub(start, end) as Tensor1D, condition)
              : map.jump!(at!, start, end, condition);
          return { f };
        },
        request,
      );
      return Float64Array.from(f!);
    };
    const { chain } = this.method;
    const path = await sampleFlowMap(
      {
        map: (z, d) => over('map', z, 1, 1 - d),
        ...(chain ? { chain, jump: (x, from, to) => over('jump', x, from, to) } : {}),
      },
      noise,
      {
        nfe: request.nfe,
        dim: this.dim,
        record,
        rng: new Rng(request.seed, 'sampler/noise'),
        ...(this.hasTeacher
          ? {
              teacher: (x: Float64Array, t: number) => this.teacherVelocityAt(x, t, request),
              teacherCost: this.teacherNfe(request),
            }
          : {}),
        ...(request.signal ? { signal: request.signal } : {}),
      },
    );
    return { ...path, nfe: path.nfe * this.method.nfePerCall };
  }

  private async policyPath(
    state: SampledState,
    request: SampleRequest,
    record: 'all' | 'end',
  ): Promise<Trajectory> {
    const { nfe, temperature = 1, stochasticity = 0 } = request;
    const fresh = new Rng(request.seed, 'sampler/noise');
    const records = record === 'end' ? 1 : Math.max(1, Math.round(PATH_RECORDS / nfe));
    const substeps = Math.max(1, Math.round(ROLL_OUT_SUBSTEPS / (nfe * records)));
    let x: Float32Array = Float32Array.from(this.startOf(request));
    const states = [Float64Array.from(x)];
    const times = [1];
    for (const [call, { from, to }] of segmentsOf(nfe).entries()) {
      // The paper sharpens all but the last call, and fresh noise at the end would stay in the samples.
      const isLast = call === nfe - 1;
      const options = {
        records,
        substeps,
        temperature: isLast ? 1 : temperature,
        stochasticity: isLast ? 0 : stochasticity,
      };
      const found = await this.programs.overRows(
        `policy ${Object.values(options).join(' ')}`,
        state,
        {
          x: this.samples(x),
          from: { fill: from },
          to: { fill: to },
          fresh: this.samples(fresh.at(call).fillNormal(new Float32Array(x.length))),
        },
        (sampleable, { x: start, from: a, to: b, fresh: noise }, condition) => {
          const policy = policyOf(sampleable);
          const made = flowMapStep(policy, start!, a as Tensor1D, b as Tensor1D, noise!, {
            ...options,
            condition,
          });
          return {
            ...Object.fromEntries(made.map((each, i): [string, Tensor] => [`state ${i}`, each])),
            shift: tf.fill([start!.shape[0]!], policy.shift),
          };
        },
        request,
      );
      const shift = found['shift']![0]!;
      for (let i = 0; i < records; i++) {
        const tau = i === records - 1 ? to : from - ((from - to) * (i + 1)) / records;
        times.push((shift * tau) / (1 + (shift - 1) * tau));
        states.push(Float64Array.from(found[`state ${i}`]!));
      }
      x = found[`state ${records - 1}`]!;
    }
    return { times: Float64Array.from(times), states, nfe: nfe * this.method.nfePerCall };
  }

  /**
   * Where the teacher takes the noise of a seed: RK4 with 64 steps (8 of a large imported teacher), kept for
   * the next who asks.
   * @returns [count * dim]
   * @throws WorkbenchError `config/no-teacher` for a run without one
   */
  async teacherEnds(count: number, seed: number, asked: Asked = {}): Promise<Float64Array> {
    return (await this.teacherPath(count, seed, asked)).states.at(-1)!;
  }

  /**
   * Where the teacher takes any noise, by so many Euler steps.
   * @param noise  [n * dim]
   */
  async teacherSample(noise: Float64Array, steps: number, asked: Asked = {}): Promise<Trajectory> {
    const path = await samplerById('euler').sample((x, t) => this.teacherVelocityAt(x, t, asked), noise, {
      steps,
      dim: this.dim,
      record: 'end',
    });
    return { ...path, nfe: path.nfe * this.teacherNfe(asked) };
  }

  /** Network passes of one call of the teacher. */
  teacherNfe({ label }: Asked): number {
    return label === undefined ? 1 : (this.method.teacherNfe ?? 1);
  }

  /** The way there, every state of it. */
  async teacherPath(count: number, seed: number, asked: Asked = {}): Promise<Trajectory> {
    const key = `${count} ${seed} ${asked.label ?? 'any'} ${asked.guidance ?? 1}`;
    if (this.teacherPathOf?.key !== key) {
      const noise = Float64Array.from(noiseFor(seed, count * this.dim));
      const path = samplerById('rk4').sample((x, t) => this.teacherVelocityAt(x, t, asked), noise, {
        steps: this.teacherSteps,
        dim: this.dim,
        rng: new Rng(seed, 'sampler/noise'),
        record: 'all',
      });
      this.teacherPathOf = { key, path };
    }
    return this.teacherPathOf.path;
  }

  /** The teacher's v(x, t), one time for all. @throws WorkbenchError `config/no-teacher` for a run without one */
  async teacherVelocityAt(
    x: Float64Array | Float32Array,
    t: number,
    asked: Asked = {},
  ): Promise<Float64Array> {
    if (!this.hasTeacher) {
      throw new WorkbenchError('config/no-teacher', 'teacher: this run learns from data and has none', {
        field: 'teacher',
      });
    }
    const { v } = await this.programs.overTeacher(
      'velocity',
      { x: this.samples(x), t: { fill: t } },
      (teacher, { x: at, t: time }, condition) => ({ v: teacher.velocity(at!, time as Tensor1D, condition) }),
      asked,
    );
    return Float64Array.from(v!);
  }

  /** v(x, t) at any points, one time for all. @param x [n * dim] */
  async velocityAt(
    state: SampledState,
    x: Float64Array | Float32Array,
    t: number,
    asked: Asked = {},
  ): Promise<Float64Array> {
    const guidance = isGuided(asked) ? guidanceOf(asked) : null;
    const { v } = await this.programs.overRows(
      guidance ? `velocity guided ${JSON.stringify(guidance)}` : 'velocity',
      state,
      { x: this.samples(x), t: { fill: t } },
      (sampleable, { x: at, t: time }, condition?: Condition) => {
        const own = velocityFieldOf(sampleable);
        const field = guidance ? guidedField(own, guidance) : own;
        return { v: field.velocity(at!, time as Tensor1D, condition) };
      },
      asked,
    );
    return Float64Array.from(v!);
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
    const { noiseShape } = this.method;
    const noise = noiseFor(seed, count * sizeOf(noiseShape));
    const found = await this.programs.once(
      `drift ${count} ${queries?.length ?? 'samples'}`,
      state,
      {
        noise: { values: noise, shape: [count, ...noiseShape] },
        data: { values: data, shape: [count, ...this.sampleShape] },
        ...(queries === null
          ? {}
          : { queries: { values: queries, shape: [queries.length / this.dim, this.dim] } }),
      },
      (sampled, { noise: z, data: real, queries: at }) => {
        const { samples, attract, repel } = drift(sampled, z!, real!, at ?? null);
        return { samples, attract, repel };
      },
    );
    return { samples: found['samples']!, attract: found['attract']!, repel: found['repel']! };
  }

  /** Does work of several draws under which no program may be let go of: `dispose` waits for it. */
  during<T>(work: () => Promise<T>): Promise<T> {
    return this.programs.during(work);
  }

  dispose(): Promise<void> {
    return this.programs.dispose();
  }

  /** @throws WorkbenchError `config/wrong-value` for guidance that this model cannot be given */
  private requireGuidable({ guidanceLow = 0, guidanceHigh = 1, guidanceChannels }: Asked): void {
    const refuse = (field: string, expected: string, found: number): never => {
      throw new WorkbenchError('config/wrong-value', `${field}: expected ${expected}, found ${found}`, {
        field,
      });
    };
    const isWhole = guidanceLow === 0 && guidanceHigh === 1 && guidanceChannels === undefined;
    if (this.produces !== 'velocity' && !isWhole) {
      const learnt = `none of it, for a ${this.produces} has learnt where it is guided`;
      if (guidanceChannels !== undefined) refuse('guidanceChannels', learnt, guidanceChannels);
      if (guidanceLow !== 0) refuse('guidanceLow', `0: ${learnt}`, guidanceLow);
      refuse('guidanceHigh', `1: ${learnt}`, guidanceHigh);
    }
    if (guidanceLow > guidanceHigh)
      refuse('guidanceLow', `at most guidanceHigh (${guidanceHigh})`, guidanceLow);
    const channels = this.sampleShape.at(-1)!;
    if (guidanceChannels !== undefined && guidanceChannels > channels) {
      refuse('guidanceChannels', `at most ${channels}, as samples have`, guidanceChannels);
    }
  }

  private startOf({ noise, count, seed }: SampleRequest): Float64Array {
    return Float64Array.from(noise ?? noiseFor(seed, count * this.dim));
  }

  private samples(values: ArrayLike<number>): { values: ArrayLike<number>; shape: readonly number[] } {
    return { values, shape: this.sampleShape };
  }

  /** @throws WorkbenchError `config/wrong-value` */
  private requireAskable(asked: Asked): void {
    const { label, guidance = 1 } = asked;
    const { classes = 0 } = this.method;
    this.requireGuidable(asked);
    if (label !== undefined && label >= classes) {
      const expected = classes === 0 ? 'none, for this model has no classes' : `below ${classes}`;
      throw new WorkbenchError('config/wrong-value', `label: expected ${expected}, found ${label}`, {
        field: 'label',
      });
    }
    if (label === undefined && guidance !== 1) {
      throw new WorkbenchError(
        'config/wrong-value',
        `guidance: expected 1 where no class is asked for, found ${guidance}`,
        { field: 'guidance' },
      );
    }
  }
}

/** The guidance scale comes with what is asked for. */
function guidanceOf({ guidanceLow = 0, guidanceHigh = 1, guidanceChannels }: Asked): Guidance {
  const channels = guidanceChannels === undefined ? {} : { channels: guidanceChannels };
  return { scale: 1, low: guidanceLow, high: guidanceHigh, ...channels };
}

function isGuided({ label, guidance = 1 }: Asked): boolean {
  return label !== undefined && guidance !== 1;
}

function velocityFieldOf(sampleable: Sampleable): VelocityField {
  if (sampleable.kind !== 'velocity') throw new Error('not a velocity field');
  return sampleable;
}

function flowMapOf(sampleable: Sampleable): FlowMap {
  if (sampleable.kind !== 'flowMap') throw new Error('not a flow map');
  return sampleable;
}

function policyOf(sampleable: Sampleable): Policy {
  if (sampleable.kind !== 'policy') throw new Error('not a policy');
  return sampleable;
}

function generatorOf(sampleable: Sampleable): Generator {
  if (sampleable.kind !== 'generator') throw new Error('not a generator');
  return sampleable;
}

/** The noise of a seed: the same for every method, step and view, so that pictures can be compared. */
export function noiseFor(seed: number, size: number): Float32Array {
  return new Rng(seed, 'view/noise').fillNormal(new Float32Array(size));
}
