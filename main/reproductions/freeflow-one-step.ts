import { pairedDistance } from '../metrics/paired-distance.ts';
import { defineReproduction, isLess, values } from './reproduction.ts';
import { exactTeacher, reference, taught } from './teacher.ts';

const budgets = [1, 2, 4, 8, 16];

export const freeflowOneStep = defineReproduction({
  name: 'freeflow-one-step',
  claim: 'One evaluation of the distilled flow map replaces many of the teacher.',
  source: 'Tong et al. 2025, Flow Map Distillation Without Data, Table 1',
  rule: 'Measure: distance to where the teacher takes the same noise (RK4, 64 steps). Holds if the student at 1 NFE has less of it than the teacher with 4 Euler steps, by more than two standard errors of the difference over seeds; does not hold if it surely has more.',
  seeds: { quick: [0, 1, 2], full: [0, 1, 2, 3, 4] },
  arms: ['student, 1 NFE', ...budgets.map((nfe) => `teacher, ${nfe} NFE`)],
  figure: { kind: 'arms', measure: 'rmse', title: 'Distance to the teacher’s own samples', log: true },
  async run(arm, seed, lab, { isQuick }) {
    const { noise, ends } = await reference(lab, seed);
    const nfe = budgets.find((each) => arm === `teacher, ${each} NFE`);
    if (nfe !== undefined) {
      const euler = await lab.teacherEnds(exactTeacher, noise, 2, { sampler: 'euler', steps: nfe });
      return { rmse: pairedDistance(euler, ends) };
    }
    const student = await lab.train({
      method: 'freeflow',
      params: { batch: 512, width: isQuick ? 128 : 256 },
      source: taught,
      steps: isQuick ? 1500 : 20_000,
      seed,
      teacher: exactTeacher,
    });
    return { rmse: pairedDistance(await student.sample(noise), ends) };
  },
  verdict: (results) =>
    isLess(values(results, 'student, 1 NFE', 'rmse'), values(results, 'teacher, 4 NFE', 'rmse')),
});
