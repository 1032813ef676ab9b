import { shortNumber, xmlElement } from '../export/xml.ts';
import { bytesFromLinearRgb } from '../theme/oklch.ts';
import type { LinearRgb } from '../theme/oklch.ts';
import { colourMapSize } from './colour-maps.ts';
import type { ColourMap } from './colour-maps.ts';
import { gridImage } from './grid-image.ts';
import type { ArrowsLayer, GridLayer, Layer, LinesLayer, PathsLayer, PointsLayer } from './layers.ts';
import { indexFromTime } from './packing.ts';
import { colourAt, texelOfGroup } from './path-colours.ts';
import { screenFromWorld } from './projection.ts';
import { pathReader } from './sample-positions.ts';
import type { Sight } from './sample-positions.ts';
import { depthFrom } from './space.ts';

/** A file of more elements than that is opened by few programs; samples are draws, so the first stand for all. */
export const mostDrawn = 5000;
/** Pieces of one colour that a path is drawn in. */
const shadesPerPath = 12;

/** Elements of an SVG that draw layers as vectors, in CSS pixels. */
export function svgBody(layers: readonly Layer[], sight: Sight): string {
  return layers.map((layer) => svgOf(layer, sight)).join('');
}

function svgOf(layer: Layer, sight: Sight): string {
  switch (layer.kind) {
    case 'paths':
      return pathsSvg(layer, sight);
    case 'points':
      return pointsSvg(layer, sight);
    case 'arrows':
      return arrowsSvg(layer, sight);
    case 'grid':
      return gridSvg(layer, sight);
    case 'lines':
      return linesSvg(layer, sight);
    default:
      return layer satisfies never;
  }
}

type Place = readonly [px: number, py: number];

function placeOf({ projection, space }: Sight, x: number, y: number, third: number, t: number): Place {
  const [px, py] = screenFromWorld(projection, x, y, depthFrom(space, third, t));
  return [px, py];
}

function pathsSvg(layer: PathsLayer, sight: Sight): string {
  const { times } = layer;
  const at = layer.t ?? sight.t;
  const head = indexFromTime(times, at);
  const tail = layer.tail >= 1 ? 0 : indexFromTime(times, Math.min(1, at + layer.tail));
  const records = recordsBetween(tail, head);
  const readers = records.map((record) => pathReader(layer, record));
  const timeAt = (record: number): number => {
    const before = times[Math.floor(record)] ?? 1;
    return before + ((times[Math.ceil(record)] ?? before) - before) * (record % 1);
  };
  const recordTimes = records.map(timeAt);
  const count = Math.min(layer.count, mostDrawn);
  const lines: string[] = [];
  const dots: string[] = [];
  for (let path = 0; path < count; path += 1) {
    const places = readers.map((read, k) =>
      placeOf(sight, read(path, 0), read(path, 1), read(path, 2), recordTimes[k] ?? 0),
    );
    const colours = readers.map((_, k) => shadeOf(layer, path, recordTimes[k] ?? 0, readers, recordTimes, k));
    lines.push(...polylines(places, colours));
    const [px, py] = places.at(-1) ?? [0, 0];
    if (layer.headSize > 0) dots.push(disc(px, py, layer.headSize, colours.at(-1) ?? ''));
  }
  const drawnLines =
    records.length < 2
      ? ''
      : xmlElement(
          'g',
          {
            fill: 'none',
            'stroke-width': layer.lineWidth || 1,
            'stroke-linejoin': 'round',
            'stroke-opacity': layer.opacity,
          },
          ...lines,
        );
  return drawnLines + xmlElement('g', {}, ...dots);
}

/** The ends of the window, and the records between them. */
function recordsBetween(tail: number, head: number): number[] {
  const inside: number[] = [];
  for (let k = Math.floor(tail) + 1; k < head; k += 1) inside.push(k);
  return tail < head ? [tail, ...inside, head] : [head];
}

