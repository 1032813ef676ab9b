/** Sampling from a policy: a network call a segment, and between them roll-outs that need no network. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { timeFromRawTime } from '../maths/policy/raw-time.ts';
import { rollOutStep } from '../maths/policy/roll-out.ts';
import type { Policy } from '../maths/sampleable.ts';
import { repeat } from '../tensor/repeat.ts';

/**
 * One network call at raw time `from` and the roll-out of its policy down to `to`.
 *
 * @param x  [B, ...shape] at raw time `from`
 * @param from  [B]  @param to  [B]
 * @param records  states to return, at equal distances in raw time, the last one at `to`
 * @param substeps  Euler steps between two of them
 * @returns `records` tensors [B, ...shape]
 */
export function policySegment(
  policy: Policy,
  x: Tensor,
  from: Tensor1D,
  to: Tensor1D,
  { records, substeps }: { readonly records: number; readonly substeps: number },
): Tensor[] {
  const tSrc = timeFromRawTime(from, policy.shift);
  const parameters = policy.parameters(x, tSrc);
  const length = tf.sub(from, to);
  const states: Tensor[] = [];
  let state = x;
  for (let record = 1; record <= records; record++) {
    const begin = tf.sub(from, tf.mul(length, (record - 1) / records)) as Tensor1D;
    // The last leg ends exactly at `to`.
    const end = record === records ? to : (tf.sub(from, tf.mul(length, record / records)) as Tensor1D);
    const outside = { ...parameters, sourceX: x, sourceT: tSrc, begin, end };
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
