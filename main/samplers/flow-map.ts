/** Sampling from a flow map with any number of network calls; float64 state on the host. */
import { WorkbenchError } from '#contract/errors.ts';
import type { Chain } from '../maths/sampleable.ts';
import type { Rng } from '../tensor/rng.ts';
import { Integration } from './integration.ts';
import type { SampleOptions, Trajectory, Velocity } from './sampler.ts';

/** A `FlowMap` with host callbacks; each call is one evaluation. */
export interface HostFlowMap {
  /** f(z, d). @param z [B*D]  @param d  one duration in [0, 1] for all  @returns [B*D], owned by the caller */
  map(z: Float64Array, d: number): Promise<Float64Array> | Float64Array;
  /** From time `from` to time `to`, at most `from`; for maps that can be chained. */
  jump?(x: Float64Array, from: number, to: number): Promise<Float64Array> | Float64Array;
  /** How jumps are chained, where they can be. */
  readonly chain?: Chain;
}

interface FlowMapOptions extends Pick<SampleOptions, 'dim' | 'record' | 'signal'> {
  /** Evaluations of the map, those of the teacher included. */
  nfe: number;
  /** States to record of a path of jumps from noise to data, beside the noise; 32 unless said. */
  records?: number;
  /** For `renoise` alone, and above one evaluation. Round k draws from `rng.at(rng.step + k)`, k from 0. */
  rng?: Rng;
  /** What a map that cannot be chained hands over to. */
  teacher?: Velocity;
  /** Network passes of one call of the teacher, for the count alone: 2 for a guided one; 1 unless said. */
  teacherCost?: number;
  /** Time in (0, 1) at which it does; {@link handoverTime} unless said. */
  handover?: number;
}

const RECORDS = 32;

/**
 * From noise at t = 1 to data at t = 0 with `nfe` evaluations.
 *
 * With one, f(z, 1). With more, by what the map can do:
 * - `jump`: even jumps from 1 to 0, each starting where the last one ended;
 * - `renoise`: from t_k = 1 - k / nfe to the data, and from there to x = (1 - t_{k+1}) x0 + t_{k+1} n with
 *   fresh noise n (Song et al. 2023, Algorithm 1); the state recorded at t_k is what the map is called on;
 * - neither, but a teacher: the hybrid, f(z, 1 - h) and then nfe - 1 even Euler steps of the teacher from
 *   t = h to 0, for a map that only starts at the prior.
 *
 * With `record` at 'all' the map is also asked for states within its jumps, for the picture of a path;
 * `nfe` counts the evaluations that the sample itself took.
 *
 * @param noise [B*D] the state at t = 1; left as it is
 * @throws `sampler/wrong-nfe`    no positive whole number, or above 1 for a map with neither chain nor teacher
 * @throws `sampler/bad-options`  a missing rng, a handover outside (0, 1), or noise that is no multiple of dim
 * @throws `sampler/bad-velocity` the map or the teacher changed the size of the state
 * @throws `sampler/non-finite`, `sampler/cancelled`
 */
export async function sampleFlowMap(
  map: HostFlowMap,
  noise: Float64Array,
  options: FlowMapOptions,
): Promise<Trajectory> {
  const { nfe, teacher, record = 'all' } = options;
  if (!Number.isInteger(nfe) || nfe < 1) {
    throw new WorkbenchError('sampler/wrong-nfe', `nfe: expected a positive whole number, found ${nfe}`, {
      field: 'nfe',
    });
  }
  const run = new Integration(teacher ?? noTeacher, noise, options);
  const calls = new Calls(map, run, record === 'all' ? (options.records ?? RECORDS) : 0);
  if (nfe === 1) await calls.mapTo(0);
  else if (map.chain === 'jump') await chained(calls, nfe);
  else if (map.chain === 'renoise') await renoised(calls, run, nfe, options.rng);
  else if (teacher) await handedOver(calls, run, nfe, options.handover ?? handoverTime(nfe));
  else {
    throw new WorkbenchError(
      'sampler/wrong-nfe',
      `nfe: expected 1 for a flow map that starts at noise only and has no teacher to go on with, found ${nfe}`,
      { field: 'nfe' },
    );
  }
  const path = run.trajectory();
  return { ...path, nfe: path.nfe * (options.teacherCost ?? 1) + calls.count };
}

