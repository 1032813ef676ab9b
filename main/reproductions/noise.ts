import { Rng } from '../tensor/rng.ts';

/** Standard normal numbers of a seed: the same for every arm of an experiment. */
export function noiseOf(size: number, seed: number): Float32Array {
  return new Rng(seed, 'reproduction/noise').fillNormal(new Float32Array(size));
}
