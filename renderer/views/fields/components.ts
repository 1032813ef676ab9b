import { pathColours } from '../../scene/path-colours.ts';
import type { PathColours } from '../../scene/path-colours.ts';
import { magnitudesOf, modeToken, timeMap } from '../../scene/density-colours.ts';
import { colourMapSize } from '../../scene/colour-maps.ts';
import type { ColourMap } from '../../scene/colour-maps.ts';
import type { LinearRgb } from '../../theme/oklch.ts';
import type { Paint } from '../../theme/paint.ts';

/** Tokens before they begin again. */
const plainTokens = 6;
/** What the colours of later rounds are mixed with, so that component 7 is not told for component 1. */
const mixedWith = [null, '--ink', '--surface-stage'] as const;
const mixedShare = 0.5;
/** Groups that the colours of a path have room for; the first texel is for none. */
const roomForGroups = colourMapSize - 1;

function mixOf(component: number): { token: string; other: string | null } {
  const round = Math.floor(component / plainTokens) % mixedWith.length;
  return { token: modeToken(component), other: mixedWith[round] ?? null };
}

/** The colour of a component for CSS. */
export function componentCss(component: number): string {
  const { token, other } = mixOf(component);
  if (other === null) return `var(${token})`;
  return `color-mix(in srgb-linear, var(${token}) ${100 * (1 - mixedShare)}%, var(${other}))`;
}

/** The same for drawings. */
export function componentColour(paint: Paint, component: number): LinearRgb {
  const { token, other } = mixOf(component);
  const colour = paint.colour(token);
  return other === null ? colour : mixed(colour, paint.colour(other), mixedShare);
}

function mixed(from: LinearRgb, to: LinearRgb, share: number): LinearRgb {
  const at = (i: 0 | 1 | 2): number => from[i] + (to[i] - from[i]) * share;
  return [at(0), at(1), at(2)];
}

/** Steps of faintness that there is room for beside so many components. */
export function levelsOf(components: number): number {
  return Math.max(1, Math.min(16, Math.floor(roomForGroups / components)));
}

/** Component with the greatest weight in each row. @param weights  flat [rows, components] */
export function dominantOf(weights: Float32Array, components: number): Int32Array {
  return Int32Array.from({ length: weights.length / components }, (_, row) => {
    let best = 0;
    for (let k = 1; k < components; k += 1) {
      if ((weights[row * components + k] ?? 0) > (weights[row * components + best] ?? 0)) best = k;
    }
    return best;
  });
}

/**
 * Each row's dominant component and the strength of its weight as one group of {@link componentColours}:
 * full at 1, faintest where all components weigh alike.
 */
export function componentGroups(weights: Float32Array, components: number): Float32Array {
  const levels = levelsOf(components);
  const even = 1 / components;
  return Float32Array.from(dominantOf(weights, components), (component, row) => {
    const weight = weights[row * components + component] ?? 0;
    const share = components === 1 ? 1 : (weight - even) / (1 - even);
    // The square root keeps a third of the weight, which is much among many, well seen.
    const level = Math.round(Math.sqrt(Math.min(1, Math.max(0, share))) * (levels - 1));
    return component * levels + level;
  });
}

/** Faintest points keep this share of their colour, to be seen at all. */
const faintest = 0.35;

/** Points in the colours of their components, fading into the stage where no component rules. */
export function componentColours(paint: Paint, components: number): PathColours {
  return once(paint, `components ${components}`, () => {
    const levels = levelsOf(components);
    const stage = paint.colour('--surface-stage');
    const groups = Array.from({ length: components * levels }, (_, group) => {
      const level = levels === 1 ? 1 : (group % levels) / (levels - 1);
      const strength = faintest + (1 - faintest) * level;
      return mixed(stage, componentColour(paint, Math.floor(group / levels)), strength);
    });
    return groupColours(paint, groups);
  });
}

/** Points in the colours of a magnitude: group 0 is nothing, {@link magnitudeLevels} the greatest. */
export function magnitudeColours(paint: Paint): PathColours {
  return once(paint, 'magnitudes', () => {
    const ramp = magnitudesOf(paint);
    const groups = Array.from({ length: magnitudeLevels + 1 }, (_, level): LinearRgb => {
      const at = 4 * Math.round((level / magnitudeLevels) * (colourMapSize - 1));
      return [ramp[at] ?? 0, ramp[at + 1] ?? 0, ramp[at + 2] ?? 0];
    });
    return groupColours(paint, groups);
  });
}

export const magnitudeLevels = roomForGroups - 1;

/** For the weight of one component over the plane: nothing at 0, its colour at 1. */
export function componentMap(paint: Paint, component: number): ColourMap {
  return once(paint, `component ${component}`, () => {
    const map = new Float32Array(colourMapSize * 4);
    const colour = componentColour(paint, component);
    for (let i = 0; i < colourMapSize; i += 1) map.set([...colour, i / (colourMapSize - 1)], 4 * i);
    return map;
  });
}

function groupColours(paint: Paint, groups: readonly LinearRgb[]): PathColours {
  const [none, flat] = [paint.colour(modeToken(-1)), paint.colour('--ink')];
  return pathColours({ time: timeMap(paint), speed: magnitudesOf(paint), groups, none, flat });
}

/** Made once for every paint: a stage takes another array for other colours and sends it again. */
const made = new WeakMap<Paint, Map<string, Float32Array<ArrayBuffer>>>();

function once(paint: Paint, name: string, make: () => Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const colours = made.get(paint) ?? new Map<string, Float32Array<ArrayBuffer>>();
  made.set(paint, colours);
  const known = colours.get(name) ?? make();
  colours.set(name, known);
  return known;
}
