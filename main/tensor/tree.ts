/**
 * Packing: a tree of named tensors as one flat vector. Parameters, gradients, moments and EMA live
 * packed, so that an optimiser step is a dozen kernels over one vector instead of a dozen per layer;
 * on small networks the per-kernel cost is what a step is made of.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { sizeOf } from './shape.ts';

export interface PackedLeaf {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
}

/** Where each named tensor lies in the vector, in order. */
export interface Packing {
  readonly size: number;
  readonly leaves: readonly PackedLeaf[];
}

export function packingOf(shapes: Readonly<Record<string, readonly number[]>>): Packing {
  let size = 0;
  const leaves = Object.entries(shapes).map(([name, shape]) => {
    const leaf = { name, shape, offset: size };
    size += sizeOf(shape);
    return leaf;
  });
  return { size, leaves };
}

/** @param flat [size]  @returns every named tensor in its own shape */
export function unpack(flat: Tensor1D, { leaves }: Packing): Record<string, Tensor> {
  const parts = tf.split(
    flat,
    leaves.map(({ shape }) => sizeOf(shape)),
  );
  return Object.fromEntries(leaves.map(({ name, shape }, i) => [name, tf.reshape(parts[i]!, [...shape])]));
}

/** The inverse of {@link unpack}. @returns [size] */
export function pack(tensors: Readonly<Record<string, Tensor>>, { leaves }: Packing): Tensor1D {
  return tf.concat1d(leaves.map(({ name }) => tf.reshape(tensors[name]!, [-1]) as Tensor1D));
}

/** Views of the named parts of packed host data; they share its memory. */
export function hostLeaves(flat: Float32Array, { leaves }: Packing): Record<string, Float32Array> {
  return Object.fromEntries(
    leaves.map(({ name, shape, offset }) => [name, flat.subarray(offset, offset + sizeOf(shape))]),
  );
}

/**
 * Value and packed gradient of a scalar loss in a packed vector. The tape is asked for the named
 * parts, not for the vector, so that no gradient of the splitting itself is computed.
 *
 * @param loss  maps the named tensors to a scalar; may also return other tensors to keep
 * @returns the loss [], its gradient [size] (zero for tensors that the loss does not use), and what
 *   `loss` kept
 */
export function packedValueAndGrad<Kept extends Record<string, Tensor>>(
  flat: Tensor1D,
  packing: Packing,
  loss: (tensors: Record<string, Tensor>) => { loss: tf.Scalar; kept: Kept },
): { loss: tf.Scalar; grad: Tensor1D; kept: Kept } {
  const named = unpack(flat, packing);
  const names = packing.leaves.map(({ name }) => name);
  let kept: Kept | undefined;
  const ofLeaves = (...leaves: Tensor[]): Tensor => {
    const result = loss(Object.fromEntries(names.map((name, i) => [name, leaves[i]!])));
    kept = Object.fromEntries(
      Object.entries(result.kept).map(([name, tensor]) => [name, tf.keep(tensor)]),
    ) as Kept;
    return result.loss;
  };
  // Unlike tf.valueAndGrads the engine leaves out what the loss does not use, instead of refusing.
  const { value, grads } = tf.tidy(() => {
    const leaves = names.map((name) => named[name]!);
    const found = tf.engine().gradients(() => ofLeaves(...leaves), leaves, undefined, true);
    const all = found.grads as (Tensor | undefined)[];
    return { value: found.value, grads: leaves.map((leaf, i) => all[i] ?? tf.zerosLike(leaf)) };
  });
  const grad = pack(Object.fromEntries(names.map((name, i) => [name, grads[i]!])), packing);
  return { loss: value as tf.Scalar, grad, kept: kept! };
}
