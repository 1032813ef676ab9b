import { DigitsLab } from './digits-lab.ts';
import { digitsMeasures } from './digits-measures.ts';
import { type DigitsSettings, digitsSettings } from './digits-settings.ts';
import { type Reproduction, defineReproduction, every, isLess, values } from './reproduction.ts';

const factors: Readonly<Record<string, { attraction: number; repulsion: number }>> = {
  balanced: { attraction: 1, repulsion: 1 },
  'attraction 1.5': { attraction: 1.5, repulsion: 1 },
  'attraction 2': { attraction: 2, repulsion: 1 },
  'repulsion 1.5': { attraction: 1, repulsion: 1.5 },
  'repulsion 2': { attraction: 1, repulsion: 2 },
  'attraction only': { attraction: 1, repulsion: 0 },
};

export function driftingAntisymmetryDigitsWith(settings: DigitsSettings): Reproduction {
  return defineReproduction({
    name: 'drifting-antisymmetry-digits',
    claim: 'On images too the field must be antisymmetric: unbalanced forces are worse.',
    source: 'Deng et al. 2026, Generative Modeling via Drifting, Table 1, at the scale of 8 x 8 digits',
    rule: `Measure: Fréchet distance in raw pixels to the images that were held out, of ${settings.count.full} samples. Holds if the balanced field has less of it than each of the five others by more than two standard errors of the difference over seeds; does not hold if one of them surely has less.`,
    seeds: { quick: [0, 1, 2], full: [0, 1, 2] },
    arms: Object.keys(factors),
    figure: {
      kind: 'arms',
      measure: 'frechet',
      title: 'Fréchet distance to held-out digits',
      log: true,
    },
    async run(arm, seed, lab, size) {
      const digits = new DigitsLab(lab, settings, size);
      const trained = await digits.student('Drifting', { seed, params: factors[arm]! });
      const { samples } = await digits.draw(trained, { seed, steps: 1 });
      return digitsMeasures(samples, digits.labels(seed), digits.digits);
    },
    verdict(results) {
      const [balanced, ...others] = Object.keys(factors).map((arm) => values(results, arm, 'frechet'));
      return every(others.map((other) => isLess(balanced!, other)));
    },
  });
}

export const driftingAntisymmetryDigits = driftingAntisymmetryDigitsWith(digitsSettings);
