/** The registry: a reproduction is one file and one line here. */
import { WorkbenchError } from '#contract/errors.ts';
import { driftingAntisymmetry } from './drifting-antisymmetry.ts';
import { driftingEquilibrium } from './drifting-equilibrium.ts';
import { driftingSampleCounts } from './drifting-sample-counts.ts';
import { driftingThreeInits } from './drifting-three-inits.ts';
import { freeflowErrorAccumulation } from './freeflow-error-accumulation.ts';
import { freeflowOneStep } from './freeflow-one-step.ts';
import { piflowGmVsDx } from './piflow-gm-vs-dx.ts';
import { piflowNfe } from './piflow-nfe.ts';
import type { Reproduction } from './reproduction.ts';

export const reproductions: readonly Reproduction[] = [
  driftingThreeInits,
  driftingAntisymmetry,
  driftingSampleCounts,
  driftingEquilibrium,
  freeflowErrorAccumulation,
  freeflowOneStep,
  piflowNfe,
  piflowGmVsDx,
];

/** @throws WorkbenchError `reproduction/unknown` naming what there is */
export function reproductionByName(name: string): Reproduction {
  const found = reproductions.find((each) => each.name === name);
  if (found !== undefined) return found;
  const known = reproductions.map((each) => each.name);
  throw new WorkbenchError('reproduction/unknown', `expected one of ${known.join(', ')}, found "${name}"`, {
    known,
  });
}
