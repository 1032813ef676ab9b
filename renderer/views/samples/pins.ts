import type { ChosenNoise } from '#contract/frames.ts';
import { formatCount, formatNumber } from '../../ui/format.ts';

/** The noise of a sample that a person keeps. */
export interface Pin {
  readonly seed: number;
  readonly index: number;
}

/** Places between two pins that are shown beside each other. */
export const betweenCount = 9;
/** As many as the strip is made for. */
export const mostPins = 24;

export function isSamePin(a: Pin, b: Pin): boolean {
  return a.seed === b.seed && a.index === b.index;
}

/** With one pin more, or without it if it is there; the oldest makes room. */
export function togglePin(pins: readonly Pin[], pin: Pin): Pin[] {
  if (pins.some((each) => isSamePin(each, pin))) return pins.filter((each) => !isSamePin(each, pin));
  return [...pins, { seed: pin.seed, index: pin.index }].slice(-mostPins);
}

/** A place on the great circle between two pins. @param at  0 is `from`, 1 is `to` */
function between(from: Pin, to: Pin, at: number): ChosenNoise {
  return { ...from, to: { ...to }, at };
}

/**
 * What a strip asks for at once: every pin, then the places between two of them evenly from end to end, and
 * the one that a person looks at.
 */
export function startsOf(pins: readonly Pin[], ends: readonly [Pin, Pin] | null, at: number): ChosenNoise[] {
  const starts: ChosenNoise[] = pins.map(({ seed, index }) => ({ seed, index }));
  if (ends === null) return starts;
  for (let k = 0; k < betweenCount; k += 1) starts.push(between(...ends, k / (betweenCount - 1)));
  starts.push(between(...ends, at));
  return starts;
}

/** The two pins that are mixed; null while there are fewer. */
export function endsOf(pins: readonly Pin[], chosen: readonly [Pin, Pin] | null): [Pin, Pin] | null {
  const has = (pin: Pin): boolean => pins.some((each) => isSamePin(each, pin));
  if (chosen !== null && has(chosen[0]) && has(chosen[1])) return [chosen[0], chosen[1]];
  const [first, second] = pins;
  return first === undefined || second === undefined ? null : [first, second];
}

/** `seed 0, sample 12`, or `0.25 from seed 0, sample 12 to seed 0, sample 40`. */
export function noiseText(start: ChosenNoise): string {
  const one = ({ seed, index }: Pin): string => `seed ${formatCount(seed)}, sample ${formatCount(index)}`;
  if (start.to === undefined) return one(start);
  return `${formatNumber(start.at ?? 0, 2)} of the way from ${one(start)} to ${one(start.to)}`;
}
