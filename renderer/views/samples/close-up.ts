import type { ViewFrame } from '#contract/frames.ts';

/** The way of one sample: what it is at each time, and where the model then says it will end. */
export interface Way {
  /** House time, from 1 down to 0. */
  readonly times: Float32Array;
  /** [T, D] */
  readonly states: Float32Array;
  /** [T, D], null where there are none. */
  readonly predictions: Float32Array | null;
}

/** Images near a sample, or that move it, each with a number. */
export interface Neighbours {
  readonly key: string;
  readonly title: string;
  /** [K, D] */
  readonly values: Float32Array;
  /** [K] distances or shares. */
  readonly numbers: Float32Array;
  readonly kind: 'distance' | 'share';
  readonly labels: Float32Array | null;
}

/** The most steps that a film strip shows. */
const mostSteps = 13;

export function wayOf({ arrays }: ViewFrame): Way | null {
  const { states, times, predictions = null } = arrays as Record<string, Float32Array | undefined>;
  return states === undefined || times === undefined ? null : { states, times, predictions };
}

/** Evenly chosen records, the first and the last among them. */
export function stepsOf(count: number, most = mostSteps): number[] {
  if (count <= most) return Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: most }, (_, i) => Math.round((i * (count - 1)) / (most - 1)));
}

/** Which of these records is the nearest in time. */
export function stepAt(times: ArrayLike<number>, steps: readonly number[], t: number): number {
  const apart = (step: number): number => Math.abs((times[step] ?? Infinity) - t);
  return steps.reduce((best, step) => (apart(step) < apart(best) ? step : best), steps[0] ?? 0);
}

/** What lies near a sample and what moves it, as far as the frame has it. */
export function neighboursOf({ arrays }: ViewFrame): Neighbours[] {
  const found: Neighbours[] = [];
  const add = (
    key: string,
    title: string,
    kind: Neighbours['kind'],
    [values, numbers, labels = null]: readonly (Float32Array | undefined | null)[],
  ): void => {
    if (!values || !numbers || numbers.length === 0) return;
    found.push({ key, title, kind, values, numbers, labels });
  };
  const { nearest, nearestDistances, nearestLabels } = arrays;
  const { heldNearest, heldNearestDistances, heldNearestLabels } = arrays;
  add('nearest', 'Nearest training images', 'distance', [nearest, nearestDistances, nearestLabels]);
  add('held', 'Nearest held-out images', 'distance', [heldNearest, heldNearestDistances, heldNearestLabels]);
  const { attractors, attractorWeights, repellers, repellerWeights } = arrays;
  add('attractors', 'Attracted by', 'share', [attractors, attractorWeights]);
  add('repellers', 'Repelled by', 'share', [repellers, repellerWeights]);
  return found;
}

/** The drift V = V+ - V- of a sample and its parts, with the number at which their colours end. */
export function driftOf({
  arrays,
}: ViewFrame): { drift: Float32Array; attract: Float32Array; repel: Float32Array; range: number } | null {
  const { attract, repel } = arrays;
  if (attract === undefined || repel === undefined) return null;
  const drift = attract.map((value, i) => value - repel[i]!);
  const range = drift.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return { drift, attract, repel, range: range > 0 && Number.isFinite(range) ? range : 1 };
}

/** The last of [T, D]. */
export function lastRecord(values: Float32Array, dim: number): Float32Array {
  return values.subarray(values.length - dim);
}
