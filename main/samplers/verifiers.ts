/** Judges of points for {@link searchNoise}: the higher the score, the better. */
import { WorkbenchError } from '#contract/errors.ts';
import { GaussianMixture } from '../maths/gaussian-mixture.ts';

/**
 * @param points  [B*D], in the order of the samples, so that one that asks for classes can look them up
 * @returns [B]
 */
export type Verifier = (points: Float64Array, dim: number) => Promise<Float64Array> | Float64Array;

/** log p(x) under a mixture: the search moves samples to where there is most data. */
export function densityVerifier(mixture: GaussianMixture): Verifier {
  return (points, dim) => {
    requireDim(mixture.dim, dim);
    return mixture.logDensity(points);
  };
}

/** Probability that x came from one component of a mixture: a classifier that is right. */
export function modeVerifier(mixture: GaussianMixture, mode: number): Verifier {
  const { dim: size, count, means, stds, weights } = mixture;
  if (!Number.isInteger(mode) || mode < 0 || mode >= count) {
    throw new WorkbenchError(
      'sampler/bad-verifier',
      `The mode must be a whole number below ${count}, found ${mode}`,
      { mode, count },
    );
  }
  const mean = means.slice(mode * size, (mode + 1) * size);
  const component = new GaussianMixture({ means: [mean], stds: [stds[mode]!] });
  return (points, dim) => {
    requireDim(size, dim);
    const all = mixture.logDensity(points);
    return component.logDensity(points).map((own, i) => weights[mode]! * Math.exp(own - all[i]!));
  };
}

/** Minus the distance to the nearest of some points, such as data. @param reference  [M*D] */
export function nearnessVerifier(reference: Float64Array): Verifier {
  return (points, dim) => {
    if (reference.length === 0 || reference.length % dim !== 0) {
      throw new WorkbenchError(
        'sampler/bad-verifier',
        `The reference must hold at least one point of ${dim} numbers, found ${reference.length} numbers`,
        { dim, length: reference.length },
      );
    }
    return Float64Array.from({ length: points.length / dim }, (_, i) => {
      let nearest = Infinity;
      for (let j = 0; j < reference.length; j += dim) {
        let squares = 0;
        for (let c = 0; c < dim; c++) squares += (points[i * dim + c]! - reference[j + c]!) ** 2;
        nearest = Math.min(nearest, squares);
      }
      return -Math.sqrt(nearest);
    });
  };
}

function requireDim(expected: number, found: number): void {
  if (found === expected) return;
  throw new WorkbenchError(
    'sampler/bad-verifier',
    `The verifier judges points of ${expected} numbers, found points of ${found}`,
    { expected, found },
  );
}
