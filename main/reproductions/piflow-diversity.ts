import { mixtureVelocityField } from '../maths/gaussian-mixture.ts';
import { modeCoverage } from '../metrics/mode-coverage.ts';
import { prdc } from '../metrics/prdc.ts';
import { Rng } from '../tensor/rng.ts';
import { sourceOf } from './lab.ts';
import { defineReproduction, isLess, mean, values } from './reproduction.ts';

const COUNT = 2000;
const NEIGHBOURS = 5;
/** Precisions that differ by no more than this are matched. */
const MATCHED = 0.05;

/** Twenty-five modes on a grid: enough for some to be lost. */
const source = sourceOf('gaussian-mixture', {
  means: Array.from({ length: 25 }, (_, k) => [(k % 5) - 2, Math.floor(k / 5) - 2]),
  stds: new Array<number>(25).fill(0.1),
});

/** Steps of a student, so that both have about the same time: a step of DMD has no roll-out. */
const students: Readonly<Record<string, { method: string; quick: number; full: number }>> = {
  'pi-Flow': { method: 'piflow', quick: 500, full: 10_000 },
  DMD: { method: 'dmd', quick: 4000, full: 60_000 },
};

export const piflowDiversity = defineReproduction({
  name: 'piflow-diversity',
  claim: 'Imitation keeps the diversity of the teacher, where matching distributions loses modes.',
  source: 'Chen et al. 2025, pi-Flow, section on diversity and teacher alignment',
  rule: `Measure: recall (5 nearest neighbours, ${COUNT} samples of the data and as many of the student) at matched precision. Holds if pi-Flow has more recall than DMD by more than two standard errors of the difference over seeds while its mean precision is at most ${MATCHED} lower; does not hold if DMD surely has more recall while its mean precision is at most ${MATCHED} lower; inconclusive otherwise. Coverage and the smallest share of a mode are printed beside.`,
  seeds: { quick: [0, 1, 2], full: [0, 1, 2, 3, 4] },
  arms: Object.keys(students),
  figure: { kind: 'arms', measure: 'recall', title: 'Recall at 1 NFE', log: false },
  async run(arm, seed, lab, { isQuick }) {
    const { method, quick, full } = students[arm]!;
    const student = await lab.train({
      method,
      params: { batch: 256, width: isQuick ? 96 : 256 },
      source,
      steps: isQuick ? quick : full,
      seed,
      teacher: () => mixtureVelocityField(source.mixture!),
    });
    const samples = await student.sample(student.noise(COUNT, seed));
    const data = source.sample(new Rng(seed, 'reproduction/data'), COUNT);
    const { precision, recall, coverage } = prdc(data, samples, 2, NEIGHBOURS);
    const { minShareRatio } = modeCoverage(samples, 2, source.modes!);
    return { recall, precision, coverage, minModeShare: minShareRatio };
  },
  verdict(results) {
    const of = (arm: string, measure: string): number[] => values(results, arm, measure);
    const recall = isLess(of('DMD', 'recall'), of('pi-Flow', 'recall'));
    const gap = mean(of('pi-Flow', 'precision')) - mean(of('DMD', 'precision'));
    if (recall === 'holds') return gap >= -MATCHED ? 'holds' : 'inconclusive';
    if (recall === 'does not hold') return gap <= MATCHED ? 'does not hold' : 'inconclusive';
    return 'inconclusive';
  },
});