/**
 * Where a map hands over to its teacher unless said: h = 1 - nfe^(-1/4), so 0.16, 0.29 and 0.41 for 2, 4 and
 * 8 evaluations. A later handover trusts the map more, an earlier one the steps of the teacher; what is best
 * depends on both. Measured, its error is 11% above that of the best h on average, paired or in sliced W2, over
 * students of eight Gaussians (300, 1000 and 4000 training steps) and the checkerboard (2000 and 6000).
 */
export function handoverTime(nfe: number): number {
  return 1 - nfe ** -0.25;
}

/** The map on the state of a run: checks, counts and records. */
class Calls {
  /** Evaluations that samples took; those for the picture alone are not among them. */
  count = 0;
  private readonly map: HostFlowMap;
  private readonly run: Integration;
  private readonly records: number;

  constructor(map: HostFlowMap, run: Integration, records: number) {
    this.map = map;
    this.run = run;
    this.records = records;
  }

  /** From the noise to time `to`. */
  async mapTo(to: number): Promise<void> {
    const { x: noise } = this.run;
    await this.path(to, (t) => this.map.map(noise, 1 - t));
  }

  /** From the state to time `to`. */
  async jumpTo(to: number): Promise<void> {
    const { x, t: from } = this.run;
    await this.path(to, (t) => this.jump(x, from, t));
  }

  /** What the state would be as data: where the map takes it, but not the state of the run. */
  async data(): Promise<Float64Array> {
    const { x, t } = this.run;
    this.run.throwIfCancelled();
    this.count++;
    return this.checked(await this.jump(x, t, 0), 0);
  }

  private jump(x: Float64Array, from: number, to: number): Promise<Float64Array> | Float64Array {
    if (this.map.jump === undefined) {
      throw new WorkbenchError('sampler/bad-options', 'A flow map that is chained needs a jump, found none');
    }
    return this.map.jump(x, from, to);
  }

  private async path(
    to: number,
    stateAt: (t: number) => Promise<Float64Array> | Float64Array,
  ): Promise<void> {
    const { t: from } = this.run;
    const legs = Math.max(1, Math.round(this.records * (from - to)));
    for (let leg = 1; leg <= legs; leg++) {
      this.run.throwIfCancelled();
      const t = leg === legs ? to : from - ((from - to) * leg) / legs;
      this.run.advance(this.checked(await stateAt(t), t), t);
    }
    this.count++;
  }

  private checked(found: Float64Array, t: number): Float64Array {
    const expected = this.run.x.length;
    if (found.length === expected) return found;
    throw new WorkbenchError(
      'sampler/bad-velocity',
      `The flow map must return the ${expected} numbers of the state, found ${found.length} at t = ${t}`,
      { t, expected, found: found.length },
    );
  }
}

async function chained(calls: Calls, nfe: number): Promise<void> {
  for (let k = 1; k <= nfe; k++) await calls.jumpTo(1 - k / nfe);
}

async function renoised(calls: Calls, run: Integration, nfe: number, rng: Rng | undefined): Promise<void> {
  if (!rng) {
    throw new WorkbenchError(
      'sampler/bad-options',
      'A flow map that is chained by fresh noise needs an rng, found none',
    );
  }
  for (let k = 1; k <= nfe; k++) {
    const data = await calls.data();
    const t = 1 - k / nfe;
    if (k === nfe) {
      run.advance(data, 0);
      return;
    }
    const fresh = rng.at(rng.step + k - 1).fillNormal(new Float64Array(data.length));
    run.advance(
      data.map((value, i) => (1 - t) * value + t * fresh[i]!),
      t,
    );
  }
}

async function handedOver(calls: Calls, run: Integration, nfe: number, handover: number): Promise<void> {
  const isWithin = handover > 0 && handover < 1;
  if (!isWithin) {
    throw new WorkbenchError(
      'sampler/bad-options',
      `The handover must be a time between 0 and 1, both excluded, found ${handover}`,
      { handover },
    );
  }
  await calls.mapTo(handover);
  const steps = nfe - 1;
  for (let k = 1; k <= steps; k++) {
    run.throwIfCancelled();
    const { x, t } = run;
    const v = await run.velocity(x, t);
    const tNext = k === steps ? 0 : handover * (1 - k / steps);
    run.advance(
      x.map((value, i) => value + (tNext - t) * v[i]!),
      tNext,
    );
  }
}

function noTeacher(): never {
  throw new Error('no teacher to evaluate');
}
