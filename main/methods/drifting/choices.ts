/** Choices in equal shares that normal noise makes, so that a sample is a function of its noise alone. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** @param noise  any shape  @returns of the same shape, from 0 to `parts` - 1, each as likely as any */
export function chosenParts(noise: Tensor, parts: number): Tensor {
  if (parts === 1) return tf.zerosLike(noise);
  const bounds = tf.tensor1d(normalQuantiles(parts));
  return tf.sum(tf.cast(tf.greater(tf.expandDims(noise, -1), bounds), 'float32'), -1);
}

/** Where a standard normal is cut into `parts` of equal mass: its quantiles at i / parts, 0 < i < parts. */
export function normalQuantiles(parts: number): number[] {
  return Array.from({ length: parts - 1 }, (_, i) => {
    const share = (i + 1) / parts;
    let [low, high] = [-9, 9];
    // Bisection of the distribution function: once a program, and exact enough for float32 at any share.
    for (let round = 0; round < 60; round++) {
      const middle = (low + high) / 2;
      if (normalDistribution(middle) < share) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  });
}

/** Phi(x), by Marsaglia's series x + x^3 / 3 + x^5 / 15 + ... (2004): exact to rounding for |x| below 7. */
function normalDistribution(x: number): number {
  let [sum, term] = [x, x];
  for (let i = 3; Math.abs(term) > 1e-17 * Math.abs(sum) && i < 400; i += 2) {
    term *= (x * x) / i;
    sum += term;
  }
  return 0.5 + (sum * Math.exp(-(x * x) / 2)) / Math.sqrt(2 * Math.PI);
}
