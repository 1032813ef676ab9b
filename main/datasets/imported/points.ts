/** Points as a person brought them: native coordinates, float64, one row per point. */
import { WorkbenchError } from '#contract/errors.ts';

export interface Points {
  readonly count: number;
  readonly dim: number;
  /** Flat [count * dim]; finite, and not all rows equal. */
  readonly values: Float64Array;
}

const LARGEST_DIM = 3;

/**
 * @param file  name for the message
 * @throws WorkbenchError `dataset/unsupported-dim`
 */
export function requireSupportedDim(dim: number, file: string): void {
  if (dim >= 1 && dim <= LARGEST_DIM) return;
  throw new WorkbenchError(
    'dataset/unsupported-dim',
    `expected 1 to ${LARGEST_DIM} columns, one per coordinate, found ${dim} in ${file}`,
    { file, dim },
  );
}

/**
 * Where points lie: their mean and the root of the mean over coordinates of their variance.
 * Deviations are taken from the first point and scaled by the largest, so that equal points have
 * exactly no spread and no square overflows.
 *
 * @param file  name for the message
 * @throws WorkbenchError `dataset/too-few-points`, `dataset/zero-spread`, `dataset/out-of-range`
 */
export function momentsOf(
  { count, dim, values }: Points,
  file: string,
): { center: Float64Array; std: number } {
  if (count < 2) {
    throw new WorkbenchError(
      'dataset/too-few-points',
      `expected at least 2 points, found ${count} in ${file}`,
      {
        file,
        count,
      },
    );
  }
  const shift = new Float64Array(dim);
  for (let i = 0; i < values.length; i++) shift[i % dim]! += (values[i]! - values[i % dim]!) / count;
  const center = shift.map((each, j) => each + values[j]!);
  const deviation = (i: number) => values[i]! - values[i % dim]! - shift[i % dim]!;
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(deviation(i)));
  if (largest === 0) {
    throw new WorkbenchError(
      'dataset/zero-spread',
      `expected points that differ, found ${count} equal points in ${file}`,
      { file, count },
    );
  }
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (deviation(i) / largest) ** 2;
  const std = largest * Math.sqrt(squares / values.length);
  if (!(std > 0 && Number.isFinite(std))) {
    throw new WorkbenchError(
      'dataset/out-of-range',
      `expected points whose differences float64 can hold, found a spread beyond it in ${file}`,
      { file },
    );
  }
  return { center, std };
}
