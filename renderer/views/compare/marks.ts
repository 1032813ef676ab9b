import { colourMapSize } from '../../scene/colour-maps.ts';
import type { ColourMap } from '../../scene/colour-maps.ts';
import { screenFromData } from '../../scene/camera.ts';
import type { PlaneCamera } from '../../scene/camera.ts';
import type { PlaneGrid } from '../../scene/density.ts';
import { bytesFromLinearRgb } from '../../theme/oklch.ts';

/** A density and the value at the upper end of its colours. */
export interface Ground {
  readonly grid: PlaneGrid;
  readonly high: number;
  readonly colours: ColourMap;
}

/** Where each sample is measured from, and how far it is. */
export interface PictureDifference {
  /** Flat [count, 2]. */
  readonly to: Float32Array;
  /** [count] */
  readonly lengths: Float32Array;
  /** Length at the upper end of the colours. */
  readonly largest: number;
  readonly colours: ColourMap;
}

/** What one cell shows. */
export interface CellPicture {
  /** Flat [count, 2], data units. */
  readonly points: Float32Array;
  /** CSS colour. */
  readonly colour: string;
  /** Drawn below the points, in its own colour. */
  readonly data: { readonly points: Float32Array; readonly colour: string } | null;
  /** Drawn instead of the points. */
  readonly ground: Ground | null;
  readonly difference: PictureDifference | null;
  readonly selected: ReadonlySet<number>;
}

/** What is drawn, in CSS pixels of a cell: the screen and a file draw the same. */
export type Mark =
  /** `places` flat [n, 2]. */
  | {
      readonly kind: 'dots';
      readonly places: Float32Array;
      readonly sizePx: number;
      readonly colour: string;
      readonly opacity: number;
    }
  /** `places` flat [n, 4]. */
  | {
      readonly kind: 'pieces';
      readonly places: Float32Array;
      readonly colour: string;
      readonly opacity: number;
    }
  | {
      readonly kind: 'image';
      readonly ground: Ground;
      readonly left: number;
      readonly top: number;
      readonly sidePx: number;
    };

/** More than so many picked samples would run into one. */
const severalPicked = 40;
/** Levels of colour that lengths are sorted into: one call to the canvas for each. */
const levels = 12;

/**
 * The marks of one cell, the lowest first.
 *
 * @param sidePx  of the square cell, CSS pixels
 */
export function marksOf(picture: CellPicture, camera: PlaneCamera, sidePx: number): Mark[] {
  const place = placing(camera, sidePx);
  const { points, data, ground, difference, selected, colour } = picture;
  const marks: Mark[] = [];
  if (ground !== null) {
    const { extent } = ground.grid;
    const [left, top] = place(-extent, extent);
    const [right] = place(extent, -extent);
    marks.push({ kind: 'image', ground, left, top, sidePx: right - left });
  }
  if (data !== null) {
    const all = indices(data.points.length / 2);
    marks.push(dots(data.points, all, place, { sizePx: 1.5, colour: data.colour, opacity: 0.35 }));
  }
  const count = points.length / 2;
  const sizePx = sizeOf(count);
  const [picked, others] = partition(count, selected);
  const isDimmed = picked.length > 0;
  const pickedPx = sizePx + (picked.length > severalPicked ? 0.5 : 1.5);
  if (difference !== null) {
    if (isDimmed) marks.push(dots(points, others, place, { sizePx, colour, opacity: 0.12 }));
    for (const { colour: shade, samples } of byLength(difference, isDimmed ? picked : others)) {
      marks.push({
        kind: 'pieces',
        places: pieces(points, difference.to, samples, place),
        colour: shade,
        opacity: 0.55,
      });
      marks.push(
        dots(points, samples, place, {
          sizePx: isDimmed ? pickedPx : sizePx,
          colour: shade,
          opacity: 0.95,
        }),
      );
    }
    return marks;
  }
  if (ground === null) {
    marks.push(dots(points, others, place, { sizePx, colour, opacity: isDimmed ? 0.18 : 0.7 }));
  }
  if (isDimmed) marks.push(dots(points, picked, place, { sizePx: pickedPx, colour, opacity: 1 }));
  return marks;
}

