import { sourceOf } from './lab.ts';
import { always, defineReproduction, mean, values } from './reproduction.ts';

export const driftingEquilibrium = defineReproduction({
  name: 'drifting-equilibrium',
  claim: 'The field shrinks as the generated distribution meets the data.',
  source: 'Deng et al. 2026, Generative Modeling via Drifting, section 3',
  rule: 'Holds if with every seed the drift of the last tenth of training is below a third of that of the first 20 steps; does not hold otherwise.',
  seeds: { quick: [0, 1, 2], full: [0, 1, 2, 3, 4] },
  arms: ['checkerboard', 'swiss-roll'],
  figure: { measure: 'ratio', title: 'Drift at the end over drift at the beginning', log: true },
  async run(arm, seed, lab, { isQuick }) {
    const steps = isQuick ? 1000 : 4000;
    const first: number[] = [];
    const last: number[] = [];
    await lab.train({
      method: 'drifting',
      params: { batch: 256, width: 128 },
      source: sourceOf(arm),
      steps,
      seed,
      onStep(step, { drift }) {
        if (step <= 20) first.push(drift!);
        if (step > 0.9 * steps) last.push(drift!);
      },
    });
    const [begin, end] = [mean(first), mean(last)];
    return { begin, end, ratio: end / begin };
  },
  verdict(results) {
    const ratios = Object.keys(results).flatMap((arm) => values(results, arm, 'ratio'));
    return always(ratios.every((ratio) => ratio < 1 / 3));
  },
});
