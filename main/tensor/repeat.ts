import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { recordBody } from './trace.ts';

/** Outer values that a round may read, by name. */
type Named = Readonly<Record<string, Tensor>>;

/**
 * x, then body(x), `count` times in all: one node of the graph however many rounds there are. For
 * what needs no derivative, such as the roll-out of a detached policy: none passes, forward or backward.
 *
 * Usable only while tracing. `body` may use no tensor from outside but those of `invariant`, and
 * constants.
 *
 * @param x  carried from round to round
 * @param invariant  the same in every round
 * @param body  from x, the invariants and the round's number (from 0) to the next x, of the same shape
 * @throws RangeError if the shape changes; WorkbenchError `tensor/foreign-tensor`
 */
export function repeat<T extends Tensor, I extends Named>(
  count: number,
  x: T,
  invariant: I,
  body: (x: T, invariant: I, round: Scalar) => T,
): T {
  const names = Object.keys(invariant);
  const values = Object.values(invariant);
  const graph = recordBody(
    [{ shape: [] }, ...[x, ...values].map(({ shape, dtype }) => ({ shape, dtype: dtype as 'float32' }))],
    ([round, carried, ...others]) => {
      const inside = Object.fromEntries(names.map((name, i) => [name, others[i]!]));
      return [body(carried as T, inside as unknown as I, round as Scalar)];
    },
  );
  const inputs = [x, ...values] as unknown as tf.NamedTensorMap;
  const attrs = { count, carried: 1, body: graph } as unknown as tf.NamedAttrMap;
  const [last] = tf.engine().runKernel('Repeat', inputs, attrs) as unknown as [T];
  return last;
}
