/** What a model is asked for when it draws samples, and what it cannot be asked for. */
import { WorkbenchError } from '#contract/errors.ts';
import { isGuidable } from '#contract/catalog.ts';
import type { Plan } from '../plan/plan.ts';
import { labelled } from './labels.ts';
import type { Asked } from './model-programs.ts';
import type { NoiseChoice } from './noise.ts';

export interface SampleRequest extends Asked, NoiseChoice {
  readonly nfe: number;
  /** For velocity fields; Euler unless said. */
  readonly sampler?: string | undefined;
  /** For policies of several calls: below 1, all but the last are sharpened. */
  readonly temperature?: number | undefined;
  /** For policies of several calls: h of the flow-map sampler; 0 adds no fresh noise. */
  readonly stochasticity?: number | undefined;
}

/**
 * The request with a class for every sample where they are dealt out.
 *
 * @throws WorkbenchError `config/wrong-value` for classes or guidance that the model cannot be asked for
 */
export function askable(plan: Plan, request: SampleRequest): SampleRequest {
  const { count, starts } = request;
  const asked = labelled(plan, request, count, starts);
  requireGuidable(plan, asked);
  requireClasses(plan, asked, count);
  return asked;
}

function requireGuidable(
  { method: { produces }, sampleShape }: Plan,
  { guidanceLow = 0, guidanceHigh = 1, guidanceChannels }: Asked,
): void {
  const isWhole = guidanceLow === 0 && guidanceHigh === 1 && guidanceChannels === undefined;
  if (produces !== 'velocity' && !isWhole) {
    const learnt = `none of it, for a ${produces} has learnt where it is guided`;
    if (guidanceChannels !== undefined) refuse('guidanceChannels', learnt, guidanceChannels);
    if (guidanceLow !== 0) refuse('guidanceLow', `0: ${learnt}`, guidanceLow);
    refuse('guidanceHigh', `1: ${learnt}`, guidanceHigh);
  }
  if (guidanceLow > guidanceHigh)
    refuse('guidanceLow', `at most guidanceHigh (${guidanceHigh})`, guidanceLow);
  const channels = sampleShape.at(-1)!;
  if (guidanceChannels !== undefined && guidanceChannels > channels) {
    refuse('guidanceChannels', `at most ${channels}, as samples have`, guidanceChannels);
  }
}

function requireClasses(
  { bound: { classes = 0 }, method, config }: Plan,
  { label, labels, guidance = 1 }: Asked,
  count: number,
): void {
  if (label !== undefined && label >= classes) {
    refuse('label', classes === 0 ? 'none, for this model has no classes' : `below ${classes}`, label);
  }
  if (labels !== undefined) {
    if (labels.length !== count) refuse('labels', `${count}, one for each sample`, labels.length);
    // One past the last means any.
    const wrong = Array.from(labels).find((each) => !Number.isInteger(each) || each < 0 || each > classes);
    if (wrong !== undefined || classes === 0) refuse('labels', `classes below ${classes}`, wrong ?? 0);
  }
  if (label === undefined && labels === undefined && guidance !== 1) {
    refuse('guidance', '1 where no class is asked for', guidance);
  }
  if (guidance !== 1 && !isGuidable(method, config.params)) {
    refuse('guidance', `1, for this ${method.produces} has not learnt to read a scale`, guidance);
  }
}

function refuse(field: string, expected: string, found: number): never {
  throw new WorkbenchError('config/wrong-value', `${field}: expected ${expected}, found ${found}`, { field });
}
