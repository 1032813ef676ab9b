/** The registry: a reproduction is one file and one line here. */
import { WorkbenchError } from '#contract/errors.ts';
import { analyticPolicy } from './analytic-policy.ts';
import { digitsDiversity } from './digits-diversity.ts';
import { digitsNoiseSearch } from './digits-noise-search.ts';
import { digitsTable } from './digits-table.ts';
import { driftingAntisymmetry } from './drifting-antisymmetry.ts';
import { driftingAntisymmetryDigits } from './drifting-antisymmetry-digits.ts';
import { driftingEncoder } from './drifting-encoder.ts';
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
  digitsTable,
  driftingEncoder,
  driftingAntisymmetryDigits,
  digitsDiversity,
  digitsNoiseSearch,
];

/** @throws WorkbenchError `reproduction/unknown` naming what there is */
export function reproductionByName(name: string, among = reproductions): Reproduction {
  const found = among.find((each) => each.name === name);
  if (found !== undefined) return found;
  const known = among.map((each) => each.name);
  throw new WorkbenchError('reproduction/unknown', `expected one of ${known.join(', ')}, found "${name}"`, {
    known,
  });
}
