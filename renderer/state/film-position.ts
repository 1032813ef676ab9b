/**
 * Position of the newest frame of a film that is not after a step, the first if all are; -1 without frames.
 *
 * @param steps  training steps of the frames, ascending
 */
export function filmPositionAt(steps: Float64Array, step: number): number {
  let found = steps.length > 0 ? 0 : -1;
  for (let i = 0; i < steps.length; i += 1) if ((steps[i] ?? Infinity) <= step) found = i;
  return found;
}
