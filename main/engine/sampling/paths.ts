/** Paths of samples as a sampler leaves them, time after time, and as views send them, sample after sample. */
import type { Trajectory } from '../../samplers/sampler.ts';

/** States of a teacher's path beside the start: enough to see its bend. */
const TEACHER_RECORDS = 32;

/** Evenly chosen states of a path, the first and the last among them. */
export function thinned(
  { times, states }: Pick<Trajectory, 'times' | 'states'>,
  records = TEACHER_RECORDS,
): { times: number[]; states: Float64Array[] } {
  const chosen = Array.from({ length: records + 1 }, (_, i) =>
    Math.round((i * (states.length - 1)) / records),
  );
  return { times: chosen.map((i) => times[i]!), states: chosen.map((i) => states[i]!) };
}

/** The last record of every path: [N, T, D] to [N, D]. */
export function endPoints(positions: Float32Array, records: number, dim: number): Float32Array {
  const ends = new Float32Array(positions.length / records);
  for (let i = 0; i < ends.length / dim; i++) {
    const last = ((i + 1) * records - 1) * dim;
    ends.set(positions.subarray(last, last + dim), i * dim);
  }
  return ends;
}

/** [T][B * D] to [B, T, D]: what a view uploads once and then only windows by time. */
export function pathMajor(states: readonly Float64Array[], count: number, dim: number): Float32Array {
  const times = states.length;
  const out = new Float32Array(count * times * dim);
  states.forEach((state, t) => {
    for (let b = 0; b < count; b++) {
      for (let d = 0; d < dim; d++) out[(b * times + t) * dim + d] = state[b * dim + d]!;
    }
  });
  return out;
}
