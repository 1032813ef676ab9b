/** A plain network with residual blocks, for generators of small images. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Condition } from '../../maths/sampleable.ts';
import { silu } from '../../tensor/ops.ts';
import type { Rng } from '../../tensor/rng.ts';
import { sizeOf } from '../../tensor/shape.ts';

export interface ResidualMlpShape {
  /** Size of x, [B, inputs]. */
  readonly inputs: number;
  readonly outputs: number;
  readonly width: number;
  /** Residual blocks, of two layers each. */
  readonly depth: number;
  /** Classes that it can be asked for, besides the null class; 0 for none. */
  readonly classes: number;
  /** Whether it reads a guidance scale. */
  readonly readsGuidance: boolean;
}

const NORM_EPS = 1e-6;

/** Names and shapes of the parameters, in the order they are applied; weights are [in, out]. */
export function residualMlpShapes(shape: ResidualMlpShape): Record<string, number[]> {
  const { inputs, outputs, width, depth, classes, readsGuidance } = shape;
  const layers: [string, number, number][] = [
    ['input', inputs, width],
    ...Array.from({ length: depth }, (_, i): [string, number, number][] => [
      [`blocks.${i}.0`, width, width],
      [`blocks.${i}.2`, width, width],
    ]).flat(),
    ['output', width, outputs],
  ];
  return Object.fromEntries([
    ...layers.flatMap(([name, from, to]): [string, number[]][] => [
      [`${name}.weight`, [from, to]],
      [`${name}.bias`, [to]],
    ]),
    ...(classes > 0 ? [['classes', [classes + 1, width]] as [string, number[]]] : []),
    ...(readsGuidance ? [['guidance', [1, width]] as [string, number[]]] : []),
  ]);
}

/**
 * Weights N(0, 1 / fan-in), biases 0, class rows N(0, 1) beside an x of unit variance; guidance says nothing
 * at first. The last layer of a block is divided by the root of their number, so that depth adds no spread.
 *
 * @param lastGain  factor of the last layer
 */
export function initResidualMlp(
  shape: ResidualMlpShape,
  rng: Rng,
  lastGain = 1,
): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(residualMlpShapes(shape)).map(([name, dims]) => {
      const values = new Float32Array(sizeOf(dims));
      if (dims.length === 1 || name === 'guidance') return [name, values];
      let scale = name === 'classes' ? 1 : dims[0]! ** -0.5;
      if (name.endsWith('.2.weight')) scale /= Math.sqrt(shape.depth);
      if (name === 'output.weight') scale *= lastGain;
      return [name, rng.fillNormal(values).map((x) => scale * x)];
    }),
  );
}

/**
 * h = x W + class + (w - 1) g, then h + W2 silu(W1 norm(h)) per block, then a linear layer of norm(h).
 *
 * @param x [B, inputs]  @param condition  any class and no guidance if left out
 * @returns [B, outputs]
 */
export function applyResidualMlp(
  shape: ResidualMlpShape,
  parameters: Readonly<Record<string, Tensor>>,
  x: Tensor,
  condition?: Condition,
): Tensor2D {
  const { classes, depth, readsGuidance } = shape;
  const batch = x.shape[0]!;
  const linear = (name: string, input: Tensor): Tensor =>
    tf.add(
      tf.matMul(input as Tensor2D, parameters[`${name}.weight`] as Tensor2D),
      parameters[`${name}.bias`]!,
    );
  let h = linear('input', x);
  if (classes > 0) {
    const label = condition?.label ?? tf.fill([batch], classes);
    h = tf.add(h, tf.gather(parameters['classes']!, tf.cast(label, 'int32')));
  }
  if (readsGuidance && condition?.guidance !== undefined) {
    const beyondNone = tf.reshape(tf.sub(condition.guidance, 1), [batch, 1]);
    h = tf.add(h, tf.mul(beyondNone, parameters['guidance']!));
  }
  for (let i = 0; i < depth; i++) {
    h = tf.add(h, linear(`blocks.${i}.2`, silu(linear(`blocks.${i}.0`, normed(h)))));
  }
  return linear('output', normed(h)) as Tensor2D;
}

/** Zero mean and unit variance over the last axis, without parameters. */
function normed(h: Tensor): Tensor {
  const centred = tf.sub(h, tf.mean(h, -1, true));
  return tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), NORM_EPS)));
}
