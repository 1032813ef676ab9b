import { modeCoverage } from '../metrics/mode-coverage.ts';
import { pairedDistance } from '../metrics/paired-distance.ts';
import { defineReproduction, every, isLess, values } from './reproduction.ts';
import { exactTeacher, reference, taught } from './teacher.ts';

const arms = ['prediction', 'joint', 'correction'];

export const freeflowErrorAccumulation = defineReproduction({
  name: 'freeflow-error-accumulation',
  claim:
    'Prediction alone drifts from the teacher, the joint loss does not, and correction alone loses modes.',
  source: 'Tong et al. 2025, Flow Map Distillation Without Data, section 4',
  rule: 'Measure: distance to where the teacher takes the same noise (RK4, 64 steps). Holds if the joint loss has less of it than prediction alone and than correction alone, each by more than two standard errors of the difference over seeds; does not hold if one of them surely has less than the joint loss.',
  seeds: { quick: [0, 1, 2], full: [0, 1, 2, 3, 4] },
  arms,
  figure: { kind: 'arms', measure: 'rmse', title: 'Distance to the teacher’s own samples', log: true },
  async run(arm, seed, lab, { isQuick }) {
    const { noise, ends } = await reference(lab, seed);
    const student = await lab.train({
      method: 'freeflow',
      params: { loss: arm, batch: 512, width: isQuick ? 96 : 256 },
      source: taught,
      steps: isQuick ? 900 : 20_000,
      seed,
      teacher: exactTeacher,
    });
    const samples = await student.sample(noise);
    const { minShareRatio } = modeCoverage(samples, 2, taught.modes!);
    return { rmse: pairedDistance(samples, ends), minModeShare: minShareRatio };
  },
  verdict(results) {
    const [prediction, joint, correction] = arms.map((arm) => values(results, arm, 'rmse'));
    return every([isLess(joint!, prediction!), isLess(joint!, correction!)]);
  },
});
