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

/**
 * The part of it that a run understands: nothing for one without classes, or without that one, and no
 * guidance where no class is asked for, which the engine would refuse.
 */
export function askedOf(
  run: Pick<RunSummary, 'classes'> | null,
  { label, guidance }: Wanted,
): { label?: number; guidance?: number } {
  if (run === null || label === null || label >= run.classes) return {};
  return guidance === 1 ? { label } : { label, guidance };
}
