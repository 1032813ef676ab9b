/** Classes of distillations whose states are made of data: a noised point asks for the class it is of. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { Condition } from '../../maths/sampleable.ts';
import type { Conditioner } from '../conditioning.ts';
import type { Draw } from '../method.ts';

/** The draws that {@link labelled} reads, for a batch drawn under the name `data`. */
export function labelDraws({ classes, draws }: Pick<Conditioner, 'classes' | 'draws'>): Record<string, Draw> {
  return classes === 0 ? {} : { ...draws, label: { kind: 'label', of: 'data' } };
}

/**
 * The class of each point, or any class for the share that the conditioner leaves open and for points of
 * none that the teacher knows.
 * @param asked  [B] draw of the conditioner  @param label  [B] class of each point
 */
export function labelled(
  conditioner: Pick<Conditioner, 'classes' | 'condition'>,
  asked: Tensor | undefined,
  label: Tensor | undefined,
): Condition | undefined {
  const { classes } = conditioner;
  const condition = conditioner.condition(asked);
  if (condition === undefined) return undefined;
  const isOpen = tf.equal(condition.label, classes);
  return { label: tf.where(isOpen, condition.label, tf.minimum(label!, classes)) as Tensor1D };
}
