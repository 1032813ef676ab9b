import type { Aim } from '#contract/reproductions.ts';
import { Rng } from '../tensor/rng.ts';
import { DigitsLab } from './digits-lab.ts';
import { digitsMeasures } from './digits-measures.ts';
import { type DigitsSettings, type StudentName, digitsSettings } from './digits-settings.ts';
import {
  type Curve,
  type Reproduction,
  type Results,
  aimAtMost,
  defineReproduction,
  every,
  mean,
  standardError,
  values,
} from './reproduction.ts';

/** What the distance of the teacher may be, and those of its students over it. */
const TEACHER_MOST = 0.35;
const RATIO_MOST = 1.6;
const RECALL_POINTS = 5;
const ratioAims: readonly (readonly [student: StudentName, nfe: number, most: number])[] = [
  ['FreeFlow', 1, 1.06],
  ['pi-Flow GM', 1, 1.35],
  ['pi-Flow GM', 4, 1.05],
  ['Drifting', 1, 1.3],
];

const REAL = 'training images';

/** Evaluations that each student is asked for: generators take one, and a policy is trained for each number. */
const budgets: Readonly<Record<StudentName, readonly number[]>> = {
  FreeFlow: [1, 2, 4],
  'pi-Flow GM': [1, 2, 4],
  'pi-Flow DX': [1, 2, 4],
  Drifting: [1],
  MeanFlow: [1, 2, 4],
  DMD: [1],
};
const students = Object.keys(budgets) as StudentName[];

const studentArm = (name: StudentName, nfe: number): string => `${name}, ${nfe} NFE`;
const teacherArm = (sampler: string, steps: number): string => `teacher, ${sampler} ${steps}`;

/** The teacher's way of sampling with the least distance, by the mean over seeds; null where nothing is measured. */
function bestTeacher(results: Results): string | null {
  let best: string | null = null;
  for (const arm of Object.keys(results)) {
    if (!arm.startsWith('teacher, ')) continue;
    const distance = (each: string): number => mean(values(results, each, 'frechet'));
    if (Number.isFinite(distance(arm)) && (best === null || distance(arm) < distance(best))) best = arm;
  }
  return best;
}

/** Distances of an arm over those of the teacher at its best, seed by seed. */
function ratios(results: Results, arm: string): number[] {
  const best = bestTeacher(results);
  const distances = best === null ? [] : values(results, best, 'frechet');
  return values(results, arm, 'frechet').map((distance, i) => distance / (distances[i] ?? NaN));
}

function aimsOf(results: Results): Aim[] {
  const best = bestTeacher(results);
  const of = best === null ? 'teacher' : best;
  const recall = best === null ? [] : values(results, best, 'recall');
  const lost = (arm: string): number[] =>
    values(results, arm, 'recall').map((each, i) => 100 * ((recall[i] ?? NaN) - each));
  const arms = students.flatMap((name) => budgets[name].map((nfe) => studentArm(name, nfe)));
  const worst = values(results, arms[0]!, 'frechet').map((_, i) =>
    Math.max(...arms.map((arm) => ratios(results, arm)[i] ?? NaN)),
  );
  return [
    aimAtMost(`${of}: distance`, TEACHER_MOST, best === null ? [] : values(results, best, 'frechet')),
    ...ratioAims.flatMap(([name, nfe, most]) => {
      const arm = studentArm(name, nfe);
      return [
        aimAtMost(`${arm}: distance over that of the ${of}`, most, ratios(results, arm)),
        aimAtMost(`${arm}: points of recall lost to the ${of}`, RECALL_POINTS, lost(arm)),
      ];
    }),
    aimAtMost('The largest ratio of distances of any student', RATIO_MOST, worst),
  ];
}

function curvesOf(results: Results, settings: DigitsSettings): Curve[] {
  const point = (arm: string, x: number) => {
    const numbers = values(results, arm, 'frechet');
    return { x, mean: mean(numbers), error: standardError(numbers) };
  };
  const { eulerSteps } = settings;
  return [
    { name: 'teacher, Euler', points: eulerSteps.map((steps) => point(teacherArm('Euler', steps), steps)) },
    ...students.map((name) => ({
      name,
      points: budgets[name].map((nfe) => point(studentArm(name, nfe), nfe)),
    })),
    { name: REAL, points: [eulerSteps[0]!, eulerSteps.at(-1)!].map((x) => point(REAL, x)) },
  ];
}

