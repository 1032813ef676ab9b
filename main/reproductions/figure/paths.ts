/** Paths in the plane, or samples where a set has one step, all on the same two axes. */
import { figureColours } from '#contract/reproductions.ts';
import type { PathSet, PathsFigure, Picture } from '../reproduction.ts';
import { type Plot, WIDTH, legend, text } from './frame.ts';

const SIDE = 440;
/** Share of paths that may leave each side of the plot: one gone astray hides no other. */
const STRAYS = 0.002;

export function pathsPlot({ sets }: Picture, figure: PathsFigure): Plot {
  const names = legend(
    sets.map(({ name, steps }, i) => ({
      name,
      mark: (x: number, y: number) =>
        steps === 1 ? dots([[x + 11, y]], i) : stroke(`M${x} ${y}H${x + 22}`, i, i === 0 ? 0.35 : 0.9),
    })),
    0,
  );
  const [left, top] = [(WIDTH - SIDE) / 2, names.height + 6];
  const place = planeOf(sets, left, top);
  const drawn = sets.flatMap((set, i) => {
    const all = pathsOf(set).map((path) => thinned(path.map(([x, y]) => place(x, y))));
    const ends = all.flatMap((path) => path.slice(-1));
    if (set.steps === 1) return [dots(ends, i)];
    const path = all
      .filter(({ length }) => length > 1)
      .map((each) => `M${each.map((at) => at.join(' ')).join('L')}`);
    return [stroke(path.join(''), i, i === 0 ? 0.35 : 0.9), dots(ends, i)];
  });
  return {
    height: top + SIDE + 34,
    marks: [
      ...names.marks,
      `<clipPath id="plane"><rect x="${left}" y="${top}" width="${SIDE}" height="${SIDE}"/></clipPath>`,
      `<g clip-path="url(#plane)">${drawn.join('')}</g>`,
      `<rect x="${left}" y="${top}" width="${SIDE}" height="${SIDE}" fill="none" stroke="${figureColours.grid}"/>`,
      text(WIDTH / 2, top + SIDE + 22, figure.title, { anchor: 'middle' }),
    ],
    reading: 'All from the same noise; dots are where paths end.',
  };
}

type Place = (x: number, y: number) => [number, number];

/** One scale for both axes, so that distances are what they are. */
function planeOf(sets: readonly PathSet[], left: number, top: number): Place {
  const reached = sets.flatMap((set) => pathsOf(set).filter(({ length }) => length > 0));
  const [x0, x1, y0, y1] = [0, 1].flatMap((axis) => {
    const low = reached.map((path) => Math.min(...path.map((state) => state[axis]!))).sort(ascending);
    const high = reached.map((path) => Math.max(...path.map((state) => state[axis]!))).sort(ascending);
    const strays = Math.floor(STRAYS * reached.length);
    return [low[strays] ?? -1, high[high.length - 1 - strays] ?? 1];
  }) as [number, number, number, number];
  const scale = (0.94 * SIDE) / Math.max(x1 - x0, y1 - y0, 1e-6);
  const [cx, cy] = [(x0 + x1) / 2, (y0 + y1) / 2];
  const round = (value: number): number => Math.round(value * 10) / 10;
  return (x, y) => [round(left + SIDE / 2 + (x - cx) * scale), round(top + SIDE / 2 - (y - cy) * scale)];
}

const ascending = (a: number, b: number): number => a - b;

/** Each path up to where it stops being finite. */
function pathsOf({ paths, steps }: PathSet): [number, number][][] {
  return Array.from({ length: paths.length / (2 * steps) }, (_, b) => {
    const path: [number, number][] = [];
    for (let t = 0; t < steps; t++) {
      const at = 2 * (b * steps + t);
      const [x, y] = [paths[at]!, paths[at + 1]!];
      if (!Number.isFinite(x + y)) break;
      path.push([x, y]);
    }
    return path;
  });
}

/** A path without the places that nobody could see: closer than a unit to the last, but for its end. */
function thinned(path: readonly [number, number][]): [number, number][] {
  let last: [number, number] | null = null;
  return path.filter((at, i) => {
    const isKept =
      last === null || i === path.length - 1 || Math.hypot(at[0] - last[0], at[1] - last[1]) >= 1;
    if (isKept) last = at;
    return isKept;
  });
}

/** The first set is the one that others are held against. */
function colour(index: number): string {
  return index === 0 ? figureColours.ink : figureColours.data[(index - 1) % figureColours.data.length]!;
}

function stroke(path: string, index: number, opacity: number): string {
  // Wide enough to be seen behind another on the same way.
  const width = index === 0 ? 3.6 : 1;
  return `<path d="${path}" fill="none" stroke="${colour(index)}" stroke-width="${width}" stroke-opacity="${opacity}" stroke-linejoin="round"/>`;
}

/** Round caps of lines without length: thousands of circles would be a large file. */
function dots(places: readonly [number, number][], index: number): string {
  const path = places.map(([x, y]) => `M${x} ${y}h0`).join('');
  return `<path class="dots" d="${path}" fill="none" stroke="${colour(index)}" stroke-width="${index === 0 ? 6 : 3.4}" stroke-linecap="round" stroke-opacity="0.75"/>`;
}
