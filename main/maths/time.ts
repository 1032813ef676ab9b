/**
 * The one time convention: t = 1 noise, t = 0 data,
 *
 *   x_t = (1 - t) x0 + t n,   v(x, t) = E[n - x0 | x_t = x],   dx/dt = v,
 *
 * and the doors through which other conventions enter. Formulas are over plain numbers;
 * {@link overSamples} applies one to a batch.
 */

/** House time of SiT's time, which runs from noise at 0 to data at 1. Its own inverse. */
export function timeFromSitTime(sitTime: number): number {
  return 1 - sitTime;
}

/** SiT's time of house time. */
export function sitTimeFromTime(t: number): number {
  return 1 - t;
}

/** House time of a duration d travelled from the prior (FreeFlow): d = 1 - t. */
export function timeFromDuration(duration: number): number {
  return 1 - duration;
}

/** Velocity noise - data of one that points towards the data, u = data - noise (SiT, FreeFlow). */
export function velocityFromDataward(u: number): number {
  return -u;
}

/** Velocity towards the data, u = -v. */
export function datawardFromVelocity(v: number): number {
  return -v;
}

/** Expected data: x0 = x - t v. */
export function dataFromVelocity(x: number, v: number, t: number): number {
  return x - t * v;
}

/** Expected noise: n = x + (1 - t) v. */
export function noiseFromVelocity(x: number, v: number, t: number): number {
  return x + (1 - t) * v;
}

/** Score of the law of x_t: s = -(x + (1 - t) v) / t. Singular at t = 0. */
export function scoreFromVelocity(x: number, v: number, t: number): number {
  return -(x + (1 - t) * v) / t;
}

/** v = (x - x0) / t. Singular at t = 0. */
export function velocityFromData(x: number, x0: number, t: number): number {
  return (x - x0) / t;
}

/** v = (n - x) / (1 - t). Singular at t = 1. */
export function velocityFromNoise(x: number, noise: number, t: number): number {
  return (noise - x) / (1 - t);
}

/** v = -(x + t s) / (1 - t). Singular at t = 1. */
export function velocityFromScore(x: number, score: number, t: number): number {
  return -(x + t * score) / (1 - t);
}

/**
 * Applies one of the three-argument formulas above to a batch: `overSamples(dataFromVelocity, x, v, t)`.
 *
 * @param x      flat [B * size]
 * @param other  flat [B * size]: velocity, data, noise or score
 * @param t      house time, one for all or one per sample [B]
 * @returns      flat [B * size], a new array of the kind of `x`
 * @throws RangeError if the lengths do not fit each other
 */
export function overSamples<A extends Float32Array | Float64Array>(
  formula: (x: number, other: number, t: number) => number,
  x: A,
  other: ArrayLike<number>,
  t: number | ArrayLike<number>,
): A {
  const count = typeof t === 'number' ? 1 : t.length;
  const size = count === 0 ? 0 : x.length / count;
  if (other.length !== x.length || !Number.isInteger(size) || (count === 0 && x.length > 0)) {
    throw new RangeError(
      `expected arrays of one length that ${count} times divide, found ${x.length} and ${other.length}`,
    );
  }
  const out = x.slice() as A;
  for (let i = 0; i < out.length; i++) {
    const time = typeof t === 'number' ? t : t[Math.floor(i / size)]!;
    out[i] = formula(x[i]!, other[i]!, time);
  }
  return out;
}

/**
 * Time of raw time tau under shift m: t = m tau / (1 + (m - 1) tau). Keeps 0 and 1; m = 1 is the
 * identity and m > 1 spends more of the raw time near the noise.
 */
export function warp(rawTime: number, shift: number): number {
  return (shift * rawTime) / (1 + (shift - 1) * rawTime);
}

/** Raw time of time under shift m, the inverse of {@link warp}: tau = t / (m + (1 - m) t). */
export function unwarp(t: number, shift: number): number {
  return t / (shift + (1 - shift) * t);
}
