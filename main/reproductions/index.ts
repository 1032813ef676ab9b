/** The registry: a reproduction is one file and one line here. */
import { WorkbenchError } from '#contract/errors.ts';
import { analyticPolicy } from './analytic-policy.ts';
import { driftingAntisymmetry } from './drifting-antisymmetry.ts';
import { driftingEquilibrium } from './drifting-equilibrium.ts';
import { driftingSampleCounts } from './drifting-sample-counts.ts';
import { driftingThreeInits } from './drifting-three-inits.ts';
import { freeflowErrorAccumulation } from './freeflow-error-accumulation.ts';
import { freeflowNoiseSearch } from './freeflow-noise-search.ts';
import { freeflowOneStep } from './freeflow-one-step.ts';
import { freeflowTeacherDataMismatch } from './freeflow-teacher-data-mismatch.ts';
import { piflowDiversity } from './piflow-diversity.ts';
import { piflowGmVsDx } from './piflow-gm-vs-dx.ts';
import { piflowNfe } from './piflow-nfe.ts';
import { piflowStability } from './piflow-stability.ts';
import type { Reproduction } from './reproduction.ts';

export const reproductions: readonly Reproduction[] = [
  driftingThreeInits,
  driftingAntisymmetry,
  driftingSampleCounts,
  driftingEquilibrium,
  freeflowErrorAccumulation,
  freeflowTeacherDataMismatch,
  freeflowOneStep,
  freeflowNoiseSearch,
  piflowNfe,
  piflowGmVsDx,
  piflowDiversity,
  piflowStability,
  analyticPolicy,
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
