/** Which class every sample is asked for. */
import { WorkbenchError } from '#contract/errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { Asked } from './model-programs.ts';
import type { Start } from './noise.ts';

type Of = Pick<Plan, 'bound' | 'sampleShape'>;

/** Whether samples are asked for a class, by name or by the rule of {@link labelled}. */
export function asksForClasses(plan: Of, { label, labels }: Asked): boolean {
  return label !== undefined || labels !== undefined || dealsClasses(plan);
}

/**
 * The same, with a class for every sample where classes are dealt out.
 *
 * Images of a model with classes are dealt out over them unless something is asked for: sample i is asked
 * for class i modulo their number, so that any count holds all in about equal shares. Asking for none, the
 * null class, is what guidance moves away from: networks learn it from a tenth of their batches, and its
 * images are far worse. Points are asked for any class, as ever.
 *
 * @param starts  samples that are not the first `count` of a seed
 */
export function labelled<A extends Asked>(plan: Of, asked: A, count: number, starts?: readonly Start[]): A {
  if (asked.labels !== undefined || asked.label !== undefined || !dealsClasses(plan)) return asked;
  const classes = plan.bound.classes!;
  return {
    ...asked,
    labels: Float32Array.from({ length: count }, (_, i) => (starts?.[i]?.index ?? i) % classes),
  };
}

interface Drawn {
  readonly count: number;
  readonly seed: number;
  readonly starts?: readonly Start[] | undefined;
  readonly byClass: boolean;
  readonly label?: number | undefined;
}

/**
 * What a view of many samples draws: as many as there are in whole rows of one class each, where it asks
 * for such.
 *
 * @throws WorkbenchError `config/wrong-value` naming the field
 */
export function drawnOf(
  plan: Of,
  { count, seed, starts, byClass, label }: Drawn,
): { readonly count: number; readonly starts?: readonly Start[]; readonly labels?: Float32Array } {
  if (!byClass) {
    requireStarts(starts, count);
    return starts === undefined ? { count } : { count, starts };
  }
  const { classes = 0 } = plan.bound;
  const refuse = (field: string, expected: string, found: string | number): never => {
    throw new WorkbenchError('config/wrong-value', `view.${field}: expected ${expected}, found ${found}`, {
      field: `view.${field}`,
    });
  };
  if (classes === 0) refuse('byClass', 'off, for this model has no classes', 'on');
  if (label !== undefined) refuse('label', 'none where there is a row for every class', label);
  const each = Math.floor(count / classes);
  if (each === 0) refuse('count', `at least ${classes}, one for each class`, count);
  requireStarts(starts, each);
  const row = starts ?? Array.from({ length: each }, (_, index) => ({ seed, index }));
  const labels = Float32Array.from({ length: classes * each }, (_, i) => Math.floor(i / each));
  return { count: labels.length, starts: Array.from(labels, (_, i) => row[i % each]!), labels };
}

function requireStarts(starts: readonly Start[] | undefined, count: number): void {
  if (starts === undefined || starts.length === count) return;
  throw new WorkbenchError(
    'config/wrong-value',
    `view.starts: expected ${count}, one for each noise, found ${starts.length}`,
    { field: 'view.starts' },
  );
}

function dealsClasses({ bound, sampleShape }: Of): boolean {
  return sampleShape.length === 3 && (bound.classes ?? 0) > 0;
}
