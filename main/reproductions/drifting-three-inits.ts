import { sourceOf } from './lab.ts';
import { defineReproduction, mean, values } from './reproduction.ts';

const source = sourceOf('bimodal');

/** Where all samples lie before training, in units of the data's standard deviation. */
const starts: Readonly<Record<string, readonly number[]>> = {
  middle: [0, 0],
  far: [4, 4],
  // The mean of the second mode.
  collapsed: [...source.mixture!.means.subarray(2, 4)],
};

export const driftingThreeInits = defineReproduction({
  name: 'drifting-three-inits',
  claim: 'From a start between the modes, far away, or collapsed on one, drifting recovers both modes.',
  source: 'Deng et al. 2026, Generative Modeling via Drifting, Fig. 3',
  rule: 'Holds if from every start and with every seed the smaller mode holds at least 40 % of the samples; does not hold if from some start it holds less than 25 % on average.',
  seeds: { quick: [0, 1, 2], full: [0, 1, 2, 3, 4] },
  arms: Object.keys(starts),
  figure: { kind: 'arms', measure: 'smallerShare', title: 'Share of the smaller mode', log: false },
  async run(arm, seed, lab, { isQuick }) {
    const trained = await lab.train({
      method: 'drifting',
      params: {
        batch: 128,
        width: 64,
        depth: 2,
        temperature: 0.5,
        learningRate: 1e-2,
        startCentre: [...starts[arm]!],
        startSpread: 0.2,
      },
      source,
      steps: isQuick ? 1600 : 4000,
      seed,
    });
    const count = 4000;
    const samples = await trained.sample(trained.noise(count, seed));
    const shares = [0, 0];
    for (let i = 0; i < count; i++) {
      const mode = source.modes!.modeOf(samples, 2 * i);
      if (mode >= 0) shares[mode]! += 1 / count;
    }
    return { smallerShare: Math.min(...shares), insideModes: shares[0]! + shares[1]! };
  },
  verdict(results) {
    const shares = Object.keys(starts).map((arm) => values(results, arm, 'smallerShare'));
    if (shares.flat().every((share) => share >= 0.4)) return 'holds';
    return shares.some((each) => mean(each) < 0.25) ? 'does not hold' : 'inconclusive';
  },
});
