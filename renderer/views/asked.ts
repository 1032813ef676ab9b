import { isGuidable } from '#contract/catalog.ts';
import type { MethodEntry } from '#contract/catalog.ts';
import type { RunSummary } from '#contract/runs.ts';

/** What a person asks of models with classes. */
export interface Wanted {
  /** Index of a class; null for any. */
  readonly label: number | null;
  /** Guidance scale w towards the class; 1 is none. */
  readonly guidance: number;
}

/** Largest guidance scale that is offered; the engine takes more. */
export const mostGuidance = 8;

/** What a run can be asked for. */
export interface Askable {
  readonly classes: number;
  /** Whether it can be asked for a guidance scale: what makes samples in few steps has to learn to read one. */
  readonly isGuidable: boolean;
  /** Whether samples that are asked for no class are dealt out over all of them. */
  readonly isDealt: boolean;
}

const answers = new Map<string, Askable>();

/**
 * What a run can be asked for: images are dealt out over the classes, points are of any. The same is the same
 * object: every report of progress brings a new run, with which no view is to be asked for anew.
 */
export function askableOf(
  run: Pick<RunSummary, 'classes' | 'sampleShape' | 'config'> | null,
  method: Pick<MethodEntry, 'produces' | 'guidedAbove'> | null,
): Askable {
  if (run === null || method === null) return same({ classes: 0, isGuidable: false, isDealt: false });
  const { classes, sampleShape, config } = run;
  return same({
    classes,
    isGuidable: classes > 0 && isGuidable(method, config.params),
    isDealt: sampleShape?.length === 3,
  });
}

function same(askable: Askable): Askable {
  const key = JSON.stringify(askable);
  const known = answers.get(key) ?? askable;
  answers.set(key, known);
  return known;
}

/**
 * The part of it that a run understands: nothing for one without classes, no class that it does not have,
 * and no guidance where its samples have no class to be guided to or it cannot be guided, which the engine
 * would refuse.
 */
export function askedOf(
  { classes, isGuidable: canGuide, isDealt }: Askable,
  { label, guidance }: Wanted,
): { label?: number; guidance?: number } {
  if (classes === 0) return {};
  const guided = guidance === 1 || !canGuide ? {} : { guidance };
  if (label !== null && label < classes) return { label, ...guided };
  return isDealt ? guided : {};
}
