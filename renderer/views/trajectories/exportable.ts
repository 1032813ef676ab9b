import type { RunSummary } from '#contract/runs.ts';
import type { Figure } from '../../scene/figure.ts';
import type { ExportArray, Exportable } from '../../state/panes.svelte.ts';
import type { Basis } from './basis.ts';
import type { PathSet } from './picture.ts';

type Printed = Pick<Figure, 'layers' | 'paint' | 'legend'>;

interface Sources {
  run: RunSummary;
  step: number;
  main: () => PathSet | null;
  /** Axes in which images are seen; null for points. */
  basis: () => Basis | null;
  /** The layers and their legend in the print theme. */
  print: () => Printed;
  stage: () => { png(printed: Printed): Promise<Blob>; svg(printed: Printed): string } | undefined;
}

/** What the trajectories view gives to files. */
export function exportableOf({ run, step, main, basis, print, stage }: Sources): Exportable {
  const present = () => {
    const view = stage();
    if (view === undefined) throw new Error('Expected a stage to export, found that its view is closed');
    return view;
  };
  return {
    name: `trajectories-of-${run.name}-step-${step}`,
    about: { run: run.name, step, config: run.config },
    png: () => present().png(print()),
    svg: () => present().svg(print()),
    arrays: () => [...arraysOf(main()), ...basisArrays(basis())],
  };
}

function basisArrays(basis: Basis | null): ExportArray[] {
  if (basis === null) return [];
  const { axes, centre, explained } = basis;
  return [
    { name: 'axes', shape: [explained.length, centre.length], values: axes },
    { name: 'centre', shape: [centre.length], values: centre },
    { name: 'explained', shape: [explained.length], values: explained },
  ];
}

function arraysOf(set: PathSet | null): ExportArray[] {
  if (set === null) return [];
  const { positions, times, modes, count, dim } = set;
  return [
    { name: 'positions', shape: [count, times.length, dim], values: positions },
    { name: 'times', shape: [times.length], values: times },
    ...(modes === null ? [] : [{ name: 'modes', shape: [modes.length], values: modes }]),
  ];
}
