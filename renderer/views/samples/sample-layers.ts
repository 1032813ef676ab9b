import type { ColourMap } from '../../scene/colour-maps.ts';
import { contoursOf } from '../../scene/contours.ts';
import { coverMap, densityMap, modeColours, plainMap, signedMap } from '../../scene/density-colours.ts';
import { levelsHolding, peakOf } from '../../scene/density.ts';
import type { PlaneGrid } from '../../scene/density.ts';
import type { Layer } from '../../scene/layers.ts';
import type { Paint } from '../../theme/paint.ts';
import { pairsLayer } from '../teacher-pairs.ts';
import type { TeacherPairs } from '../teacher-pairs.ts';
import type { Arrangement, Picture } from './settings.svelte.ts';

/** Points on the plane of the stage, flat [n, 2]. */
export interface Cloud {
  readonly points: Float32Array;
  /** [n], where the points are to be coloured by mode. */
  readonly modes: Float32Array | null;
  /** Null while no density is looked at. */
  readonly density: PlaneGrid | null;
}

/** Everything that decides the picture but its colours. */
export interface SamplePicture {
  readonly generated: Cloud | null;
  readonly data: Cloud | null;
  /** Generated less data; null while it is not looked at. */
  readonly difference: PlaneGrid | null;
  /** Borders of the generated density, where they are drawn. */
  readonly contours: Float32Array | null;
  /** To where the teacher takes the same noise: its pairs, and both ends on the plane, flat [count, 2, 2]. */
  readonly teacher: { readonly pairs: TeacherPairs; readonly positions: Float32Array } | null;
  readonly picture: Picture;
  readonly arrangement: Arrangement;
  /** Colour token of the generated points. */
  readonly colour: string;
  readonly generatedOpacity: number;
  readonly dataOpacity: number;
}

/** Shares of the generated points that the contours hold. */
export const contourShares = [0.25, 0.5, 0.75, 0.95] as const;

/** Contours around the densest regions that hold those shares, all in one list of pieces. */
export function contoursHolding(density: PlaneGrid): Float32Array {
  const lists = levelsHolding(density, contourShares).map((level) => contoursOf(density, level));
  const pieces = new Float32Array(lists.reduce((sum, list) => sum + list.length, 0));
  let at = 0;
  for (const list of lists) {
    pieces.set(list, at);
    at += list.length;
  }
  return pieces;
}

/**
 * The layers of one stage. Screen and print differ only in the paint.
 *
 * @param side  which of two stages, where generated and data stand side by side
 */
export function sampleLayers(
  picture: SamplePicture,
  side: 'generated' | 'data' | 'all',
  paint: Paint,
): Layer[] {
  const { generated, data } = picture;
  const layers: Layer[] = [];
  const hasPoints = picture.picture !== 'density';
  if (picture.arrangement === 'difference') {
    if (picture.difference !== null) {
      const peak = peakOf(picture.difference);
      layers.push(gridLayer('difference', picture.difference, signedMap(paint), -peak, peak));
    }
    // Points on a difference are faint: they only tell where the numbers come from.
    if (picture.picture === 'both' && generated !== null)
      layers.push(cloudLayer(generated, picture, paint, 0.35));
    return layers;
  }
  if (picture.picture !== 'points') layers.push(...densityLayers(picture, side, paint));
  if (hasPoints && data !== null && side !== 'generated') {
    layers.push({
      kind: 'points',
      key: 'data',
      points: data.points,
      count: data.points.length / 2,
      dim: 2,
      colour: paint.colour('--data-data'),
      size: sizeOf(data.points.length / 2),
      opacity: side === 'data' ? alone(picture) : picture.dataOpacity,
    });
  }
  if (hasPoints && generated !== null && side !== 'data') {
    const opacity = side === 'generated' ? alone(picture) : picture.generatedOpacity;
    layers.push(cloudLayer(generated, picture, paint, opacity));
  }
  if (picture.teacher !== null && side !== 'data') {
    const { pairs, positions } = picture.teacher;
    layers.push(pairsLayer(pairs, { positions, dim: 2 }, paint));
  }
  return layers;
}

/** Opacity of points that have a stage to themselves; over a density they must not hide it. */
function alone({ picture }: SamplePicture): number {
  return picture === 'both' ? 0.25 : 0.7;
}

/** Both densities of a picture end at the same value, so that their colours can be compared. */
export function densityRange({ generated, data }: SamplePicture): number {
  return Math.max(peakOf(generated?.density ?? null), peakOf(data?.density ?? null));
}

function densityLayers(picture: SamplePicture, side: 'generated' | 'data' | 'all', paint: Paint): Layer[] {
  const { generated, data, contours, colour } = picture;
  const high = densityRange(picture);
  if (side !== 'all') {
    const density = (side === 'generated' ? generated : data)?.density ?? null;
    return density === null ? [] : [gridLayer('density', density, densityMap(paint), 0, high)];
  }
  const layers: Layer[] = [];
  if (data !== null && data.density !== null) {
    layers.push(
      gridLayer('data-density', data.density, coverMap(paint, '--data-data'), 0, peakOf(data.density)),
    );
  }
  if (contours !== null) {
    layers.push({
      kind: 'lines',
      key: 'contours',
      pieces: contours,
      values: new Float32Array(contours.length / 2),
      heads: noHeads,
      headValues: noHeads,
      colours: plainMap(paint, colour),
      largest: 1,
      width: 1.5,
      opacity: 0.95,
    });
  }
  return layers;
}

const noHeads = new Float32Array();

function gridLayer(key: string, grid: PlaneGrid, colours: ColourMap, low: number, high: number): Layer {
  const { values, side, extent } = grid;
  return { kind: 'grid', key, values, side, extent, low, high, colours, opacity: 1 };
}

/** Generated points, which can be picked: in the run's colour, or each in that of its mode. */
function cloudLayer(
  { points, modes }: Cloud,
  { colour }: SamplePicture,
  paint: Paint,
  opacity: number,
): Layer {
  const count = points.length / 2;
  const common = { count, dim: 2, opacity, isSamples: true };
  if (modes === null) {
    const plain = { colour: paint.colour(colour), size: sizeOf(count) };
    return { kind: 'points', key: 'generated', points, ...plain, ...common };
  }
  return {
    kind: 'paths',
    key: 'generated-by-mode',
    positions: points,
    times: dataTime,
    groups: modes,
    t: 0,
    tail: 1,
    colourBy: 'group',
    colours: modeColours(paint),
    fastest: 1,
    headSize: sizeOf(count),
    lineWidth: 0,
    ...common,
  };
}

/** Points are paths of one record, at data. */
const dataTime = Float32Array.of(0);

/** Diameter in CSS pixels: many points are smaller, so that their density can be seen. */
function sizeOf(count: number): number {
  return count > 20_000 ? 1.5 : count > 5000 ? 2.5 : 3.5;
}
