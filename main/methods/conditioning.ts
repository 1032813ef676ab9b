/** How a distillation asks its teacher: for classes or not, and how strongly guided. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { WorkbenchError } from '#contract/errors.ts';
import { guidedField } from '../maths/cfg.ts';
import type { Condition, VelocityField } from '../maths/sampleable.ts';
import type { Draw, MethodContext } from './method.ts';

/** Parameters of every method that learns from a teacher. */
export const conditioningParams = {
  conditional: z.boolean().default(false).meta({
    label: 'Ask for classes',
    group: 'Conditioning',
    help: 'The student learns samples of each class of its teacher, beside those of any.',
  }),
  guidance: z.number().min(0).max(20).default(1).meta({
    label: 'Guidance',
    symbol: 'w',
    group: 'Conditioning',
    help: 'Scale at which the teacher is guided towards the class; 1 is none.',
  }),
  guidanceLow: z.number().min(0).max(1).default(0).meta({
    label: 'Guidance from',
    symbol: 't_{lo}',
    group: 'Conditioning',
    help: 'The teacher is guided between these times (t = 1 is noise).',
  }),
  guidanceHigh: z.number().min(0).max(1).default(1).meta({
    label: 'Guidance to',
    symbol: 't_{hi}',
    group: 'Conditioning',
  }),
} as const;

/** Standards of students of images: the digits need no more of a batch, and classes where there are some. */
export const imageStudentDefaults = { batch: 64, learningRate: 1e-3, conditional: true } as const;

/** One more for a student that reads the guidance scale, so that it can be chosen when it is sampled. */
export const guidanceRangeParams = {
  guidanceMax: z.number().min(0).max(20).default(1).meta({
    label: 'Guidance at most',
    symbol: 'w_{max}',
    group: 'Conditioning',
    help: 'Above 1, the student reads the scale and learns all from 1 to this; samples can then ask for any. 0 and 1 are off.',
  }),
} as const;

const conditioning = z.object(conditioningParams);
const guidanceRange = z.object(guidanceRangeParams);
type Conditioning = z.output<typeof conditioning> & Partial<z.output<typeof guidanceRange>>;

/** Share of the batch that asks for any class, so that a student can be asked for that too. */
const ANY_CLASS_SHARE = 0.1;

export interface Conditioner {
  /** Classes of the student; 0 for one that is not asked for any. */
  readonly classes: number;
  /** Whether the student reads a guidance scale. */
  readonly readsGuidance: boolean;
  /**
   * Random inputs that `condition` reads, under the names `asked` and `scale`; none where there is
   * nothing to ask.
   */
  readonly draws: Readonly<Record<string, Draw>>;
  /**
   * The teacher as this student learns it; to be called inside a traced function.
   * @param interval  guided between these times alone, and only where it would have been
   */
  teacher(interval?: { readonly low: number; readonly high: number }): VelocityField;
  /**
   * What the samples of a batch are asked for.
   * @param asked  [B] uniform in [0, 1)  @param scale  [B] uniform in [0, 1), where guidance is read
   */
  condition(asked: Tensor | undefined, scale?: Tensor): Condition | undefined;
  /** Network passes of that teacher where a class is asked for: 2 where it is guided. */
  readonly teacherNfe: number;
  /** What a student that reads guidance is given where samples say nothing of it: the scale `guidance`. */
  complete(condition: Condition | undefined, batch: number): Condition | undefined;
}

/** @throws WorkbenchError `config/wrong-value` if classes are asked for or guided by where there are none */
export function conditionerOf(
  options: Conditioning,
  { teacher, classes }: Pick<MethodContext, 'teacher' | 'classes'>,
  batch: number,
): Conditioner {
  const { conditional, guidance: scale, guidanceMax = 1, guidanceLow: low, guidanceHigh: high } = options;
  const readsGuidance = guidanceMax > 1;
  const refuse = (field: string, expected: string): never => {
    throw new WorkbenchError('config/wrong-value', `params.${field}: ${expected}`, {
      field: `params.${field}`,
    });
  };
  if (conditional && classes === 0) {
    refuse('conditional', 'expected off, for the teacher has no classes, found on');
  }
  if (scale !== 1 && !conditional) {
    refuse('guidance', `expected 1 unless classes are asked for (conditional), found ${scale}`);
  }
  if (readsGuidance && !conditional) {
    refuse(
      'guidanceMax',
      `expected at most 1 unless classes are asked for (conditional), found ${guidanceMax}`,
    );
  }
  if (readsGuidance && (scale < 1 || scale > guidanceMax)) {
    refuse('guidance', `expected between 1 and guidanceMax (${guidanceMax}), found ${scale}`);
  }
  const uniform = { kind: 'uniform', shape: [batch] } as const;
  return {
    classes: conditional ? classes : 0,
    readsGuidance,
    teacherNfe: scale === 1 && !readsGuidance ? 1 : 2,
    draws: {
      ...(conditional ? { asked: uniform } : {}),
      ...(readsGuidance ? { scale: uniform } : {}),
    },
    teacher(interval) {
      const field = teacher!();
      if (scale === 1 && !readsGuidance) return field;
      return guidedField(field, {
        scale,
        low: Math.max(low, interval?.low ?? 0),
        high: Math.min(high, interval?.high ?? 1),
      });
    },
    condition(asked, drawn) {
      if (!conditional) return undefined;
      const share = tf.div(tf.sub(asked!, ANY_CLASS_SHARE), 1 - ANY_CLASS_SHARE);
      const named = tf.minimum(tf.floor(tf.mul(share, classes)), classes - 1);
      const label = tf.where(tf.less(share, 0), classes, named) as Tensor1D;
      if (!readsGuidance) return { label };
      return { label, guidance: tf.add(1, tf.mul(drawn!, guidanceMax - 1)) as Tensor1D };
    },
    complete(condition, count) {
      if (!readsGuidance) return condition;
      return {
        label: condition?.label ?? (tf.fill([count], classes) as Tensor1D),
        guidance: condition?.guidance ?? (tf.fill([count], scale) as Tensor1D),
      };
    },
  };
}
