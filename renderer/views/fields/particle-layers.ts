import type { PlaneGrid } from '../../scene/density.ts';
import type { Layer } from '../../scene/layers.ts';
import type { LinearRgb } from '../../theme/oklch.ts';
import type { Paint } from '../../theme/paint.ts';
import { componentColours, componentMap, magnitudeColours } from './components.ts';
import type { FieldSet } from './field-set.ts';
import type { Tint } from './tint.ts';

interface ParticleLook {
  readonly tint: Tint | null;
  /** Of all of them where nothing tints them. */
  readonly colour: LinearRgb;
  readonly areSamples: boolean;
}

/** Where one component of a policy counts. */
export function regionLayer(component: number, { values, side, extent }: PlaneGrid, paint: Paint): Layer {
  const colours = componentMap(paint, component);
  const key = `region-${component}`;
  return { kind: 'grid', key, values, side, extent, colours, low: 0, high: 1, opacity: 0.32 };
}

/** Dots that can be picked where they are samples, each in a colour of its own where that says something. */
export function particleLayer(
  particles: FieldSet,
  { tint, colour, areSamples }: ParticleLook,
  paint: Paint,
): Layer {
  if (tint === null) {
    return points('particles', particles.points, colour, 0.9, 4, areSamples);
  }
  return {
    kind: 'paths',
    key: 'particles-tinted',
    positions: particles.points,
    times: dataTime,
    groups: tint.groups,
    count: particles.count,
    dim: 2,
    t: 0,
    tail: 1,
    colourBy: 'group',
    colours: tint.components === null ? magnitudeColours(paint) : componentColours(paint, tint.components),
    fastest: 1,
    headSize: 5,
    lineWidth: 0,
    opacity: 1,
    isSamples: areSamples,
  };
}

/** Around the one particle whose policy is looked at everywhere. */
export function haloLayer({ points: all }: FieldSet, source: number, paint: Paint): Layer {
  const place = all.subarray(2 * source, 2 * source + 2);
  return points('source', place, paint.colour('--ink'), 1, 10);
}

/** Points are paths of one record. */
const dataTime = Float32Array.of(0);

export function points(
  key: string,
  values: Float32Array,
  colour: LinearRgb,
  opacity: number,
  size = 3,
  isSamples = false,
): Layer {
  return {
    kind: 'points',
    key,
    points: values,
    count: values.length / 2,
    dim: 2,
    colour,
    size,
    opacity,
    isSamples,
  };
}