function shadeOf(
  layer: PathsLayer,
  path: number,
  t: number,
  readers: readonly ((path: number, d: number) => number)[],
  times: readonly number[],
  k: number,
): string {
  const { colours, colourBy } = layer;
  if (colourBy === 'flat') return css(colourAt(colours, 'flat', 0));
  if (colourBy === 'group') return css(colourAt(colours, 'group', texelOfGroup(layer.groups?.[path] ?? -1)));
  if (colourBy === 'time') return css(colourAt(colours, 'time', Math.round((1 - t) * (colourMapSize - 1))));
  const other = k + 1 < readers.length ? k + 1 : k - 1;
  const [here, there] = [readers[k], readers[other]];
  if (here === undefined || there === undefined) return css(colourAt(colours, 'speed', 0));
  const way = Math.hypot(...[0, 1, 2].map((d) => there(path, d) - here(path, d)));
  const share = way / Math.max(1e-9, Math.abs((times[other] ?? 0) - t)) / Math.max(1e-9, layer.fastest);
  return css(colourAt(colours, 'speed', Math.round(share * (colourMapSize - 1))));
}

/** A path whose colour changes is drawn in pieces, each in the colour of its middle. */
function polylines(places: readonly Place[], colours: readonly string[]): string[] {
  const isPlain = colours.every((colour) => colour === colours[0]);
  const length = isPlain ? places.length : Math.max(1, Math.ceil((places.length - 1) / shadesPerPath));
  const drawn: string[] = [];
  for (let from = 0; from + 1 < places.length; from += length) {
    const piece = places.slice(from, from + length + 1);
    const stroke = colours[from + (piece.length >> 1)] ?? colours[from] ?? '';
    drawn.push(xmlElement('path', { d: `M${piece.map(pair).join('L')}`, stroke }));
  }
  return drawn;
}

function pointsSvg(layer: PointsLayer, sight: Sight): string {
  const { points, dim, size, opacity } = layer;
  const count = Math.min(layer.count, mostDrawn * 4);
  const dots = Array.from({ length: count }, (_, i) => {
    const coordinate = (d: number): number => (d < dim ? (points[i * dim + d] ?? 0) : 0);
    const [px, py] = placeOf(sight, coordinate(0), coordinate(1), coordinate(2), layer.t ?? 0);
    return disc(px, py, size);
  });
  return xmlElement('g', { fill: css(layer.colour), 'fill-opacity': opacity }, ...dots);
}

function arrowsSvg(layer: ArrowsLayer, sight: Sight): string {
  const { points, vectors, dim, count, scale, longest, opacity } = layer;
  const arrows = Array.from({ length: count }, (_, i) => {
    const at = (values: Float32Array, d: number): number => (d < dim ? (values[i * dim + d] ?? 0) : 0);
    const [x, y, dx, dy] = [at(points, 0), at(points, 1), at(vectors, 0), at(vectors, 1)];
    const from = placeOf(sight, x, y, at(points, 2), 0);
    const to = placeOf(sight, x + dx * scale, y + dy * scale, at(points, 2), 0);
    const colour = css(shadeBetween(layer.colours, Math.hypot(dx, dy) / Math.max(1e-12, longest)));
    return arrowSvg(from, to, colour);
  });
  return xmlElement('g', { 'stroke-width': 1.5, opacity }, ...arrows);
}

function arrowSvg(from: Place, to: Place, colour: string): string {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dx, dy);
  if (length < 0.5) return '';
  const head = Math.min(7, 0.4 * length);
  const neck: Place = [to[0] - (dx / length) * head, to[1] - (dy / length) * head];
  const side: Place = [(-dy / length) * 0.4 * head, (dx / length) * 0.4 * head];
  const corners: Place[] = [
    [neck[0] + side[0], neck[1] + side[1]],
    to,
    [neck[0] - side[0], neck[1] - side[1]],
  ];
  return (
    xmlElement('path', { d: `M${pair(from)}L${pair(neck)}`, stroke: colour }) +
    xmlElement('path', { d: `M${corners.map(pair).join('L')}Z`, fill: colour })
  );
}

