import type { PointSet } from '#contract/frames.ts';
import { colourMapBetween } from '../../scene/colour-maps.ts';
import { magnitudesOf, modeToken } from '../../scene/density-colours.ts';
import type { Layer, PathsLayer } from '../../scene/layers.ts';
import { pathColours } from '../../scene/path-colours.ts';
import type { ColourBy, PathColours } from '../../scene/path-colours.ts';
import type { Look } from '../../scene/space.ts';
import type { Paint } from '../../theme/paint.ts';
import { onPlane } from '../axes.ts';
import type { Axes } from '../axes.ts';
import { pairsLayer } from '../teacher-pairs.ts';
import type { TeacherPairs } from '../teacher-pairs.ts';

/** Paths of samples through sampler time, or through training. */
export interface PathSet {
  /** Flat [count, T, dim]. */
  readonly positions: Float32Array;
  /** [T], from 1 down to 0. */
  readonly times: Float32Array;
  readonly count: number;
  readonly dim: number;
  /** [count] */
  readonly modes: Float32Array | null;
  /** What `modes` are, if not the modes of the data. */
  readonly groupedBy?: 'class';
  readonly kind: 'sampler' | 'film' | 'trail';
  /** Time of the dots; null follows sampler time. */
  readonly t: number | null;
  readonly fastest: number;
}

/** Another run from the same noise. */
export interface Overlay {
  readonly name: string;
  /** Colour token. */
  readonly colour: string;
  readonly paths: PathSet | null;
  /** End points of a run without paths, flat [count, dim]. */
  readonly points: Float32Array | null;
  readonly count: number;
  readonly dim: number;
  /** From where a path ends to where the other run puts the same noise; null where noises differ. */
  readonly pairs: PathSet | null;
}

/** The teacher of the run, from the same noise. */
export interface TeacherPaths {
  /** Null where the run has no paths: then only where both end is compared. */
  readonly paths: PathSet | null;
  readonly pairs: TeacherPairs;
}

/** Everything that decides the picture but its colours. */
export interface TrajectoryPicture {
  readonly main: PathSet | null;
  readonly overlay: Overlay | null;
  readonly teacher: TeacherPaths | null;
  readonly data: PointSet | null;
  readonly look: Look;
  readonly axes: Axes;
  readonly colourBy: ColourBy;
  readonly tail: number;
  /** Colour token of the run. */
  readonly colour: string;
}

/** Modes that have a colour of their own; after the last they begin again. */
const modesWithColour = 6;
/** Past so many lines single ones are no longer told apart: each is fainter, and they turn into a density. */
const clearUpTo = 300;
/** Ribbons look better and cost more; past so many the device's own thin lines are drawn. */
const ribbonsUpTo = 2000;

/** The layers of the stage. Screen and print differ only in the paint. */
export function layersOf(picture: TrajectoryPicture, paint: Paint): Layer[] {
  const { main, overlay, teacher, data } = picture;
  const layers: Layer[] = [];
  if (data !== null) {
    layers.push({
      kind: 'points',
      key: 'data',
      ...seen(data.values, data.dim, picture),
      count: data.count,
      colour: paint.colour('--data-data'),
      size: 2.5,
      opacity: 0.3,
    });
  }
  if (main !== null) {
    layers.push({
      ...pathsLayer(main, picture, coloursOf(paint, picture.colour, main.kind)),
      key: `paths-${main.kind}`,
      colourBy: picture.colourBy,
    });
  }
  if (overlay !== null) layers.push(...overlayLayers(overlay, picture, paint));
  if (teacher !== null) layers.push(...teacherLayers(teacher, picture, paint));
  return layers;
}

/** Its paths in its own ink, and from every end of the run to where the teacher's lies. */
function teacherLayers({ paths, pairs }: TeacherPaths, picture: TrajectoryPicture, paint: Paint): Layer[] {
  const { points: positions, dim } = seen(pairs.positions, pairs.dim, picture);
  const difference = pairsLayer(pairs, { positions, dim }, paint);
  if (paths === null) return [difference];
  const layer = pathsLayer(paths, picture, coloursOf(paint, '--data-teacher', 'sampler'));
  const opacity = 0.4 * layer.opacity;
  return [{ ...layer, key: 'teacher-paths', colourBy: 'flat', lineWidth: 0, opacity }, difference];
}

