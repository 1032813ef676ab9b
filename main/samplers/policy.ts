/** Sampling from a policy: a network call a segment, and between them roll-outs that need no network. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { timeColumn } from '../maths/interpolant.ts';
import { rawTimeFromTime, timeFromRawTime } from '../maths/policy/raw-time.ts';
import { rollOutStep } from '../maths/policy/roll-out.ts';
import type { Condition, Policy } from '../maths/sampleable.ts';
import { repeat } from '../tensor/repeat.ts';

interface SegmentOptions {
  /** States to return, at equal distances in raw time. */
  readonly records: number;
  /** Euler steps between two of them. */
  readonly substeps: number;
  /**
   * Below 1, the policy is sharpened towards its likelier data; none if left out, and for policies that
   * cannot be. The paper uses it in all segments but the last one, which is for the caller to know.
   */
  readonly temperature?: number;
  readonly condition?: Condition | undefined;
}

/**
 * One network call at raw time `from` and the roll-out of its policy down to `to`.
 *
 * @param x  [B, ...shape] at raw time `from`
 * @param from  [B]  @param to  [B]
 * @returns `records` tensors [B, ...shape], the last one at `to`
 */
export function policySegment(
  policy: Policy,
  x: Tensor,
  from: Tensor1D,
  to: Tensor1D,
  { records, substeps, temperature = 1, condition }: SegmentOptions,
): Tensor[] {
  const tSrc = timeFromRawTime(from, policy.shift);
  const said = policy.parameters(x, tSrc, condition);
  const parameters = policy.tempered?.(said, temperature) ?? said;
  const length = tf.sub(from, to);
  const states: Tensor[] = [];
  let state = x;
  for (let record = 1; record <= records; record++) {
    const begin = tf.sub(from, tf.mul(length, (record - 1) / records)) as Tensor1D;
    // The last leg ends exactly at `to`.
    const end = record === records ? to : (tf.sub(from, tf.mul(length, record / records)) as Tensor1D);
    const outside = { ...parameters, sourceX: x, sourceT: tSrc, begin, end };
    // A loop of the graph: 128 substeps written out would be thousands of nodes for each network call.
    state = repeat(substeps, state, outside as Record<string, Tensor>, (now, inside, round) => {
      const { sourceX, sourceT, begin: a, end: b, ...known } = inside;
      const leg = {
        from: a as Tensor1D,
        to: b as Tensor1D,
        substeps: tf.fill([x.shape[0]!], substeps) as Tensor1D,
      };
      const velocity = (at: Tensor, t: Tensor1D): Tensor =>
        policy.velocity(known, sourceX!, sourceT as Tensor1D, at, t);
      return flatStep(velocity, now, round, leg, policy.shift);
    });
    states.push(state);
  }
  return states;
}

/**
 * One step of the flow-map sampler: like {@link policySegment}, but some of the noise is replaced by
 * fresh noise. With s = t the noise and al = 1 - t the signal,
 *
 *   m = (s_to al / (s al_to))^(h^2),   roll out to t' = s_to m / (al_to + s_to m),
 *   x_to = (al_to + s_to m) x' + s_to sqrt(1 - m^2) xi,
 *
 * which has the law of the data noised to `to` if x' has that of t'. h = 0 replaces nothing; from pure
 * noise any h > 0 replaces all of it. Chen et al. 2025, the released sampler.
 *
 * @param noise  [B, ...shape] ~ N(0, I), fresh
 * @param stochasticity  h >= 0
 * @returns as {@link policySegment}; all but the last lie on the roll-out to t'
 */
export function flowMapStep(
  policy: Policy,
  x: Tensor,
  from: Tensor1D,
  to: Tensor1D,
  noise: Tensor,
  { stochasticity: h, ...options }: SegmentOptions & { readonly stochasticity: number },
): Tensor[] {
  // m is 1 here: the power would have to say so of 0^0 too.
  if (h === 0) return policySegment(policy, x, from, to, options);
  const [s, sTo] = [timeFromRawTime(from, policy.shift), timeFromRawTime(to, policy.shift)];
  const [signal, signalTo] = [tf.sub(1, s), tf.sub(1, sTo)];
  const kept = tf.pow(tf.div(tf.mul(sTo, signal), tf.mul(s, signalTo)), h * h);
  const scale = tf.add(signalTo, tf.mul(sTo, kept)) as Tensor1D;
  const target = rawTimeFromTime(tf.div(tf.mul(sTo, kept), scale) as Tensor1D, policy.shift);
  const states = policySegment(policy, x, from, target, options);
  const fresh = tf.mul(sTo, tf.sqrt(tf.maximum(tf.sub(1, tf.square(kept)), 0))) as Tensor1D;
  const column = (each: Tensor1D): Tensor => timeColumn(each, x.rank);
  const last = tf.add(tf.mul(column(scale), states.at(-1)!), tf.mul(column(fresh), noise));
  return [...states.slice(0, -1), last];
}

/** A roll-out step of states of any shape, as [B, C, P] with all coordinates in C. */
function flatStep(
  velocity: (x: Tensor, t: Tensor1D) => Tensor,
  x: Tensor,
  round: Tensor,
  leg: Parameters<typeof rollOutStep>[3],
  shift: number,
): Tensor {
  const flat = tf.reshape(x, [x.shape[0]!, -1, 1]);
  const stepped = rollOutStep(
    (at, t) => tf.reshape(velocity(tf.reshape(at, x.shape), t), flat.shape),
    flat,
    round,
    leg,
    shift,
  );
  return tf.reshape(stepped, x.shape);
}
