/** How numbers lie along an axis. */
export type ScaleKind = 'linear' | 'log10' | 'log2';

/** An interval of an axis, `low <= high`. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Whether a value has a place on the axis: it is finite and, on a logarithmic one, above 0. */
export function isOnScale(value: number, kind: ScaleKind): boolean {
  return Number.isFinite(value) && (kind === 'linear' || value > 0);
}

/** Where a value lies in a range, 0 at its low and 1 at its high end; outside [0, 1] if it is outside. */
export function shareOf(value: number, { low, high }: Range, kind: ScaleKind): number {
  return kind === 'linear' ? (value - low) / (high - low) : Math.log(value / low) / Math.log(high / low);
}

/** The inverse of {@link shareOf}. */
export function valueAt(share: number, { low, high }: Range, kind: ScaleKind): number {
  return kind === 'linear' ? low + share * (high - low) : low * (high / low) ** share;
}

/**
 * A range that holds `range` and is wider than nothing.
 *
 * A linear range of values that are never negative does not become negative by its padding.
 *
 * @param padding  share of the range that is added on both sides
 */
export function padded(range: Range | null, kind: ScaleKind, padding: number): Range {
  if (range === null) return kind === 'linear' ? { low: 0, high: 1 } : { low: 1, high: 10 };
  const { low, high } = range;
  if (kind !== 'linear') {
    const factor = low < high ? (high / low) ** padding : 2;
    return { low: low / factor, high: high * factor };
  }
  const margin = low < high ? (high - low) * padding : Math.abs(low) / 2 || 1;
  return { low: low >= 0 ? Math.max(0, low - margin) : low - margin, high: high + margin };
}

/** Round numbers within a range, ascending, about as many as `most` allows. */
export function ticksOf(range: Range, kind: ScaleKind, most: number): number[] {
  if (kind === 'linear') return multiplesWithin(range, roundStep((range.high - range.low) / most));
  const base = kind === 'log2' ? 2 : 10;
  const powers = powersWithin(range, base, [1]);
  if (powers.length >= 3 || base === 2) return thinned(powers, most);
  const finer = powersWithin(range, base, [1, 2, 5]);
  if (finer.length >= 3) return thinned(finer, most);
  return multiplesWithin(range, roundStep((range.high - range.low) / most));
}

/** The smallest of 1, 2, 5, 10, ... times a power of ten that is not below `step`. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const factor = [1, 2, 5, 10].find((each) => each * power >= step * (1 - 1e-9)) ?? 10;
  return factor * power;
}

function multiplesWithin({ low, high }: Range, step: number): number[] {
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // Rounded, so that three times 0.1 is 0.3; adding 0 turns -0 into 0.
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) =>
    Number(((first + index) * step + 0).toPrecision(12)),
  );
}

function powersWithin({ low, high }: Range, base: number, factors: readonly number[]): number[] {
  const logBase = Math.log(base);
  const first = Math.floor(Math.log(low) / logBase - 1e-9);
  const last = Math.ceil(Math.log(high) / logBase + 1e-9);
  const powers: number[] = [];
  for (let exponent = first; exponent <= last; exponent += 1) {
    for (const factor of factors) powers.push(Number((factor * base ** exponent).toPrecision(12)));
  }
  return powers.filter((value) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9));
}

function thinned(values: readonly number[], most: number): number[] {
  const every = Math.ceil(values.length / Math.max(1, most));
  return values.filter((_, index) => index % every === 0);
}
