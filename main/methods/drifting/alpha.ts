/**
 * The guidance strength alpha of a class-conditional Drifting model. Unconditional data of weight w
 * among the negatives make the repelling law q~ = (1 - g) q + g p(. | null) with alpha = 1 / (1 - g), so
 * that the field vanishes at q = alpha p_c - (alpha - 1) p_null: guidance learnt in training, at no
 * second network call. The network is told alpha, which is drawn anew for every class and step.
 */

/** Alpha is drawn from 1, no guidance, up to here. */
export const MOST_ALPHA = 4;

/**
 * Inverse of the distribution function of p(alpha) in proportion to alpha^-power on [1, 4]:
 * alpha = (1 + U (4^(1 - power) - 1))^(1 / (1 - power)), and 4^U at power 1.
 *
 * @param uniform  U in [0, 1]
 */
export function alphaFromUniform(uniform: number, power: number): number {
  const exponent = 1 - power;
  if (exponent === 0) return MOST_ALPHA ** uniform;
  return (1 + uniform * (MOST_ALPHA ** exponent - 1)) ** (1 / exponent);
}

/**
 * Weight of each unconditional negative: w = (alpha - 1) (G - 1) / N. A generated point meets G - 1
 * others, so the N weigh alpha - 1 times as much as they do.
 *
 * @param generated  G, at least 2  @param unconditional  N, at least 1
 */
export function unconditionalWeight(alpha: number, generated: number, unconditional: number): number {
  return ((alpha - 1) * (generated - 1)) / unconditional;
}

/** Inverse of {@link unconditionalWeight}: alpha = (G - 1 + N w) / (G - 1). */
export function alphaFromWeight(weight: number, generated: number, unconditional: number): number {
  return (generated - 1 + unconditional * weight) / (generated - 1);
}
