/** Classes of methods that learn from labelled data itself, some of it shown without its class. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { WorkbenchError } from '#contract/errors.ts';
import type { Condition } from '../maths/sampleable.ts';
import type { Draw } from './method.ts';

export const dataClassParams = {
  conditional: z.boolean().default(false).meta({
    label: 'Learn classes',
    group: 'Classes',
    help: 'Conditions on the class of a sample, or on the mode that a point lies in, where the data has either.',
  }),
  labelDropout: z.number().min(0).lt(1).default(0.1).meta({
    label: 'Label dropout',
    group: 'Classes',
    help: 'Share of the data that is shown without its class, so that guidance has something to start from.',
  }),
} as const;

const choices = z.object(dataClassParams);

export interface DataClasses {
  /** 0 where none are learnt. */
  readonly classes: number;
  /** What `condition` reads, for data drawn under the name `data`: none where no classes are learnt. */
  readonly draws: Readonly<Record<string, Draw>>;
  /**
   * The class of each point, the one past the last for a point shown without.
   * @param label  [B] class of each point  @param drop  [B] uniform in [0, 1)
   */
  condition(label: Tensor | undefined, drop: Tensor | undefined): Condition | undefined;
}

/**
 * @param known  classes of the data
 * @throws WorkbenchError `config/wrong-value` if classes are to be learnt where there are none
 */
export function dataClassesOf(
  { conditional, labelDropout }: z.output<typeof choices>,
  known: number,
  batch: number,
): DataClasses {
  if (!conditional) return { classes: 0, draws: {}, condition: () => undefined };
  if (known === 0) {
    throw new WorkbenchError(
      'config/wrong-value',
      'params.conditional: expected off, for this data has neither classes nor known modes, found on',
      { field: 'params.conditional' },
    );
  }
  return {
    classes: known,
    draws: { label: { kind: 'label', of: 'data' }, drop: { kind: 'uniform', shape: [batch] } },
    condition: (label, drop) => ({
      label: tf.where(tf.less(drop!, labelDropout), known, label!) as Tensor1D,
    }),
  };
}