type Placing = (x: number, y: number) => [number, number];

function placing(camera: PlaneCamera, sidePx: number): Placing {
  const size = { width: sidePx, height: sidePx };
  return (x, y) => screenFromData(camera, size, x, y);
}

/** The sample nearest to a place of a cell, within a reach; null if none is. */
export function nearestSample(
  points: Float32Array,
  camera: PlaneCamera,
  sidePx: number,
  [px, py]: readonly [number, number],
  reachPx = 8,
): number | null {
  const place = placing(camera, sidePx);
  let nearest: number | null = null;
  let best = reachPx;
  for (let i = 0; 2 * i < points.length; i += 1) {
    const [x, y] = place(points[2 * i] ?? NaN, points[2 * i + 1] ?? NaN);
    const away = Math.hypot(x - px, y - py);
    if (away <= best) [nearest, best] = [i, away];
  }
  return nearest;
}

/** The samples in a box of a cell. */
export function samplesIn(
  points: Float32Array,
  camera: PlaneCamera,
  sidePx: number,
  box: { left: number; top: number; right: number; bottom: number },
): number[] {
  const place = placing(camera, sidePx);
  return indices(points.length / 2).filter((i) => {
    const [x, y] = place(points[2 * i] ?? NaN, points[2 * i + 1] ?? NaN);
    return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
  });
}

/** Diameter in CSS pixels: many points are smaller, so that their density can be seen. */
function sizeOf(count: number): number {
  return count > 4000 ? 1.25 : count > 1500 ? 1.75 : 2.25;
}

function dots(
  points: Float32Array,
  samples: readonly number[],
  place: Placing,
  look: { sizePx: number; colour: string; opacity: number },
): Mark {
  const places = new Float32Array(samples.length * 2);
  samples.forEach((i, k) => places.set(place(points[2 * i] ?? NaN, points[2 * i + 1] ?? NaN), 2 * k));
  return { kind: 'dots', places, ...look };
}

function pieces(
  from: Float32Array,
  to: Float32Array,
  samples: readonly number[],
  place: Placing,
): Float32Array {
  const places = new Float32Array(samples.length * 4);
  samples.forEach((i, k) => {
    places.set(place(from[2 * i] ?? NaN, from[2 * i + 1] ?? NaN), 4 * k);
    places.set(place(to[2 * i] ?? NaN, to[2 * i + 1] ?? NaN), 4 * k + 2);
  });
  return places;
}

/** Samples by how far they are, the nearest first: what is far lies on top. */
function byLength(
  { lengths, largest, colours }: PictureDifference,
  samples: readonly number[],
): { colour: string; samples: number[] }[] {
  const found = Array.from({ length: levels }, (_, level) => ({
    colour: shadeOf(colours, level),
    samples: [] as number[],
  }));
  for (const i of samples) {
    const share = largest > 0 ? (lengths[i] ?? 0) / largest : 0;
    found[Math.min(levels - 1, Math.floor(share * levels))]?.samples.push(i);
  }
  return found.filter((each) => each.samples.length > 0);
}

function shadeOf(colours: ColourMap, level: number): string {
  const texel = Math.round(((level + 0.5) / levels) * (colourMapSize - 1)) * 4;
  const bytes = bytesFromLinearRgb([colours[texel] ?? 0, colours[texel + 1] ?? 0, colours[texel + 2] ?? 0]);
  return `rgb(${bytes.join(',')})`;
}

function partition(count: number, selected: ReadonlySet<number>): [picked: number[], others: number[]] {
  const all = indices(count);
  if (selected.size === 0) return [[], all];
  return [all.filter((i) => selected.has(i)), all.filter((i) => !selected.has(i))];
}

function indices(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
