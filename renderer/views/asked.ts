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
interface Askable {
  readonly classes: number;
  /** Whether samples that are asked for no class are dealt out over all of them. */
  readonly isDealt: boolean;
}

/** What a run can be asked for: images are dealt out over the classes, points are of any. */
export function askableOf({ classes, sampleShape }: Pick<RunSummary, 'classes' | 'sampleShape'>): Askable {
  return { classes, isDealt: sampleShape?.length === 3 };
}

/**
 * The part of it that a run understands: nothing for one without classes, no class that it does not have,
 * and no guidance where its samples have no class to be guided to, which the engine would refuse.
 */
export function askedOf(
  { classes, isDealt }: Askable,
  { label, guidance }: Wanted,
): { label?: number; guidance?: number } {
  if (classes === 0) return {};
  const guided = guidance === 1 ? {} : { guidance };
  if (label !== null && label < classes) return { label, ...guided };
  return isDealt ? guided : {};
}
