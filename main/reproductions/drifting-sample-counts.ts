import { energyDistance } from '../metrics/energy-distance.ts';
import { Rng } from '../tensor/rng.ts';
import { sourceOf } from './lab.ts';
import { defineReproduction, every, isLess, values } from './reproduction.ts';

const arms = ['16', '64', '256'];

export const driftingSampleCounts = defineReproduction({
  name: 'drifting-sample-counts',
  claim: 'More positives and negatives per step make a better generator.',
  source: 'Deng et al. 2026, Generative Modeling via Drifting, Table 2',
  rule: 'Holds if the energy distance to data falls from 16 to 64 and from 64 to 256 points, each by more than two standard errors of the difference over seeds; does not hold if it rises by as much anywhere.',
  seeds: { quick: [0, 1, 2], full: [0, 1, 2, 3, 4] },
  arms,
  figure: { kind: 'arms', measure: 'energyDistance', title: 'Energy distance to data', log: true },
  async run(arm, seed, lab, { isQuick }) {
    const source = sourceOf('checkerboard');
    const trained = await lab.train({
      method: 'drifting',
      params: { batch: Number(arm), width: 128 },
      source,
      steps: isQuick ? 1200 : 4000,
      seed,
    });
    const count = 4000;
    const samples = await trained.sample(trained.noise(count, seed));
    const data = source.sample(new Rng(seed, 'reproduction/data'), count);
    return { energyDistance: energyDistance(data, samples, 2) };
  },
  verdict(results) {
    const [few, some, many] = arms.map((arm) => values(results, arm, 'energyDistance'));
    return every([isLess(some!, few!), isLess(many!, some!)]);
  },
});
