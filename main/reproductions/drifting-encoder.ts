import * as tf from '@tensorflow/tfjs-core';
import type { Digits, LabelledImages } from './digits-data.ts';
import { DigitsLab } from './digits-lab.ts';
import { classAccuracy, digitsMeasures } from './digits-measures.ts';
import { type DigitsSettings, digitsSettings, encoderNames } from './digits-settings.ts';
import type { Lab } from './lab.ts';
import { type Reproduction, defineReproduction, every, isLess, values } from './reproduction.ts';
import type { Trained } from './trained.ts';

/** How good features are apart from what learns in them: classes of held-out images by the nearest training image. */
async function featureAccuracy(lab: Lab, encoder: Trained, { held, training }: Digits): Promise<number> {
  const vectorsOf = async ({ values: images, labels }: LabelledImages) => {
    const program = await lab.program({ x: [labels.length, ...encoder.sampleShape] }, ({ x }) => ({
      vectors: tf.clone(encoder.features().vector(x!)),
    }));
    const { vectors } = await program.run({ x: images });
    await program.dispose();
    return { values: Float32Array.from(vectors!), labels };
  };
  const [known, asked] = [await vectorsOf(training), await vectorsOf(held)];
  return classAccuracy(asked.values, asked.labels, known, known.values.length / known.labels.length);
}

export function driftingEncoderWith(settings: DigitsSettings): Reproduction {
  return defineReproduction({
    name: 'drifting-encoder',
    claim: 'The better the encoder in whose features samples drift, the better they become.',
    source: 'Deng et al. 2026, Generative Modeling via Drifting, Table 3, at the scale of 8 x 8 digits',
    rule: `Measure: Fréchet distance in raw pixels to the images that were held out, of ${settings.count.full} samples. Holds if it falls from each encoder to the next (${encoderNames.join(', ')}) by more than two standard errors of the difference over seeds; does not hold if it surely rises from one to the next. How well the features alone tell classes apart is printed beside, for that is what better means here.`,
    seeds: { quick: [0, 1, 2], full: [0, 1, 2] },
    arms: encoderNames,
    figure: {
      kind: 'arms',
      measure: 'frechet',
      title: 'Fréchet distance to held-out digits',
      log: true,
    },
    async run(arm, seed, lab, size) {
      const digits = new DigitsLab(lab, settings, size);
      const encoder = await digits.encoder(
        encoderNames.find((name) => name === arm)!,
        seed,
      );
      const trained = await digits.drifting(encoder, seed);
      const { samples } = await digits.draw(trained, { seed, steps: 1 });
      return {
        ...(await digitsMeasures(samples, digits.labels(seed), digits.digits)),
        featureAccuracy: await featureAccuracy(lab, encoder, digits.digits),
      };
    },
    verdict(results) {
      const distances = encoderNames.map((name) => values(results, name, 'frechet'));
      return every(distances.slice(1).map((better, i) => isLess(better, distances[i]!)));
    },
  });
}

export const driftingEncoder = driftingEncoderWith(digitsSettings);
