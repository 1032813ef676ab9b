/**
 * Draws from a trained model, of whatever kind it is. Parameters are copied in when drawing starts, so
 * that training may go on underneath.
 */
import { WorkbenchError } from '#contract/errors.ts';
import type { Trajectory } from '../../samplers/sampler.ts';
import type { Executor } from '../../tensor/executors/executor.ts';
import { sizeOf } from '../../tensor/shape.ts';
import type { Plan } from '../plan/plan.ts';
import { flowMapPath } from './flow-map-paths.ts';
import { generatorSamples } from './generator-samples.ts';
import { type Asked, ModelPrograms, type SampledState } from './model-programs.ts';
import { policyPath } from './policy-paths.ts';
import { type SampleRequest, askable } from './sample-request.ts';
import { TeacherPaths } from './teacher-paths.ts';
import { velocityAt, velocityPath } from './velocity-paths.ts';

/** Draws of a model, see {@link SampleRequest} for what each is asked; see labels.ts for its classes. */
export class SamplingModel {
  /** For whoever wants another function of the model than those here. */
  readonly programs: ModelPrograms;
  /** Of a model without one it throws. */
  readonly teacher: TeacherPaths;
  /** What it computes on. */
  readonly executor: Executor['id'];
  private readonly plan: Plan;

  constructor(plan: Plan, executor: Executor) {
    this.plan = plan;
    this.executor = executor.id;
    this.programs = new ModelPrograms(plan, executor);
    this.teacher = new TeacherPaths(this.programs);
  }

  get dim(): number {
    return sizeOf(this.plan.sampleShape);
  }

  /** Copies what sampling reads out of a training state. */
  snapshot(state: Readonly<Record<string, Float32Array>>): SampledState {
    return Object.fromEntries(this.plan.bound.sampledState.map((name) => [name, state[name]!.slice()]));
  }

  /**
   * @returns points [count, dim] and the network evaluations each took
   * @throws WorkbenchError `sampler/wrong-nfe` if the model cannot be sampled with that many,
   *   `config/wrong-value` if it cannot be asked for that
   */
  async sample(state: SampledState, wanted: SampleRequest): Promise<{ points: Float32Array; nfe: number }> {
    if (this.plan.method.produces === 'generator') {
      const request = askable(this.plan, wanted);
      return { points: await generatorSamples({ programs: this.programs, state }, request), nfe: 1 };
    }
    const path = await this.trajectories(state, wanted, 'end');
    return { points: Float32Array.from(path.states.at(-1)!), nfe: path.nfe };
  }

  /**
   * Paths from noise at t=1: those of a sampler along a velocity; f(z, d) of a flow map for ever longer
   * d, or its jumps, or what its teacher makes of where it arrives; the roll-outs of a policy.
   *
   * @throws WorkbenchError `view/not-available` for a generator, `config/wrong-value`, `sampler/...`
   */
  async trajectories(state: SampledState, wanted: SampleRequest, record: 'all' | 'end'): Promise<Trajectory> {
    const request = askable(this.plan, wanted);
    const at = { programs: this.programs, state };
    const { produces } = this.plan.method;
    switch (produces) {
      case 'velocity':
        return velocityPath(at, request, record);
      case 'flowMap':
        return flowMapPath(at, this.teacher, request, record);
      case 'policy':
        return policyPath(at, request, record);
      default:
        throw new WorkbenchError('view/not-available', `view: a ${produces} has no sampler paths`, {
          field: 'view',
        });
    }
  }

  /** v(x, t) of a velocity at any points. @param x  [n * dim]  @param t  one time for all, or [n] */
  velocityAt(
    state: SampledState,
    x: Float64Array | Float32Array,
    t: number | ArrayLike<number>,
    asked: Asked = {},
  ): Promise<Float64Array> {
    return velocityAt({ programs: this.programs, state }, x, t, asked);
  }

  /** Does work of several draws under which no program may be let go of: `dispose` waits for it. */
  during<T>(work: () => Promise<T>): Promise<T> {
    return this.programs.during(work);
  }

  dispose(): Promise<void> {
    return this.programs.dispose();
  }
}
