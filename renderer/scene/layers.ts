import type { LinearRgb } from '../theme/oklch.ts';
import type { ColourMap } from './colour-maps.ts';

/**
 * What a stage draws, as plain data. Arrays are told apart by identity: a layer that comes again
 * with the same arrays uploads nothing, whatever else about it changes.
 */
export type Layer = PathsLayer | PointsLayer | ArrowsLayer;

interface LayerBase {
  /** Names the layer among those of one stage; the same name keeps its buffers. */
  key: string;
  opacity: number;
}

/** Paths of many points through the same times, drawn up to a time, with a dot at that time. */
export interface PathsLayer extends LayerBase {
  kind: 'paths';
  /** Flat [count, T, dim], data units. */
  positions: Float32Array;
  /** [T], from 1 (noise) down to 0 (data). */
  times: Float32Array;
  count: number;
  dim: number;
  /** Where the dots stand and the lines end. */
  t: number;
  /** Colour along the path, from its beginning to its end. */
  colours: ColourMap;
  headColour: LinearRgb;
  /** Diameter in CSS pixels. */
  headSize: number;
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
