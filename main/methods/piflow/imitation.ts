/**
 * Imitation distillation in one segment: the policy, without gradient, goes where it goes; at some states
 * of its path it is compared with the teacher. Chen et al. 2025, section 2.5 and the released code.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { PolicySource, PolicyVelocity } from '../../maths/policy/policy.ts';
import { timeFromRawTime } from '../../maths/policy/raw-time.ts';
import { type Leg, rollOut, rollOutStep, substepsOfLeg } from '../../maths/policy/roll-out.ts';
import { repeat } from '../../tensor/repeat.ts';
import type { Explorer } from './policy-head.ts';

export interface ImitationOptions {
  /** J, states of a segment. */
  readonly states: number;
  /** Length of a segment in raw time. */
  readonly segment: number;
  /** Raw time over which the policy's velocity is averaged; at most `segment`. */
  readonly window: number;
  /** Euler steps per unit of raw time. */
  readonly substeps: number;
  readonly shift: number;
  /** Euler steps of an average velocity at least, each with a gradient; 4 if left out. */
  readonly leastSubsteps?: number;
}

/** One segment for every sample of a batch, from raw time `from` to `to`, [B] each. */
interface ImitatedSegment {
  readonly source: PolicySource;
  readonly policy: PolicyVelocity;
  readonly explorer: Explorer;
  readonly from: Tensor1D;
  readonly to: Tensor1D;
  /** [B, J] uniform: where the policy is compared. */
  readonly places: Tensor;
  /** The teacher's share of the exploring, and where it is cut, [B, J - 1] uniform; none if left out. */
  readonly mixing?: { readonly share: Scalar; readonly cuts: Tensor | undefined };
  /** The teacher at (x [B, C, P], t [B]), without gradient. */
  readonly teacher: PolicyVelocity;
}

const LEAST_SUBSTEPS = 4;
/** An average over less raw time is the velocity itself: 2 substeps of the paper's 128 to a unit, rounded. */
const LEAST_AVERAGED = 1.5 / 128;

/**
 * The teacher's share of the exploring, from 1 at the first step to 0 after `steps` of them.
 * @param step  1 at the first update
 */
export function teacherShare(step: Scalar, steps: number): Scalar {
  return tf.maximum(tf.sub(1, tf.div(tf.sub(step, 1), steps)), 0);
}

/**
 * @returns the mean over states of the mean square between policy and teacher, and where the exploring
 *   arrives at `to`, [B, C, P], for who asks
 */
export function imitateSegment(
  { source, policy, explorer, from, to, places, mixing, teacher }: ImitatedSegment,
  options: ImitationOptions,
): { loss: Scalar; arrival: () => Tensor } {
  const { states, window, shift } = options;
  // What may be drawn: the last average ends at `to` at the latest.
  const free = tf.sub(tf.sub(from, to), window) as Tensor1D;
  const taught = mixing === undefined ? null : tf.mul(free, mixing.share);
  const offsets = ascending(columns(places, states)).map((place) =>
    tf.mul(place, taught === null ? free : tf.sub(free, taught)),
  );
  const cuts = taught === null ? [] : [tf.zerosLike(from), ...ascending(columns(mixing!.cuts, states - 1))];
  /** Raw time after the first j parts of the teacher's share and so much of the policy's own. */
  const tauAt = (offset: Tensor, cut: Tensor | null): Tensor1D => {
    const own = tf.sub(from, offset);
    return tf.maximum(cut === null ? own : tf.sub(own, tf.mul(taught!, cut)), to) as Tensor1D;
  };

  let loss: Tensor = tf.scalar(0);
  let [x, tau] = [source.x, from];
  for (let j = 0; j < states; j++) {
    const begin = tauAt(offsets[j]!, cuts[j] ?? null);
    x = explored(explorer, source, x, tau, begin, options);
    tau = begin;
    const t = timeFromRawTime(begin, shift);
    const velocity = teacher(x, t);
    let found: Tensor;
    if (taught === null) {
      found = window > 0 ? windowed(policy, x, begin, options) : policy(x, t);
    } else {
      const end = tauAt(offsets[j]!, cuts[j + 1] ?? tf.onesLike(from));
      found = averagedOrLocal(policy, x, begin, minus(end, window), options);
      // The teacher's one Euler step through the part that it covers.
      const elapsed = tf.sub(timeFromRawTime(end, shift), t);
      x = tf.add(x, tf.mul(velocity, tf.reshape(elapsed, [-1, 1, 1])));
      tau = end;
    }
    loss = tf.add(loss, tf.div(tf.mean(tf.squaredDifference(found, velocity)), states));
  }
  const last = { x, tau };
  return {
    loss: loss as Scalar,
    arrival: () => explored(explorer, source, last.x, last.tau, to, options),
  };
}

