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
import { type Condition, kindOf } from '../maths/sampleable.ts';
import type { BoundMethod } from '../methods/method.ts';
import { sampleFlowMap } from '../samplers/flow-map.ts';
import { flowMapStep } from '../samplers/policy.ts';
import { samplerById, stepsForNfe } from '../samplers/index.ts';
import type { Trajectory } from '../samplers/sampler.ts';
import type { Executor } from '../tensor/executors/executor.ts';
import { Rng } from '../tensor/rng.ts';
import { sizeOf } from '../tensor/shape.ts';
import { asksForClasses, labelled } from './labels.ts';
import { type Asked, type Column, ModelPrograms, type SampledState } from './model-programs.ts';
import { FreshNoise, type Start, chosenNoise, noiseFor } from './noise.ts';
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
  /** [count] which noises to start from instead of those of the seed. */
  readonly starts?: readonly Start[] | undefined;
  /** Noise of any other origin to start from, [count * noise size]. */
  readonly noise?: Float32Array | undefined;
}

/** What the teacher of a model is asked beside how many samples, of which seed. */
interface TeacherRequest extends Asked {
  readonly starts?: readonly Start[] | undefined;
}

interface DriftRequest {
  readonly count: number;
  readonly seed: number;
  readonly data: Float32Array;
  readonly queries?: Float32Array | null;
}

/** Draws of a model, see {@link SampleRequest} for what each is asked; see labels.ts for its classes. */
export class SamplingModel {
  /** For whoever wants another function of the model than those here. */
  readonly programs: ModelPrograms;
  private readonly plan: Plan;
  private readonly method: BoundMethod;
  private readonly produces: Produces;
  private readonly sampleShape: readonly number[];
  private readonly hasTeacher: boolean;
  private readonly teacherSteps: number;
  private teacherPathOf: { readonly key: string; readonly path: Promise<Trajectory> } | null = null;

  /** What it computes on. */
  readonly executor: Executor['id'];

