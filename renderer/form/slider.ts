import type { Field } from './schema.ts';

/** Stops of a slider from end to end. */
export const sliderStops = 400;

/** Digits that a slider sets: finer is for the keyboard. */
const sliderDigits = 3;

export interface SliderRange {
  low: number;
  high: number;
  isLog: boolean;
}

/** The ends of the field's slider, or null where the field has no two ends to slide between. */
export function sliderRange(field: Field): SliderRange | null {
  const { minimum: low, maximum: high } = field;
  if (low === null || high === null || low >= high) return null;
  if (field.kind === 'integer' && high - low > 1e7) return null;
  return { low, high, isLog: field.scale === 'log' && low > 0 };
}

export function stopFromValue(range: SliderRange, value: number): number {
  const { low, high, isLog } = range;
  const inside = Math.min(high, Math.max(low, value));
  const share = isLog ? Math.log(inside / low) / Math.log(high / low) : (inside - low) / (high - low);
  return Math.round(share * sliderStops);
}

export function valueFromStop(range: SliderRange, stop: number, isInteger: boolean): number {
  const { low, high, isLog } = range;
  const share = stop / sliderStops;
  const value = isLog ? low * (high / low) ** share : low + (high - low) * share;
  // Rounding must not step over an end.
  const rounded = isInteger ? Math.round(value) : Number(value.toPrecision(sliderDigits));
  return Math.min(high, Math.max(low, rounded));
}
