import type { LinearRgb } from '../theme/oklch.ts';
import { colourMapSize } from './colour-maps.ts';
import type { ColourMap } from './colour-maps.ts';

/** What the colour of a path tells. */
export type ColourBy = 'time' | 'speed' | 'group' | 'flat';

/** Rows of the texture that holds them all: another colouring is another row, not another upload. */
const rows: readonly ColourBy[] = ['time', 'speed', 'group', 'flat'];

/** RGBA, linear light: one row of `colourMapSize` texels per `ColourBy`. */
export type PathColours = Float32Array<ArrayBuffer>;

export function rowOf(colourBy: ColourBy): number {
  return rows.indexOf(colourBy);
}

interface Parts {
  /** From t = 1 to t = 0. */
  time: ColourMap;
  /** From standstill to `fastest`. */
  speed: ColourMap;
  /** Of class 0, 1, ...; they begin again after the last. */
  groups: readonly LinearRgb[];
  /** Of what belongs to no class. */
  none: LinearRgb;
  flat: LinearRgb;
}

export function pathColours({ time, speed, groups, none, flat }: Parts): PathColours {
  const colours = new Float32Array(colourMapSize * 4 * rows.length);
  colours.set(time, rowOf('time') * colourMapSize * 4);
  colours.set(speed, rowOf('speed') * colourMapSize * 4);
  for (let texel = 0; texel < colourMapSize; texel += 1) {
    const group = texel === 0 ? none : (groups[(texel - 1) % Math.max(1, groups.length)] ?? none);
    colours.set([...group, 1], (rowOf('group') * colourMapSize + texel) * 4);
    colours.set([...flat, 1], (rowOf('flat') * colourMapSize + texel) * 4);
  }
  return colours;
}

/** Texel of a class in its row; the shader has the same rule. */
export function texelOfGroup(group: number): number {
  return group < 0 ? 0 : 1 + (Math.round(group) % (colourMapSize - 1));
}

/** @param share  in [0, 1], for time and speed */
export function colourAt(colours: PathColours, colourBy: ColourBy, texel: number): LinearRgb {
  const at = (rowOf(colourBy) * colourMapSize + Math.min(colourMapSize - 1, Math.max(0, texel))) * 4;
  return [colours[at] ?? 0, colours[at + 1] ?? 0, colours[at + 2] ?? 0];
}