/**
 * Where the exploring policy arrives, without gradient. As a loop of the graph (an ONNX Loop), not
 * written out: it takes up to 512 substeps, J + 1 times a segment, and every one written out is some
 * forty nodes to trace, compile and schedule. It needs no gradient, which a loop could not give.
 */
function explored(
  explorer: Explorer,
  source: PolicySource,
  x: Tensor,
  from: Tensor1D,
  to: Tensor1D,
  options: ImitationOptions,
): Tensor {
  const substeps = substepsOfLeg(from, to, options.substeps);
  const outside = { ...explorer.tensors, sourceX: source.x, sourceT: source.t, from, to, substeps };
  return repeat(longestLeg(options), x, outside as Record<string, Tensor>, (state, inside, round) => {
    const { sourceX, sourceT, from: a, to: b, substeps: n, ...tensors } = inside;
    const policy = explorer.policy(tensors, { x: sourceX!, t: sourceT as Tensor1D });
    const leg: Leg = { from: a as Tensor1D, to: b as Tensor1D, substeps: n as Tensor1D };
    return rollOutStep(policy, state, round, leg, options.shift);
  });
}

/** The average over the window that begins at tau. */
function windowed(policy: PolicyVelocity, x: Tensor, tau: Tensor1D, options: ImitationOptions): Tensor {
  const { window, shift, leastSubsteps: least = LEAST_SUBSTEPS } = options;
  const substeps = tf.fill(tau.shape, least) as Tensor1D;
  return averaged(policy, x, { from: tau, to: minus(tau, window), substeps }, shift, least);
}

/** (x - x at `to`) / (t - t at `to`) by a roll-out that keeps its gradient, hence is written out. */
function averaged(policy: PolicyVelocity, x: Tensor, leg: Leg, shift: number, most: number): Tensor {
  const end = rollOut(policy, x, leg, shift, most);
  const elapsed = tf.sub(timeFromRawTime(leg.from, shift), timeFromRawTime(leg.to, shift));
  return tf.div(tf.sub(x, end), tf.reshape(tf.maximum(elapsed, 1e-6), [-1, 1, 1]));
}

/** {@link averaged} with as many substeps as the leg is long, or the velocity itself where it is too short. */
function averagedOrLocal(
  policy: PolicyVelocity,
  x: Tensor,
  from: Tensor1D,
  to: Tensor1D,
  options: ImitationOptions,
): Tensor {
  const { shift, leastSubsteps: least = LEAST_SUBSTEPS } = options;
  const substeps = tf.maximum(substepsOfLeg(from, to, options.substeps), least) as Tensor1D;
  const most = Math.max(least, longestLeg(options));
  const average = averaged(policy, x, { from, to, substeps }, shift, most);
  const isLong = tf.reshape(tf.greaterEqual(tf.sub(from, to), LEAST_AVERAGED), [-1, 1, 1]);
  return tf.where(isLong, average, policy(x, timeFromRawTime(from, shift)));
}

/** Substeps of a leg that is a whole segment. */
function longestLeg({ substeps, segment }: ImitationOptions): number {
  return Math.max(1, Math.ceil(substeps * segment));
}

function minus(tau: Tensor1D, window: number): Tensor1D {
  return tf.maximum(tf.sub(tau, window), 0);
}

/** @returns `count` tensors [B] */
function columns(table: Tensor | undefined, count: number): Tensor[] {
  if (table === undefined) return [];
  const rows = table.shape[0]!;
  return Array.from({ length: count }, (_, j) => tf.reshape(tf.slice(table, [0, j], [rows, 1]), [rows]));
}

/** The same numbers, smallest first, for every sample: a sorting network of a few comparisons. */
function ascending(values: readonly Tensor[]): Tensor[] {
  const sorted = [...values];
  for (let end = sorted.length - 1; end > 0; end--) {
    for (let i = 0; i < end; i++) {
      const [a, b] = [sorted[i]!, sorted[i + 1]!];
      sorted[i] = tf.minimum(a, b);
      sorted[i + 1] = tf.maximum(a, b);
    }
  }
  return sorted;
}
