import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import type { DitConfig } from '#contract/networks.ts';
import type { Condition } from '../../maths/sampleable.ts';

/** The labels a network is given, [batch]: any class where none is asked for, none where it has none. */
export function labelsOf(
  { classes }: DitConfig,
  condition: Condition | undefined,
  batch: number,
): Tensor1D | null {
  if (classes === 0) return null;
  return condition?.label ?? (tf.fill([batch], classes, 'int32') as Tensor1D);
}
