import { pairedDistance } from '../metrics/paired-distance.ts';
import { defineReproduction, isLess, values } from './reproduction.ts';
import { exactTeacher, reference, taught } from './teacher.ts';

/** Points of the grid, and the window that the paper gives with them. */
const GRID = { policy: 'dx', components: 10, window: 10 / 128 };
const MIXTURE = { policy: 'gm', components: 8 };

export const piflowGmVsDx = defineReproduction({
  name: 'piflow-gm-vs-dx',
  claim: 'The Gaussian-mixture policy imitates better than predictions on a grid of times.',
  source: 'Chen et al. 2025, pi-Flow, Table 3',
  rule: 'Measure: distance to where the teacher takes the same noise (RK4, 64 steps), at 1 NFE. Holds if the mixture has less of it by more than two standard errors of the difference over seeds; does not hold if the grid surely has.',
  seeds: { quick: [0, 1, 2], full: [0, 1, 2, 3, 4] },
  arms: ['mixture', 'grid'],
  figure: { kind: 'arms', measure: 'rmse', title: 'Distance to the teacher’s own samples', log: true },
  async run(arm, seed, lab, { isQuick }) {
    const { noise, ends } = await reference(lab, seed);
    const student = await lab.train({
      method: 'piflow',
      params: { ...(arm === 'grid' ? GRID : MIXTURE), batch: isQuick ? 128 : 256, width: isQuick ? 96 : 256 },
      source: taught,
      steps: isQuick ? 500 : 10_000,
      seed,
      teacher: exactTeacher,
    });
    return { rmse: pairedDistance(await student.sample(noise), ends) };
  },
  verdict: (results) => isLess(values(results, 'mixture', 'rmse'), values(results, 'grid', 'rmse')),
});
