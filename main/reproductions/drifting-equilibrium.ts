import * as tf from '@tensorflow/tfjs-core';
import { type KernelNormalisation, driftField } from '../methods/drifting/field.ts';
import { Rng } from '../tensor/rng.ts';
import { type Lab, sourceOf } from './lab.ts';
import { always, defineReproduction, values } from './reproduction.ts';

/** Points of each set that the field is estimated on: many, for its noise shrinks like their inverse root. */
const COUNT = 2048;
const TEMPERATURE = 0.086;

/**
 * Root mean square over the points x of the drift estimated on sets drawn apart from them. What is left of
 * it between draws of one law is the noise of the estimate, which training cannot remove.
 */
async function driftBetween(
  lab: Lab,
  normalise: KernelNormalisation,
  { x, data, others }: Readonly<Record<'x' | 'data' | 'others', Float32Array>>,
): Promise<number> {
  const shape = [COUNT, 2];
  const program = await lab.program({ x: shape, data: shape, others: shape }, (sets) => {
    const [at, positives, negatives] = [sets['x'], sets['data'], sets['others']] as Parameters<
      typeof driftField
    >[0][];
    const { attract, repel } = driftField(at!, positives!, negatives!, {
      temperature: TEMPERATURE,
      maskSelf: false,
      normalise,
    });
    return { drift: tf.sub(attract, repel) };
  });
  const { drift } = await program.run({ x, data, others });
  await program.dispose();
  return Math.sqrt((drift as Float32Array).reduce((sum, v) => sum + v ** 2, 0) / COUNT);
}

export const driftingEquilibrium = defineReproduction({
  name: 'drifting-equilibrium',
  claim: 'The field shrinks as the generated distribution meets the data.',
  source: 'Deng et al. 2026, Generative Modeling via Drifting, section 3',
  rule: `Measure: root mean square of the drift at ${COUNT} generated points, estimated on as many others and on as many data points, less (in squares) what the same estimate finds between draws of the data: the noise of finite sets. Holds if with every seed and data set the drift that training follows (affinities normalised over targets and generated points) is after training below a third of what it was before; does not hold otherwise. That drift carries the masses of both affinities, which are small wherever one kind outweighs the other, so the field of the definition, each part normalised alone, is printed beside.`,
  seeds: { quick: [0, 1, 2], full: [0, 1, 2, 3, 4] },
  arms: ['checkerboard', 'swiss-roll'],
  figure: {
    kind: 'arms',
    measure: 'ratio',
    title: 'Drift after training over drift before it, noise taken off',
    log: true,
  },
  async run(arm, seed, lab, { isQuick }) {
    const source = sourceOf(arm);
    const params = { batch: isQuick ? 256 : 512, width: 128, temperature: TEMPERATURE };
    const draw = (what: string): Float32Array => source.sample(new Rng(seed, `reproduction/${what}`), COUNT);
    const data = draw('data');
    const samplesAfter = async (steps: number): Promise<{ x: Float32Array; others: Float32Array }> => {
      const trained = await lab.train({ method: 'drifting', params, source, steps, seed });
      const points = async (draws: number): Promise<Float32Array> =>
        Float32Array.from(await trained.sample(trained.noise(COUNT, draws)));
      return { x: await points(seed), others: await points(seed + 1000) };
    };
    // One step of a small rate moves nothing: the samples of a network that has not been trained.
    const before = await samplesAfter(1);
    const after = await samplesAfter(isQuick ? 1000 : 6000);
    const shrinking = async (normalise: KernelNormalisation) => {
      const sets = { x: draw('first'), data, others: draw('second') };
      const noiseFloor = await driftBetween(lab, normalise, sets);
      const of = async (samples: typeof before): Promise<number> => {
        const found = await driftBetween(lab, normalise, { ...samples, data });
        return Math.sqrt(Math.max(0, found ** 2 - noiseFloor ** 2));
      };
      const [begin, end] = [await of(before), await of(after)];
      return { begin, end, noiseFloor, ratio: end / begin };
    };
    const trained = await shrinking('both');
    const defined = await shrinking('each');
    return {
      ...trained,
      beginByDefinition: defined.begin,
      endByDefinition: defined.end,
      ratioByDefinition: defined.ratio,
    };
  },
  verdict(results) {
    const ratios = Object.keys(results).flatMap((arm) => values(results, arm, 'ratio'));
    return always(ratios.every((ratio) => ratio < 1 / 3));
  },
});