function overlayLayers(overlay: Overlay, picture: TrajectoryPicture, paint: Paint): Layer[] {
  const { paths, points, pairs, count, dim } = overlay;
  const colours = coloursOf(paint, overlay.colour, 'sampler');
  if (paths !== null) {
    return [{ ...pathsLayer(paths, picture, colours), key: 'overlay-paths', colourBy: 'flat' }];
  }
  const layers: Layer[] = [];
  if (pairs !== null) {
    layers.push({
      ...pathsLayer(pairs, picture, colours),
      key: 'overlay-pairs',
      colourBy: 'flat',
      tail: 1,
      headSize: 0,
      opacity: 0.6 * lineOpacity(count),
    });
  }
  if (points !== null) {
    layers.push({
      kind: 'points',
      key: 'overlay-points',
      ...seen(points, dim, picture),
      count,
      colour: paint.colour(overlay.colour),
      size: headSizeOf(count),
      opacity: 0.9,
      isSamples: true,
    });
  }
  return layers;
}

function pathsLayer(set: PathSet, picture: TrajectoryPicture, colours: PathColours): PathsLayer {
  const { points: positions, dim } = seen(set.positions, set.dim, picture);
  return {
    kind: 'paths',
    key: 'paths',
    positions,
    dim,
    times: set.times,
    groups: set.modes ?? undefined,
    count: set.count,
    t: set.t,
    tail: picture.tail,
    colourBy: 'time',
    colours,
    fastest: set.fastest,
    headSize: headSizeOf(set.count),
    headOpacity: headOpacityOf(set.count),
    lineWidth: set.count > ribbonsUpTo ? 0 : 1.25,
    opacity: lineOpacity(set.count),
    isSamples: true,
  };
}

/** In three dimensions the first three coordinates are seen, otherwise the two that were chosen. */
function seen(values: Float32Array, dim: number, { look, axes }: TrajectoryPicture) {
  if (look === 'orbit' || dim <= 2) return { points: values, dim };
  return { points: onPlane(values, dim, axes), dim: 2 };
}

const made = new WeakMap<Paint, Map<string, PathColours>>();

/** Noise is grey, data has its hue, and a run its own colour; made once for every paint. */
export function coloursOf(paint: Paint, runColour: string, kind: PathSet['kind']): PathColours {
  const known = made.get(paint) ?? new Map<string, PathColours>();
  made.set(paint, known);
  const name = `${runColour} ${kind}`;
  let colours = known.get(name);
  if (colours === undefined) {
    colours = pathColours({
      time: timeColours(paint, runColour, kind),
      speed: magnitudesOf(paint),
      groups: Array.from({ length: modesWithColour }, (_, mode) => paint.colour(modeToken(mode))),
      none: paint.colour('--data-noise'),
      flat: paint.colour(runColour),
    });
    known.set(name, colours);
  }
  return colours;
}

/** From t = 1 to t = 0; through training, samples take on the colour of their run. */
function timeColours(paint: Paint, runColour: string, kind: PathSet['kind']) {
  const end = kind === 'sampler' ? '--data-data' : runColour;
  return colourMapBetween(paint.colour('--data-noise'), paint.colour(end));
}

function lineOpacity(count: number): number {
  return Math.max(0.03, Math.min(0.8, 0.75 * Math.sqrt(clearUpTo / Math.max(1, count))));
}

/** Past so many, dots cover each other: fainter ones show where they are dense. */
const solidUpTo = 5000;

function headOpacityOf(count: number): number {
  return Math.max(0.1, Math.min(1, Math.sqrt(solidUpTo / Math.max(1, count))));
}

function headSizeOf(count: number): number {
  if (count > 20_000) return 1.5;
  return count > 2000 ? 2.5 : 4;
}
