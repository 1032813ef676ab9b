import type { LinearRgb } from '../theme/oklch.ts';
import type { ColourMap } from './colour-maps.ts';
import type { ColourBy, PathColours } from './path-colours.ts';

/**
 * What a stage draws, as plain data. Arrays are told apart by identity: a layer that comes again
 * with the same arrays uploads nothing, whatever else about it changes.
 */
export type Layer = PathsLayer | PointsLayer | ArrowsLayer | GridLayer | LinesLayer;

interface LayerBase {
  /** Names the layer among those of one stage; the same name keeps its buffers. */
  key: string;
  opacity: number;
  /** Element i is sample i: it can be picked, and a picked one stands out. */
  isSamples?: boolean;
}

/** Paths of many points through the same times, drawn up to a time, with a dot at that time. */
export interface PathsLayer extends LayerBase {
  kind: 'paths';
  /** Flat [count, T, dim], data units. */
  positions: Float32Array;
  /** [T], from 1 (noise) down to 0 (data). */
  times: Float32Array;
  /** [count]: the class of each path, -1 for none. */
  groups?: Float32Array | undefined;
  count: number;
  dim: number;
  /** Where the dots stand and the lines end; null follows the time of the stage. */
  t: number | null;
  /** How much of the time before `t` the lines show; 1 or more shows all of it. */
  tail: number;
  colourBy: ColourBy;
  colours: PathColours;
  /** Speed at the upper end of its colours, data units per unit of time. */
  fastest: number;
  /** Diameter of the dots in CSS pixels; 0 draws none. */
  headSize: number;
  /** Of the dots; 1, if left out. A path of one record has its layer's. */
  headOpacity?: number;
  /** Of the lines, in CSS pixels; 0 draws the thinnest that there is, which is fastest. */
  lineWidth: number;
}

export interface PointsLayer extends LayerBase {
  kind: 'points';
  /** Flat [count, dim], data units. */
  points: Float32Array;
  count: number;
  dim: number;
  colour: LinearRgb;
  /** Diameter in CSS pixels. */
  size: number;
  /** Where on the time axis they lie; at data, if left out. */
  t?: number;
}

export interface ArrowsLayer extends LayerBase {
  kind: 'arrows';
  /** Flat [count, dim]: where the arrows begin. */
  points: Float32Array;
  /** Flat [count, dim]: where they go, in data units before `scale`. */
  vectors: Float32Array;
  count: number;
  dim: number;
  scale: number;
  /** Colour by length, from 0 to `longest`. */
  colours: ColourMap;
  longest: number;
}

/** A scalar over the square [-extent, extent] of the plane, coloured cell by cell. */
export interface GridLayer extends LayerBase {
  kind: 'grid';
  /** Flat [side, side], row-major over y then x, both ascending; a value belongs to a cell's centre. */
  values: Float32Array;
  side: number;
  extent: number;
  /** Values at both ends of the colours, whose alpha counts. */
  low: number;
  high: number;
  colours: ColourMap;
}

/** Pieces of lines on the plane, e.g. streamlines or contours, and heads that show their direction. */
export interface LinesLayer extends LayerBase {
  kind: 'lines';
  /** Flat [count, 4]: both ends of every piece, data units. */
  pieces: Float32Array;
  /** Flat [count, 2]: value at both ends. */
  values: Float32Array;
  /** Flat [heads, 4]: place and direction. */
  heads: Float32Array;
  /** [heads] */
  headValues: Float32Array;
  /** Colour by value, from 0 to `largest`. */
  colours: ColourMap;
  largest: number;
  /** CSS pixels. */
  width: number;
}
