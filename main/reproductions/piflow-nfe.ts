import { pairedDistance } from '../metrics/paired-distance.ts';
import { defineReproduction, every, isLess, values } from './reproduction.ts';
import { exactTeacher, reference, taught } from './teacher.ts';

const budgets = [1, 2, 4];

export const piflowNfe = defineReproduction({
  name: 'piflow-nfe',
  claim: 'A policy reaches the teacher in 1, 2 or 4 network calls, and more calls bring it closer.',
  source: 'Chen et al. 2025, pi-Flow, Tables 1 and 2',
  rule: 'Measure: distance to where the teacher takes the same noise (RK4, 64 steps). Holds if the policy at 1 NFE has less of it than the teacher with 8 Euler steps and at 4 NFE less than at 1, each by more than two standard errors of the difference over seeds; does not hold if one of these surely is the other way round.',
  seeds: { quick: [0, 1, 2], full: [0, 1, 2, 3, 4] },
  arms: [...budgets.map((nfe) => `policy, ${nfe} NFE`), 'teacher, 8 NFE'],
  figure: { kind: 'arms', measure: 'rmse', title: 'Distance to the teacher’s own samples', log: true },
  async run(arm, seed, lab, { isQuick }) {
    const { noise, ends } = await reference(lab, seed);
    const nfe = budgets.find((each) => arm === `policy, ${each} NFE`);
    if (nfe === undefined) {
      const euler = await lab.teacherEnds(exactTeacher, noise, 2, { sampler: 'euler', steps: 8 });
      return { rmse: pairedDistance(euler, ends) };
    }
    const student = await lab.train({
      method: 'piflow',
      // Segments of noised data: every step has one, so that all arms take as many samples.
      params: { nfe, source: 'data', batch: isQuick ? 192 : 256, width: isQuick ? 96 : 256 },
      source: taught,
      steps: isQuick ? 450 : 10_000,
      seed,
      teacher: exactTeacher,
    });
    return { rmse: pairedDistance(await student.sample(noise, nfe), ends) };
  },
  verdict(results) {
    const [one, , four] = budgets.map((nfe) => values(results, `policy, ${nfe} NFE`, 'rmse'));
    return every([isLess(one!, values(results, 'teacher, 8 NFE', 'rmse')), isLess(four!, one!)]);
  },
});