export function digitsTableWith(settings: DigitsSettings): Reproduction {
  const teachers = [
    ...settings.eulerSteps.map((steps) => ({ sampler: 'Euler', steps })),
    ...settings.heunSteps.map((steps) => ({ sampler: 'Heun', steps })),
  ];
  const taught = students.flatMap((name) => budgets[name].map((nfe) => ({ name, nfe })));
  return defineReproduction({
    name: 'digits-table',
    claim: 'One to four evaluations of a student do as well as many of its teacher, on images.',
    source:
      'Tong et al. 2025, Tables 1 and 2; Chen et al. 2025, Tables 1 and 2; Deng et al. 2026, Table 5; at the scale of 8 x 8 digits',
    rule: `Measure: Fréchet distance in raw pixels to the images that were held out, of ${settings.count.full} samples an arm, as mean over seeds. Holds if the teacher, sampled the way that suits it best, is at most at ${TEACHER_MOST}, and over that distance FreeFlow at 1 NFE at most at ${ratioAims[0]![2]}, pi-Flow GM at 1 NFE at most at ${ratioAims[1]![2]} and at 4 NFE at most at ${ratioAims[2]![2]}, drifting at most at ${ratioAims[3]![2]}, each with at most ${RECALL_POINTS} points of recall less than the teacher, and no student of any kind is above ${RATIO_MOST}; does not hold if one of these is missed, and the lines say which. The quick size decides nothing: its networks are small and hardly trained.`,
    seeds: { quick: [0, 1, 2], full: [0, 1, 2] },
    arms: [
      REAL,
      ...teachers.map(({ sampler, steps }) => teacherArm(sampler, steps)),
      ...taught.map(({ name, nfe }) => studentArm(name, nfe)),
    ],
    figure: {
      kind: 'curves',
      title: 'Fréchet distance to held-out digits',
      x: { label: 'Network evaluations (Euler steps of the teacher)', log: true },
      y: { label: 'Fréchet distance', log: true },
      curves: (results) => curvesOf(results, settings),
    },
    async run(arm, seed, lab, size) {
      const digits = new DigitsLab(lab, settings, size);
      if (arm === REAL) {
        const { source } = digits.digits;
        const { values: images, labels } = source.labelled!(new Rng(seed, 'reproduction/real'), digits.count);
        return digitsMeasures(images, labels, digits.digits);
      }
      const sampled = async (steps: number, name: StudentName | null, sampler?: 'euler' | 'heun') => {
        const trained =
          name === null
            ? await digits.teacher(seed)
            : await digits.student(name, {
                seed,
                ...(name.startsWith('pi-Flow') && steps > 1 ? { params: { nfe: steps } } : {}),
              });
        const drawn = await digits.draw(trained, {
          seed,
          steps,
          ...(sampler === undefined ? {} : { sampler }),
          teacher: name === 'FreeFlow' ? await digits.teacher(seed) : null,
        });
        const labels = trained.classes > 0 ? digits.labels(seed) : null;
        return {
          nfe: drawn.nfe,
          ...(await digitsMeasures(drawn.samples, labels, digits.digits)),
          trainingSeconds: trained.seconds,
          millisecondsPerSample: drawn.millisecondsPerSample,
        };
      };
      const teacher = teachers.find((each) => arm === teacherArm(each.sampler, each.steps));
      if (teacher !== undefined) {
        return sampled(teacher.steps, null, teacher.sampler === 'Heun' ? 'heun' : 'euler');
      }
      const { name, nfe } = taught.find((each) => arm === studentArm(each.name, each.nfe))!;
      return sampled(nfe, name);
    },
    verdict: (results, { isQuick }) =>
      isQuick ? 'inconclusive' : every(aimsOf(results).map(({ outcome }) => outcome)),
    aims: aimsOf,
    notes(results, { isQuick }) {
      const count = settings.count[isQuick ? 'quick' : 'full'];
      const real = (measure: string): string => mean(values(results, REAL, measure)).toFixed(3);
      return [
        `Training images, drawn ${count} times with replacement, are at ${real('frechet')} from the held-out images and at ${real('frechetToAll')} from all images: what a model would reach that copies them. The distance falls as samples grow in number, so compare it at ${count} only.`,
        `${Math.round(100 * settings.holdout)}% of the 1797 images are held out. Classes are asked for in their proportions; the nearest of them says of which class a sample is.`,
        'nearestRatio is the median distance of samples to their nearest training image over that of held-out images, memorised the share of samples nearer than all but 1% of those; training images themselves have 0 and 1.',
        'FreeFlow starts at noise only: above 1 NFE its teacher goes on from where it arrives. A pi-Flow student is trained for each NFE. Times are those of this machine as busy as it was.',
        ...(isQuick
          ? [
              'Quick size: small networks, trained for seconds; it shows that everything runs, and judges nothing.',
            ]
          : settings.notes),
      ];
    },
  });
}

export const digitsTable = digitsTableWith(digitsSettings);
