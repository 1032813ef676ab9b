import type { ViewFrame } from '#contract/frames.ts';
import type { AtlasSource } from '../../scene/atlas.ts';
import { isLatent, latentRange } from '../../scene/tile-pixels.ts';
import type { TileLook } from '../../scene/tile-pixels.ts';
import type { TileSection } from '../../scene/tile-layout.ts';
import { formatCount } from '../../ui/format.ts';

/** Rows of the grid that show the same noise in one way. */
export interface TileSource extends AtlasSource {
  readonly title: string;
  /** Said below the title: why there is nothing, or of which parameters it is. */
  readonly note?: string;
}

/** Samples of one class, or all of them. */
export interface LabelledSection extends TileSection {
  /** Null where no classes were asked for sample by sample. */
  readonly label: number | null;
}

/**
 * The sections of a frame: one for each class whose samples follow one another, where rows of classes were
 * asked for.
 */
export function sectionsOf(
  { count, arrays }: Pick<ViewFrame, 'count' | 'arrays'>,
  isByClass: boolean,
): LabelledSection[] {
  const labels = arrays['labels'];
  const isInRows = labels?.every((label, i) => i === 0 || label >= labels[i - 1]!);
  // The frame before has classes in turn until that in rows is here.
  if (!isByClass || labels === undefined || isInRows !== true) return [{ first: 0, count, label: null }];
  const sections: LabelledSection[] = [];
  let first = 0;
  for (let i = 1; i <= count; i += 1) {
    if (i < count && labels[i] === labels[first]) continue;
    sections.push({ first, count: i - first, label: labels[first] ?? null });
    first = i;
  }
  return sections;
}

/** Each made once: the atlas tells arrays apart by identity. */
const differences = new WeakMap<Float32Array, WeakMap<Float32Array, Float32Array>>();

/** `values - from`, number by number; null where they are not as many. */
function lessThan(values: Float32Array, from: Float32Array): Float32Array | null {
  if (values.length !== from.length) return null;
  let known = differences.get(values);
  if (known === undefined) {
    known = new WeakMap();
    differences.set(values, known);
  }
  let difference = known.get(from);
  if (difference === undefined) {
    difference = values.map((value, i) => value - from[i]!);
    known.set(from, difference);
  }
  return difference;
}

/** At which size of a difference its colours end: half of the range that the numbers have. */
export function differenceRange(channels: number): number {
  return isLatent(channels) ? latentRange : 1;
}

/**
 * A reference, what is held against it, and the difference of both.
 *
 * @param signed  how differences are coloured
 */
export function besideEachOther(reference: TileSource, own: TileSource, signed: TileLook): TileSource[] {
  const difference =
    own.values === null || reference.values === null ? null : lessThan(own.values, reference.values);
  const isUneven = difference === null && own.values !== null && reference.values !== null;
  return [
    reference,
    own,
    {
      title: 'Difference',
      ...(isUneven ? { note: 'other sizes' } : {}),
      values: difference,
      look: signed,
    },
  ];
}

/** Numbers of one frame that the window takes: 256 MiB. */
const mostNumbers = 2 ** 26;
const mostTiles = 10_000;

/** How many samples of a shape can be shown at once. */
export function mostSamples(shape: readonly number[], sources = 1): number {
  const numbers = shape.reduce((product, each) => product * each, 1);
  return Math.max(1, Math.min(mostTiles, Math.floor(mostNumbers / numbers / sources)));
}

/** `engine 12 ms, round trip 18 ms`. */
export function latencyText(computeMs: number, roundTripMs: number): string {
  const ms = (value: number): string => (value < 9.95 ? value.toFixed(1) : formatCount(Math.round(value)));
  return `engine ${ms(computeMs)} ms, round trip ${ms(roundTripMs)} ms`;
}