function gridSvg(layer: GridLayer, sight: Sight): string {
  const [left, top] = placeOf(sight, -layer.extent, layer.extent, 0, 0);
  const [right, bottom] = placeOf(sight, layer.extent, -layer.extent, 0, 0);
  return xmlElement('image', {
    x: left,
    y: top,
    width: right - left,
    height: bottom - top,
    preserveAspectRatio: 'none',
    opacity: layer.opacity,
    href: gridImage(layer),
  });
}

/** Levels of colour that pieces of lines are sorted into. */
const lineShades = 16;

function linesSvg(layer: LinesLayer, sight: Sight): string {
  const { pieces, values, heads, headValues, largest, width, opacity } = layer;
  const shadeAt = (value: number): number =>
    Math.min(lineShades - 1, Math.max(0, Math.floor((value / Math.max(1e-12, largest)) * lineShades)));
  const byShade = Array.from({ length: lineShades }, () => ({ lines: '', heads: '' }));
  const at = (list: Float32Array, i: number): number => list[i] ?? 0;
  for (let i = 0; i + 3 < pieces.length; i += 4) {
    const from = placeOf(sight, at(pieces, i), at(pieces, i + 1), 0, 0);
    const to = placeOf(sight, at(pieces, i + 2), at(pieces, i + 3), 0, 0);
    const shade = byShade[shadeAt((at(values, i / 2) + at(values, i / 2 + 1)) / 2)];
    if (shade !== undefined) shade.lines += `M${pair(from)}L${pair(to)}`;
  }
  const size = 4 + 2 * width;
  for (let i = 0; i + 3 < heads.length; i += 4) {
    const place = placeOf(sight, at(heads, i), at(heads, i + 1), 0, 0);
    const next = placeOf(sight, at(heads, i) + at(heads, i + 2), at(heads, i + 1) + at(heads, i + 3), 0, 0);
    const [dx, dy] = [next[0] - place[0], next[1] - place[1]];
    const length = Math.hypot(dx, dy) || 1;
    const [ux, uy] = [dx / length, dy / length];
    const corner = (along: number, across: number): Place => [
      place[0] + size * (ux * along - uy * across),
      place[1] + size * (uy * along + ux * across),
    ];
    const shade = byShade[shadeAt(at(headValues, i / 4))];
    const triangle = [corner(-0.5, -0.45), corner(0.5, 0), corner(-0.5, 0.45)];
    if (shade !== undefined) shade.heads += `M${triangle.map(pair).join('L')}Z`;
  }
  const drawn = byShade.map((shade, index) => {
    const colour = css(shadeBetween(layer.colours, (index + 0.5) / lineShades));
    return (
      (shade.lines === '' ? '' : xmlElement('path', { d: shade.lines, stroke: colour, fill: 'none' })) +
      (shade.heads === '' ? '' : xmlElement('path', { d: shade.heads, fill: colour }))
    );
  });
  return xmlElement('g', { 'stroke-width': width, 'stroke-linecap': 'round', opacity }, ...drawn);
}

function shadeBetween(colours: ColourMap, share: number): LinearRgb {
  const texel = Math.round(Math.min(1, Math.max(0, share)) * (colourMapSize - 1)) * 4;
  return [colours[texel] ?? 0, colours[texel + 1] ?? 0, colours[texel + 2] ?? 0];
}

function disc(px: number, py: number, diameter: number, fill?: string): string {
  return xmlElement('circle', { cx: px, cy: py, r: diameter / 2, ...(fill === undefined ? {} : { fill }) });
}

function pair([px, py]: Place): string {
  return `${shortNumber(px)} ${shortNumber(py)}`;
}

function css(colour: LinearRgb): string {
  return `#${bytesFromLinearRgb(colour)
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')}`;
}
