import { densityMap, magnitudesOf, signedMap } from '../../scene/density-colours.ts';
import { densityOf, peakOf } from '../../scene/density.ts';
import type { PlaneGrid } from '../../scene/density.ts';
import { isLatent, latentRange } from '../../scene/tile-pixels.ts';
import type { TileLook } from '../../scene/tile-pixels.ts';
import type { Paint } from '../../theme/paint.ts';
import { onPlane } from '../axes.ts';
import type { CellPicture, Ground } from './marks.ts';
import { imageShapeOf } from './model.svelte.ts';
import type { CellState, CompareModel, Reference } from './model.svelte.ts';
import type { Row } from './rows.ts';
import type { CompareSettings } from './settings.svelte.ts';
import type { TilePicture } from './tile-cells.ts';
import type { Difference } from '../difference.ts';

/** Cells of a density, and the square they cover: 3.5 holds nearly all of data with unit deviation. */
const density = { side: 96, extent: 3.5, bandwidth: 0.12 };
/** Where data is densest, an exact model is a little denser here and there. */
export const aboveData = 1.25;

const plain: TileLook = { kind: 'plain', channel: 'first' };

/** Each made once: cells are drawn again only for other numbers. */
const differences = new WeakMap<Difference, Float32Array>();

function lessThan(points: Float32Array, difference: Difference): Float32Array {
  let found = differences.get(difference);
  if (found === undefined) {
    found = points.map((value, i) => value - difference.to[i]!);
    differences.set(difference, found);
  }
  return found;
}

const densities = new WeakMap<Float32Array, PlaneGrid>();
const grounds = new WeakMap<PlaneGrid, Ground>();

/** What cells show, in the colours of a paint: the screen's, or those of a figure. */
export class Pictures {
  readonly #model: CompareModel;
  readonly #settings: CompareSettings;
  readonly #selected: () => ReadonlySet<number>;

  constructor(model: CompareModel, settings: CompareSettings, selected: () => ReadonlySet<number>) {
    this.#model = model;
    this.#settings = settings;
    this.#selected = selected;
  }

  /** Null where there are no samples to show. */
  ofCell(row: Row, cell: CellState, paint: Paint): CellPicture | null {
    if (cell.kind !== 'samples' || imageShapeOf(row.run) !== null) return null;
    const { axes, hasData } = this.#settings;
    const { difference } = cell;
    const data = this.#model.dataOf(row.run);
    const points = onPlane(cell.points, cell.frame.dim, axes);
    return {
      points,
      colour: paint.css(row.colour),
      data:
        hasData && data !== null
          ? { points: onPlane(data.values, data.dim, axes), colour: paint.css('--data-data') }
          : null,
      ground: this.#groundOf(points, row, paint),
      difference:
        difference === null
          ? null
          : {
              to: onPlane(difference.to, cell.frame.dim, axes),
              lengths: difference.lengths,
              largest: this.#model.largest,
              colours: magnitudesOf(paint),
            },
      selected: this.#selected(),
    };
  }

  ofReference({ points, dim, kind, shape }: Reference, paint: Paint): CellPicture | null {
    if (points === null || shape !== null) return null;
    return {
      points: onPlane(points, dim, this.#settings.axes),
      colour: paint.css(kind === 'data' ? '--data-data' : '--data-teacher'),
      data: null,
      ground: null,
      difference: null,
      selected: kind === 'data' ? new Set() : this.#selected(),
    };
  }

  /** The images of a cell, or how they differ from what they are held against; null for points. */
  tilesOfCell(row: Row, cell: CellState, paint: Paint): TilePicture | null {
    const shape = imageShapeOf(row.run);
    if (cell.kind !== 'samples' || shape === null) return null;
    const { difference, points } = cell;
    const range = isLatent(shape[2] ?? 1) ? latentRange : 1;
    const look: TileLook =
      difference === null ? plain : { kind: 'signed', channel: 'first', colours: signedMap(paint), range };
    return this.#tiles(difference === null ? points : lessThan(points, difference), shape, look);
  }

  tilesOfReference({ points, shape, kind }: Reference): TilePicture | null {
    if (points === null || shape === null) return null;
    const tiles = this.#tiles(points, shape, plain);
    return kind === 'data' ? { ...tiles, selected: new Set() } : tiles;
  }

  #tiles(values: Float32Array, shape: readonly number[], look: TileLook): TilePicture {
    const [height = 1, width = 1, channels = 1] = shape;
    const count = Math.floor(values.length / (height * width * channels));
    return { values, count, shape: { height, width, channels }, look, selected: this.#selected() };
  }

  #groundOf(points: Float32Array, row: Row, paint: Paint): Ground | null {
    if (this.#settings.picture !== 'density') return null;
    const grid = densityFrom(points);
    const data = this.#model.dataOf(row.run);
    const high =
      data === null
        ? peakOf(grid)
        : aboveData * peakOf(densityFrom(onPlane(data.values, data.dim, this.#settings.axes)));
    const colours = densityMap(paint);
    const known = grounds.get(grid);
    if (known !== undefined && known.high === high && known.colours === colours) return known;
    const ground = { grid, high, colours };
    grounds.set(grid, ground);
    return ground;
  }
}

function densityFrom(points: Float32Array): PlaneGrid {
  let grid = densities.get(points);
  if (grid === undefined) {
    grid = densityOf(points, points.length / 2, density);
    densities.set(points, grid);
  }
  return grid;
}
