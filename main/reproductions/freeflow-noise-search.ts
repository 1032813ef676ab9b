import { modeCoverage } from '../metrics/mode-coverage.ts';
import { searchNoise } from '../samplers/noise-search.ts';
import { densityVerifier } from '../samplers/verifiers.ts';
import { Rng } from '../tensor/rng.ts';
import { noiseOf } from './noise.ts';
import { defineReproduction, every, isLess, mean, values } from './reproduction.ts';
import { exactTeacher, taught } from './teacher.ts';

const COUNT = 4000;
/** Total evaluations by arm, and how many of them look for a noise. */
const arms: Readonly<Record<string, { nfe: number; candidates: number }>> = {
  'plain, 16 NFE': { nfe: 16, candidates: 0 },
  'plain, 32 NFE': { nfe: 32, candidates: 0 },
  'best of 4, 16 NFE': { nfe: 16, candidates: 4 },
  'best of 8, 32 NFE': { nfe: 32, candidates: 8 },
};

export const freeflowNoiseSearch = defineReproduction({
  name: 'freeflow-noise-search',
  claim:
    'Choosing among noises by the one-step student and sampling the teacher from the best beats spending all evaluations on the teacher.',
  source: 'Tong et al. 2025, Flow Map Distillation Without Data, section on inference-time scaling',
  rule: 'Measure: mean log density of the samples under the data, which is also the verifier. Holds if the search has more of it than plain Euler sampling at equal total NFE, at 16 and at 32, and at 16 more than plain sampling at 32, each by more than two standard errors of the difference over seeds; does not hold if one of these surely is the other way round. The smallest share of a mode is printed beside, for what the choice costs.',
  seeds: { quick: [0, 1, 2], full: [0, 1, 2, 3, 4] },
  arms: Object.keys(arms),
  figure: { kind: 'arms', measure: 'logDensity', title: 'Mean log density under the data', log: false },
  async run(arm, seed, lab, { isQuick }) {
    const { nfe, candidates } = arms[arm]!;
    const plain = async (noise: Float64Array, steps: number) => {
      const start = Float32Array.from(noise);
      const ends = await lab.teacherEnds(exactTeacher, start, 2, { sampler: 'euler', steps });
      return { states: [ends], nfe: steps };
    };
    const judged = (samples: Float64Array) => ({
      logDensity: mean([...taught.mixture!.logDensity(samples)]),
      minModeShare: modeCoverage(samples, 2, taught.modes!).minShareRatio,
    });
    if (candidates === 0) {
      const { states } = await plain(Float64Array.from(noiseOf(2 * COUNT, seed)), nfe);
      return { ...judged(states[0]!), nfe };
    }
    const student = await lab.train({
      method: 'freeflow',
      params: { batch: 512, width: isQuick ? 96 : 256 },
      source: taught,
      steps: isQuick ? 800 : 10_000,
      seed,
      teacher: exactTeacher,
    });
    const proxy = await student.drawer(2 * COUNT);
    const found = await searchNoise(
      async (noise) => ({ states: [await proxy.draw(Float32Array.from(noise))], nfe: 1 }),
      (noise) => plain(noise, nfe - candidates),
      {
        count: COUNT,
        candidates,
        dim: 2,
        verifier: densityVerifier(taught.mixture!),
        rng: new Rng(seed, 'reproduction/search'),
      },
    );
    await proxy.dispose();
    return { ...judged(found.samples), nfe: found.nfe };
  },
  verdict(results) {
    const density = (arm: string): number[] => values(results, arm, 'logDensity');
    return every([
      isLess(density('plain, 16 NFE'), density('best of 4, 16 NFE')),
      isLess(density('plain, 32 NFE'), density('best of 8, 32 NFE')),
      isLess(density('plain, 32 NFE'), density('best of 4, 16 NFE')),
    ]);
  },
});
