/**
 * Inference-time scaling: of several noises, the one whose sample a verifier likes best. A one-step
 * student says cheaply where a noise leads; because it keeps to the paths of its teacher, the teacher takes
 * the chosen noise to much the same place, and better.
 */
import { WorkbenchError } from '#contract/errors.ts';
import type { Rng } from '../tensor/rng.ts';
import type { SampleOptions, Trajectory } from './sampler.ts';
import type { Verifier } from './verifiers.ts';

/**
 * From noise to samples with what it cost: any sampler with its options chosen.
 *
 * @param noise [B*D]
 */
export type NoiseSampler = (noise: Float64Array) => Promise<Pick<Trajectory, 'states' | 'nfe'>>;

interface SearchOptions extends Pick<SampleOptions, 'dim' | 'signal'> {
  /** Samples to make: B. */
  count: number;
  /** Noises to choose among for each sample: N. */
  candidates: number;
  verifier: Verifier;
  /**
   * Candidate k of all samples is `rng.at(rng.step + k)`: the first one is what plain sampling would start
   * from, and N + 1 candidates hold the N.
   */
  rng: Rng;
}

interface Search {
  /** [B*D] from the chosen noise, by the teacher where there is one and else by the student. */
  readonly samples: Float64Array;
  /** [B*D] */
  readonly noise: Float64Array;
  /** [B] which candidate was chosen; the first of equals. */
  readonly chosen: Int32Array;
  /** [B] score of the student's sample from it. */
  readonly scores: Float64Array;
  /** Evaluations per sample: those of the student for every candidate, and then the teacher's. */
  readonly nfe: number;
}

/**
 * Best of N for each of B samples, by `student` as the proxy; then `teacher` from the chosen noise. Without
 * a teacher, the student's own sample: plain best-of-N.
 *
 * @throws `sampler/bad-options`  count or candidates is no positive whole number
 * @throws `sampler/bad-verifier` a score is missing or not a number
 * @throws `sampler/cancelled`, and what the samplers throw
 */
export async function searchNoise(
  student: NoiseSampler,
  teacher: NoiseSampler | null,
  { count, candidates, dim, verifier, rng, signal }: SearchOptions,
): Promise<Search> {
  requirePositive('count', count);
  requirePositive('candidates', candidates);
  const noise = new Float64Array(count * dim);
  const proxies = new Float64Array(count * dim);
  const scores = new Float64Array(count).fill(-Infinity);
  const chosen = new Int32Array(count);
  let nfe = 0;
  for (let k = 0; k < candidates; k++) {
    if (signal?.aborted === true) {
      throw new WorkbenchError('sampler/cancelled', `The search was cancelled at candidate ${k + 1}`);
    }
    const candidate = rng.at(rng.step + k).fillNormal(new Float64Array(count * dim));
    const path = await student(candidate);
    const points = path.states.at(-1)!;
    nfe += path.nfe;
    const found = await verifier(points, dim);
    requireScores(found, count);
    for (let i = 0; i < count; i++) {
      // The first candidate is taken whatever its score, which may be -Infinity.
      if (k > 0 && found[i]! <= scores[i]!) continue;
      scores[i] = found[i]!;
      chosen[i] = k;
      noise.set(candidate.subarray(i * dim, (i + 1) * dim), i * dim);
      proxies.set(points.subarray(i * dim, (i + 1) * dim), i * dim);
    }
  }
  if (teacher === null) return { samples: proxies, noise, chosen, scores, nfe };
  const path = await teacher(noise);
  return { samples: path.states.at(-1)!, noise, chosen, scores, nfe: nfe + path.nfe };
}

function requirePositive(what: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new WorkbenchError(
    'sampler/bad-options',
    `${what} of a noise search must be a positive whole number, found ${value}`,
    { [what]: value },
  );
}

function requireScores(scores: Float64Array, count: number): void {
  if (scores.length === count && !scores.some(Number.isNaN)) return;
  const found = scores.length === count ? 'one that is NaN' : `${scores.length}`;
  throw new WorkbenchError(
    'sampler/bad-verifier',
    `The verifier must give ${count} scores, one a sample, found ${found}`,
    { count },
  );
}
