import { energyDistance } from '../metrics/energy-distance.ts';
import { Rng } from '../tensor/rng.ts';
import { sourceOf } from './lab.ts';
import { defineReproduction, every, isLess, values } from './reproduction.ts';

const factors: Readonly<Record<string, { attraction: number; repulsion: number }>> = {
  balanced: { attraction: 1, repulsion: 1 },
  'attraction 1.5': { attraction: 1.5, repulsion: 1 },
  'attraction 2': { attraction: 2, repulsion: 1 },
  'repulsion 1.5': { attraction: 1, repulsion: 1.5 },
  'repulsion 2': { attraction: 1, repulsion: 2 },
  'attraction only': { attraction: 1, repulsion: 0 },
};

/**
 * Mean distance of points from the mean of the mode they are nearest to: unbalanced attraction contracts
 * it, unbalanced repulsion widens it.
 */
function spreadWithinModes(points: ArrayLike<number>, means: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < points.length; i += 2) {
    let nearest = Infinity;
    for (let k = 0; k < means.length; k += 2) {
      nearest = Math.min(nearest, Math.hypot(points[i]! - means[k]!, points[i + 1]! - means[k + 1]!));
    }
    sum += nearest;
  }
  return (2 * sum) / points.length;
}

export const driftingAntisymmetry = defineReproduction({
  name: 'drifting-antisymmetry',
  claim: 'The field must be antisymmetric: stronger attraction or repulsion, or attraction alone, is worse.',
  source: 'Deng et al. 2026, Generative Modeling via Drifting, Table 1',
  rule: 'Measure: |log| of the spread within modes over that of the data, which unbalanced forces shift in 2-D where distances between distributions cannot tell them apart. Holds if the balanced field has less of it than each of the five others by more than two standard errors of the difference over seeds; does not hold if one of them surely has less.',
  seeds: { quick: [0, 1, 2], full: [0, 1, 2, 3, 4, 5, 6, 7] },
  arms: Object.keys(factors),
  figure: {
    kind: 'arms',
    measure: 'spreadError',
    title: '|log(spread within modes / that of data)|',
    log: false,
  },
  async run(arm, seed, lab, { isQuick }) {
    const source = sourceOf('eight-gaussians');
    const trained = await lab.train({
      method: 'drifting',
      params: { batch: 256, width: 128, temperature: 0.2, ...factors[arm] },
      source,
      steps: isQuick ? 800 : 4000,
      seed,
    });
    const count = 4000;
    const samples = await trained.sample(trained.noise(count, seed));
    const data = source.sample(new Rng(seed, 'reproduction/data'), count);
    const { means } = source.mixture!;
    const ratio = spreadWithinModes(samples, means) / spreadWithinModes(data, means);
    return {
      spreadError: Math.abs(Math.log(ratio)),
      spreadRatio: ratio,
      energyDistance: energyDistance(data, samples, 2),
    };
  },
  verdict(results) {
    const [balanced, ...others] = Object.keys(factors).map((arm) => values(results, arm, 'spreadError'));
    return every(others.map((other) => isLess(balanced!, other)));
  },
});
