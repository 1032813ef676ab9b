import { squaredDistance } from '../metrics/points.ts';
import { DigitsLab } from './digits-lab.ts';
import { digitsMeasures } from './digits-measures.ts';
import { type DigitsSettings, type StudentName, digitsSettings } from './digits-settings.ts';
import {
  type Reproduction,
  type Results,
  defineReproduction,
  every,
  isLess,
  values,
} from './reproduction.ts';

const TEACHER = 'teacher';
const imitating: readonly StudentName[] = ['FreeFlow', 'pi-Flow GM'];
const matching: StudentName = 'DMD';
const students: readonly StudentName[] = [...imitating, matching, 'Drifting'];
const TEACHER_STEPS = 32;

/** Mean distance of two samples that were asked to be of one class. */
function distanceWithinClasses(samples: Float64Array, labels: ArrayLike<number>): number {
  const dim = samples.length / labels.length;
  let [sum, pairs] = [0, 0];
  for (let i = 0; i < labels.length; i++) {
    for (let j = 0; j < i; j++) {
      if (labels[i] !== labels[j]) continue;
      sum += Math.sqrt(squaredDistance(samples, i * dim, samples, j * dim, dim));
      pairs += 1;
    }
  }
  return sum / pairs;
}

/** |log| of the distance within classes over that of the teacher, seed by seed. */
function departure(results: Results, arm: string): number[] {
  const teacher = values(results, TEACHER, 'withinClasses');
  return values(results, arm, 'withinClasses').map((own, i) => Math.abs(Math.log(own / (teacher[i] ?? NaN))));
}

export function digitsDiversityWith(settings: DigitsSettings): Reproduction {
  return defineReproduction({
    name: 'digits-diversity',
    claim:
      'One-step students that imitate their teacher keep its diversity, where one that matches distributions does not.',
    source:
      'Chen et al. 2025, pi-Flow, section on diversity and teacher alignment, at the scale of 8 x 8 digits',
    rule: `Measure: mean distance between two samples of one class, over that of the teacher (${TEACHER_STEPS} Euler steps, the same noise). Holds if ${imitating.join(' and ')} are each nearer to 1 (in |log|) than ${matching} by more than two standard errors of the difference over seeds; does not hold if one of them surely is further. Recall is printed beside, and drifting, which has no teacher.`,
    seeds: { quick: [0, 1, 2], full: [0, 1, 2] },
    arms: [TEACHER, ...students],
    figure: {
      kind: 'arms',
      measure: 'withinClasses',
      title: 'Mean distance between two samples of one class',
      log: false,
    },
    async run(arm, seed, lab, size) {
      const digits = new DigitsLab(lab, settings, size);
      const name = students.find((each) => each === arm);
      const trained = name === undefined ? await digits.teacher(seed) : await digits.student(name, { seed });
      const steps = name === undefined ? TEACHER_STEPS : 1;
      const { samples } = await digits.draw(trained, { seed, steps });
      const labels = digits.labels(seed);
      return {
        withinClasses: distanceWithinClasses(samples, labels),
        ...(await digitsMeasures(samples, labels, digits.digits)),
      };
    },
    verdict: (results) =>
      every(imitating.map((name) => isLess(departure(results, name), departure(results, matching)))),
  });
}

export const digitsDiversity = digitsDiversityWith(digitsSettings);