  constructor(plan: Plan, executor: Executor) {
    this.plan = plan;
    this.executor = executor.id;
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
  async sample(state: SampledState, wanted: SampleRequest): Promise<{ points: Float32Array; nfe: number }> {
    const request = this.asking(wanted);
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
      const noise = noiseOf(request, sizeOf(noiseShape));
      const { x } = await this.programs.overRows(
        'generate',
        state,
        { noise: { values: noise, shape: noiseShape } },
        (sampleable, { noise: z }, condition) => ({
          x: kindOf(sampleable, 'generator').generate(z!, condition),
        }),
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
  async trajectories(state: SampledState, wanted: SampleRequest, record: 'all' | 'end'): Promise<Trajectory> {
    const request = this.asking(wanted);
    if (this.produces === 'flowMap') return this.flowMapPath(state, request, record);
    if (this.produces === 'policy') return this.policyPath(state, request, record);
    if (this.produces !== 'velocity') {
      throw new WorkbenchError('view/not-available', `view: a ${this.produces} has no sampler paths`, {
        field: 'view',
      });
    }
    const sampler = samplerById(request.sampler ?? 'euler');
    const noise = Float64Array.from(noiseOf(request, this.dim));
    const perCall = this.method.nfePerCall * (isGuided(request) ? 2 : 1);
    const steps = sampler.adaptive ? {} : { steps: stepsForNfe(sampler, request.nfe, perCall) };
    const path = await sampler.sample((x, t) => this.velocityAt(state, x, t, request), noise, {
      ...steps,
      dim: this.dim,
      rng: freshNoise(request),
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
    const noise = Float64Array.from(noiseOf(request, this.dim));
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
          const map = kindOf(sampleable, 'flowMap');
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
        rng: freshNoise(request),
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
    const fresh = freshNoise(request);
    const records = record === 'end' ? 1 : Math.max(1, Math.round(PATH_RECORDS / nfe));
    const substeps = Math.max(1, Math.round(ROLL_OUT_SUBSTEPS / (nfe * records)));
    let x: Float32Array = noiseOf(request, this.dim);
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
          const policy = kindOf(sampleable, 'policy');
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
  async teacherEnds(count: number, seed: number, asked: TeacherRequest = {}): Promise<Float64Array> {
    return (await this.teacherPath(count, seed, asked)).states.at(-1)!;
  }

  /**
   * Where the teacher takes any noise, by so many Euler steps.
   * @param noise  [n * dim]
   */
  async teacherSample(noise: Float64Array, steps: number, wanted: Asked = {}): Promise<Trajectory> {
    const asked = labelled(this.plan, wanted, noise.length / this.dim);
    const path = await samplerById('euler').sample((x, t) => this.teacherVelocityAt(x, t, asked), noise, {
      steps,
      dim: this.dim,
      record: 'end',
    });
    return { ...path, nfe: path.nfe * this.teacherNfe(asked) };
  }

  /** Network passes of one call of the teacher. */
  teacherNfe(asked: Asked): number {
    return asksForClasses(this.plan, asked) ? (this.method.teacherNfe ?? 1) : 1;
  }

  /** The way there, every state of it. */
  async teacherPath(count: number, seed: number, wanted: TeacherRequest = {}): Promise<Trajectory> {
    const asked = labelled(this.plan, wanted, count, wanted.starts);
    const { starts, label, labels, guidance } = asked;
    const key = JSON.stringify([count, seed, starts, label, labels && Array.from(labels), guidance]);
    if (this.teacherPathOf?.key !== key) {
      const noise = Float64Array.from(noiseOf({ count, seed, starts }, this.dim));
      const path = samplerById('rk4').sample((x, t) => this.teacherVelocityAt(x, t, asked), noise, {
        steps: this.teacherSteps,
        dim: this.dim,
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

  /** v(x, t) at any points. @param x  [n * dim]  @param t  one time for all, or [n] */
  async velocityAt(
    state: SampledState,
    x: Float64Array | Float32Array,
    t: number | ArrayLike<number>,
    asked: Asked = {},
  ): Promise<Float64Array> {
    const guidance = isGuided(asked) ? guidanceOf(asked) : null;
    const { v } = await this.programs.overRows(
      guidance ? `velocity guided ${JSON.stringify(guidance)}` : 'velocity',
      state,
      { x: this.samples(x), t: typeof t === 'number' ? { fill: t } : { values: t, shape: [] } },
      (sampleable, { x: at, t: time }, condition?: Condition) => {
        const own = kindOf(sampleable, 'velocity');
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

  /** The request with a class for every sample where they are dealt out, if the model can be asked that. */
  private asking(request: SampleRequest): SampleRequest {
    const { count, starts } = request;
    const asking = labelled(this.plan, request, count, starts);
    this.requireAskable(asking, count);
    return asking;
  }

  private samples(values: ArrayLike<number>): Column {
    return { values, shape: this.sampleShape };
  }

  /** @throws WorkbenchError `config/wrong-value` */
  private requireAskable(asked: Asked, count: number): void {
    const { label, labels, guidance = 1 } = asked;
    const { classes = 0 } = this.method;
    const refuse = (field: string, expected: string, found: number): never => {
      throw new WorkbenchError('config/wrong-value', `${field}: expected ${expected}, found ${found}`, {
        field,
      });
    };
    this.requireGuidable(asked);
    if (label !== undefined && label >= classes) {
      refuse('label', classes === 0 ? 'none, for this model has no classes' : `below ${classes}`, label);
    }
    if (labels !== undefined) {
      if (labels.length !== count) refuse('labels', `${count}, one for each sample`, labels.length);
      // One past the last means any.
      const wrong = Array.from(labels).find((each) => !Number.isInteger(each) || each < 0 || each > classes);
      if (wrong !== undefined || classes === 0) refuse('labels', `classes below ${classes}`, wrong ?? 0);
    }
    if (label === undefined && labels === undefined && guidance !== 1) {
      refuse('guidance', '1 where no class is asked for', guidance);
    }
  }
}

/** The guidance scale comes with what is asked for. */
function guidanceOf({ guidanceLow = 0, guidanceHigh = 1, guidanceChannels }: Asked): Guidance {
  const channels = guidanceChannels === undefined ? {} : { channels: guidanceChannels };
  return { scale: 1, low: guidanceLow, high: guidanceHigh, ...channels };
}

function isGuided({ label, labels, guidance = 1 }: Asked): boolean {
  return (label !== undefined || labels !== undefined) && guidance !== 1;
}

/** What samples start from. @param size  numbers of the noise of one */
function noiseOf(
  { noise, starts, seed, count }: Pick<SampleRequest, 'noise' | 'starts' | 'seed' | 'count'>,
  size: number,
): Float32Array {
  if (noise !== undefined) return noise;
  return starts === undefined ? noiseFor(seed, count * size) : chosenNoise(starts, size);
}

/** What stochastic samplers draw on the way. */
function freshNoise({ starts, seed }: SampleRequest): Rng {
  const stream = 'sampler/noise';
  return starts === undefined ? new Rng(seed, stream) : new FreshNoise(starts, stream);
}
