import { nearestRows } from '../metrics/pairwise.ts';
import { inTurns } from '../metrics/turns.ts';
import { searchNoise } from '../samplers/noise-search.ts';
import type { Verifier } from '../samplers/verifiers.ts';
import { Rng } from '../tensor/rng.ts';
import type { Digits } from './digits-data.ts';
import { DigitsLab } from './digits-lab.ts';
import { digitsMeasures } from './digits-measures.ts';
import { type DigitsSettings, digitsSettings } from './digits-settings.ts';
import {
  type Reproduction,
  always,
  defineReproduction,
  every,
  isLess,
  mean,
  values,
} from './reproduction.ts';

const PROXY = 'student as proxy';
/** Total evaluations by arm, and how many of them look for a noise. */
const arms: Readonly<Record<string, { nfe: number; candidates: number }>> = {
  'plain, 16 NFE': { nfe: 16, candidates: 0 },
  'plain, 32 NFE': { nfe: 32, candidates: 0 },
  'best of 4, 16 NFE': { nfe: 16, candidates: 4 },
  'best of 8, 32 NFE': { nfe: 32, candidates: 8 },
};
const LEAST_CORRELATION = 0.5;

/**
 * How surely a sample is of the class it was asked for: how much further the nearest training image of
 * another class is than the nearest of its own. Judged is by images that were held out, which it never sees.
 */
function classVerifier({ training, source }: Digits, asked: ArrayLike<number>): Verifier {
  const { dim } = source;
  const rowsOf = (isWanted: (label: number) => boolean): Float32Array => {
    const rows = Array.from(training.labels).flatMap((label, i) => (isWanted(label) ? [i] : []));
    const out = new Float32Array(rows.length * dim);
    rows.forEach((row, i) => out.set(training.values.subarray(row * dim, (row + 1) * dim), i * dim));
    return out;
  };
  return async (points) => {
    const scores = new Float64Array(points.length / dim);
    for (const label of new Set(Array.from(asked))) {
      const members = Array.from(scores.keys()).filter((i) => asked[i] === label);
      const own = new Float64Array(members.length * dim);
      members.forEach((i, k) => own.set(points.subarray(i * dim, (i + 1) * dim), k * dim));
      const near = await inTurns(
        nearestRows(
          own,
          rowsOf((each) => each === label),
          dim,
        ),
      );
      const far = await inTurns(
        nearestRows(
          own,
          rowsOf((each) => each !== label),
          dim,
        ),
      );
      members.forEach((i, k) => (scores[i] = Math.sqrt(far.squared[k]!) - Math.sqrt(near.squared[k]!)));
    }
    return scores;
  };
}

/** Pearson's. */
function correlation(a: Float64Array, b: Float64Array): number {
  const [meanA, meanB] = [mean([...a]), mean([...b])];
  let [both, squareA, squareB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    both += (a[i]! - meanA) * (b[i]! - meanB);
    squareA += (a[i]! - meanA) ** 2;
    squareB += (b[i]! - meanB) ** 2;
  }
  return both / Math.sqrt(squareA * squareB);
}

export function digitsNoiseSearchWith(settings: DigitsSettings): Reproduction {
  return defineReproduction({
    name: 'digits-noise-search',
    claim:
      'A one-step student says which noises its teacher makes good images of, and looking for them beats more steps.',
    source:
      'Tong et al. 2025, Flow Map Distillation Without Data, section on inference-time scaling, at the scale of 8 x 8 digits',
    rule: `Measures: correlation over noises of the scores that the samples of FreeFlow and of its teacher (32 Euler steps) have, and class accuracy by the images that were held out. Holds if the mean correlation is at least ${LEAST_CORRELATION} and the search has more class accuracy than plain Euler sampling at equal total NFE, at 16 and at 32, by more than two standard errors of the difference over seeds; does not hold if the correlation is less or plain sampling surely has more. A score is how much further the nearest training image of another class is than that of the class asked for.`,
    seeds: { quick: [0, 1, 2], full: [0, 1, 2] },
    arms: [PROXY, ...Object.keys(arms)],
    figure: { kind: 'arms', measure: 'classAccuracy', title: 'Class accuracy', log: false },
    async run(arm, seed, lab, size) {
      const digits = new DigitsLab(lab, settings, size);
      const { source } = digits.digits;
      const labels = digits.labels(seed);
      const verifier = classVerifier(digits.digits, labels);
      const teacher = await digits.teacher(seed);
      const plain = async (noise: ArrayLike<number>, steps: number) => {
        const { samples, nfe } = await digits.draw(teacher, { seed, steps, noise });
        return { states: [samples], nfe };
      };
      const judged = async (samples: Float64Array, nfe: number) => ({
        ...(await digitsMeasures(samples, labels, digits.digits)),
        score: mean([...(await verifier(samples, source.dim))]),
        nfe,
      });
      const noise = teacher.noise(digits.count, seed);
      const { nfe, candidates } = arms[arm] ?? { nfe: 32, candidates: 0 };
      if (arm !== PROXY && candidates === 0) return judged((await plain(noise, nfe)).states[0]!, nfe);
      const student = await digits.student('FreeFlow', { seed });
      if (arm === PROXY) {
        const { samples } = await digits.draw(student, { seed, steps: 1, noise });
        const [own, theirs] = [samples, (await plain(noise, nfe)).states[0]!];
        const scores = [await verifier(own, source.dim), await verifier(theirs, source.dim)] as const;
        return { ...(await judged(own, 1)), correlation: correlation(...scores) };
      }
      const found = await searchNoise(
        async (candidate) => {
          const drawn = await digits.draw(student, { seed, steps: 1, noise: candidate });
          return { states: [drawn.samples], nfe: drawn.nfe };
        },
        (chosen) => plain(chosen, nfe - candidates),
        {
          count: digits.count,
          candidates,
          dim: source.dim,
          verifier,
          rng: new Rng(seed, 'reproduction/search'),
        },
      );
      return judged(found.samples, found.nfe);
    },
    verdict(results) {
      const accuracy = (arm: string): number[] => values(results, arm, 'classAccuracy');
      const found = mean(values(results, PROXY, 'correlation'));
      return every([
        always(found >= LEAST_CORRELATION),
        isLess(accuracy('plain, 16 NFE'), accuracy('best of 4, 16 NFE')),
        isLess(accuracy('plain, 32 NFE'), accuracy('best of 8, 32 NFE')),
      ]);
    },
  });
}

export const digitsNoiseSearch = digitsNoiseSearchWith(digitsSettings);
