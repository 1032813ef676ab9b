/** The noise that samples start from: the same for every method, step and view, so that pictures can be compared. */
import { Rng } from '../../tensor/rng.ts';

const STREAM = 'view/noise';

interface SampleOfSeed {
  readonly seed: number;
  readonly index: number;
}

/** Noise that was chosen: that of a sample of a seed, or a place between two of them. */
export interface Start extends SampleOfSeed {
  readonly to?: SampleOfSeed | undefined;
  /** Where on the way from the first to `to`, 0 to 1. */
  readonly at?: number | undefined;
}

/** From which noises samples are made. */
export interface NoiseChoice {
  readonly count: number;
  readonly seed: number;
  /** [count] which noises to start from instead of those of the seed. */
  readonly starts?: readonly Start[] | undefined;
  /** Noise of any other origin to start from, [count * noise size]. */
  readonly noise?: Float32Array | undefined;
}

/** What samples start from. @param size  numbers of the noise of one */
export function startNoise({ noise, starts, seed, count }: NoiseChoice, size: number): Float32Array {
  if (noise !== undefined) return noise;
  return starts === undefined ? noiseFor(seed, count * size) : chosenNoise(starts, size);
}

/** What stochastic samplers draw on the way. */
export function wayNoise({ starts, seed }: NoiseChoice): Rng {
  const stream = 'sampler/noise';
  return starts === undefined ? new Rng(seed, stream) : new FreshNoise(starts, stream);
}

/** The noise of a seed, sample after sample. @param size  numbers of all of them */
export function noiseFor(seed: number, size: number): Float32Array {
  return new Rng(seed, STREAM).fillNormal(new Float32Array(size));
}

/** The noise of one sample, as `noiseFor` has it among the others. @param size  numbers of one sample */
export function noiseOfSample({ seed, index }: SampleOfSeed, size: number): Float32Array {
  return normalsFrom(new Rng(seed, STREAM), index * size, new Float32Array(size));
}

/**
 * [starts * size], one noise after the other. A generator may have noise of another size than its samples,
 * and let some of its numbers choose a class or a style: those are interpolated like all others.
 */
export function chosenNoise(starts: readonly Start[], size: number): Float32Array {
  const out = new Float32Array(starts.length * size);
  starts.forEach((start, i) => {
    const from = noiseOfSample(start, size);
    const { to, at = 0 } = start;
    out.set(to === undefined || at === 0 ? from : slerp(from, noiseOfSample(to, size), at), i * size);
  });
  return out;
}

/**
 * Spherical interpolation (Shoemake 1985) of the directions of two vectors, with the length going evenly
 * from one's to the other's. Between two draws of a Gaussian in many dimensions, which are about as long as
 * each other, all that lies on the way is as likely as they are; on the straight line it would be shorter.
 * Opposite vectors, which no great circle joins more than another, are joined by the straight line.
 */
export function slerp(from: Float32Array, to: Float32Array, at: number): Float32Array {
  const [a, b] = [lengthOf(from), lengthOf(to)];
  const cosine = dot(from, to) / (a * b);
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  const sine = Math.sin(angle);
  if (!(sine > 1e-6)) return from.map((value, i) => (1 - at) * value + at * to[i]!);
  const length = (1 - at) * a + at * b;
  const [ofFrom, ofTo] = [
    (length * Math.sin((1 - at) * angle)) / (a * sine),
    (length * Math.sin(at * angle)) / (b * sine),
  ];
  return from.map((value, i) => ofFrom * value + ofTo * to[i]!);
}

/**
 * Fresh noise on the way from noise to data, for samples that are not the first ones of a seed: each has that
 * which it would have among those.
 */
export class FreshNoise extends Rng {
  private readonly samples: readonly SampleOfSeed[];

  constructor(samples: readonly SampleOfSeed[], stream: string, step = 0) {
    super(samples[0]?.seed ?? 0, stream, step);
    this.samples = samples;
  }

  override at(step: number): FreshNoise {
    return new FreshNoise(this.samples, this.stream, step);
  }

  /** @param out  [samples * D] */
  override fillNormal<A extends Float32Array | Float64Array>(out: A): A {
    const size = out.length / this.samples.length;
    this.samples.forEach(({ seed, index }, i) => {
      const rng = new Rng(seed, this.stream, this.step);
      out.set(normalsFrom(rng, index * size, new Float64Array(size)), i * size);
    });
    return out;
  }
}

/** Fills `out` with what one fill of a fresh cursor would have from `offset` on. */
function normalsFrom<A extends Float32Array | Float64Array>(rng: Rng, offset: number, out: A): A {
  const cursor = rng.skip(Math.floor(offset / 2));
  if (offset % 2 === 0) return cursor.fillNormal(out);
  // Normals are made in pairs: one that begins within a pair is made with the one before it.
  const made = cursor.fillNormal(new Float64Array(out.length + 1));
  out.set(made.subarray(1));
  return out;
}

function lengthOf(x: Float32Array): number {
  return Math.sqrt(dot(x, x));
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
