import type { WireError } from '#contract/errors.ts';
import type { RunSummary } from '#contract/runs.ts';
import { isActive } from '../state/runs.svelte.ts';

/** Length of the axis of training steps: all that are to come while a run can go on, else those done. */
export function axisEnd(run: RunSummary, filmSteps: Float64Array): number {
  const isOver = run.status === 'finished' || run.status === 'diverged' || run.status === 'failed';
  return Math.max(1, isOver ? run.step : run.config.steps, filmSteps.at(-1) ?? 0);
}

/** The step among ascending ones that is nearest to a value; the value itself if there are none. */
export function nearestStep(steps: Float64Array, value: number): number {
  let nearest = steps[0] ?? value;
  for (const step of steps) if (Math.abs(step - value) < Math.abs(nearest - value)) nearest = step;
  return nearest;
}

interface FilmState {
  index: unknown;
  error: WireError | null;
  steps: Float64Array;
}

/** Why training time cannot be scrubbed, null if it can. */
export function reasonWithoutFilm(run: RunSummary | null, film: FilmState | null): string | null {
  if (run === null) return 'No run is selected';
  if ((film?.steps.length ?? 0) > 0) return null;
  if (run.config.filmFrames === 0) return 'This run keeps no film of its training';
  if (film === null) return 'The film is there when the engine is connected';
  if (film.error !== null) return film.error.message;
  if (film.index === null) return 'Loading the film';
  return isActive(run.status) ? 'The first frame of the film is on its way' : 'This run has no film';
}
