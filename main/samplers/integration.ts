import { WorkbenchError } from '#contract/errors.ts';
import type { SampleOptions, Trajectory, Velocity } from './sampler.ts';

/**
 * What every sampler does around its steps: checks the input, counts evaluations, watches for cancellation and
 * numbers that are not finite, records.
 */
export class Integration {
  /** [B*D] the state at {@link t}, not to be changed in place */
  x: Float64Array;
  t = 1;
  private readonly times: number[] = [1];
  private readonly states: Float64Array[];
  private nfe = 0;
  private readonly field: Velocity;
  private readonly dim: number;
  private readonly record: 'all' | 'end';
  private readonly signal: SampleOptions['signal'];

  constructor(velocity: Velocity, noise: Float64Array, options: SampleOptions) {
    const { dim, record = 'all', signal } = options;
    if (!Number.isInteger(dim) || dim < 1 || noise.length === 0 || noise.length % dim !== 0) {
      throw new WorkbenchError(
        'sampler/bad-options',
        `noise must hold at least one sample of dim numbers, found ${noise.length} numbers and dim ${dim}`,
        { dim, length: noise.length },
      );
    }
    this.field = velocity;
    this.dim = dim;
    this.record = record;
    this.signal = signal;
    this.x = noise.slice();
    this.states = [this.x];
    this.requireFinite('noise', this.x, 1);
  }

  /** @throws `sampler/cancelled` when the caller has asked to stop */
  throwIfCancelled(): void {
    if (!this.signal?.aborted) return;
    throw new WorkbenchError('sampler/cancelled', `Sampling was cancelled at t = ${this.t}`, { t: this.t });
  }

  /**
   * Takes `next` as the state at `t`.
   *
   * @throws `sampler/non-finite`
   */
  advance(next: Float64Array, t: number): void {
    this.requireFinite('state', next, t);
    this.x = next;
    this.t = t;
    if (this.record === 'end' && t > 0) return;
    this.times.push(t);
    this.states.push(next);
  }

  /**
   * v(x, t), counted. A property, so that it can be handed on as a {@link Velocity}.
   *
   * @throws `sampler/bad-velocity`, `sampler/non-finite`
   */
  readonly velocity = async (x: Float64Array, t: number): Promise<Float64Array> => {
    this.nfe++;
    const v = await this.field(x, t);
    if (v.length !== x.length) {
      throw new WorkbenchError(
        'sampler/bad-velocity',
        `The velocity must have the ${x.length} numbers of the state, found ${v.length} at t = ${t}`,
        { t, expected: x.length, found: v.length },
      );
    }
    this.requireFinite('velocity', v, t);
    return v;
  };

  trajectory(): Trajectory {
    return { times: Float64Array.from(this.times), states: this.states, nfe: this.nfe };
  }

  private requireFinite(what: 'noise' | 'state' | 'velocity', values: Float64Array, t: number): void {
    for (let i = 0; i < values.length; i++) {
      if (Number.isFinite(values[i]!)) continue;
      const sample = Math.floor(i / this.dim);
      throw new WorkbenchError(
        'sampler/non-finite',
        `The ${what} must be finite, found ${values[i]} at t = ${t} in sample ${sample}`,
        { what, t, sample },
      );
    }
  }
}

/** `options.steps` as a positive integer. @throws `sampler/bad-options` */
export function requireSteps(id: string, steps: number | undefined): number {
  if (steps === undefined || !Number.isInteger(steps) || steps < 1) {
    throw new WorkbenchError(
      'sampler/bad-options',
      `steps of sampler ${id} must be a positive integer, found ${steps}`,
      { sampler: id, steps },
    );
  }
  return steps;
}
