import { describe, expect, it } from 'vitest';
import { colourMapBetween } from '../../scene/colour-maps.ts';
import { densityOf } from '../../scene/density.ts';
import { marksOf, nearestSample, samplesIn } from './marks.ts';
import type { CellPicture, Mark } from './marks.ts';
import { cameraOf } from './sight.ts';

const sidePx = 200;
/** One unit is fifty pixels; the origin lies at (100, 100). */
const camera = cameraOf({ x: 0, y: 0, extent: 2 }, sidePx);
const colours = colourMapBetween([0, 0, 1], [1, 0, 0]);
const points = Float32Array.of(0, 0, 1, 0, 0, 1, -1, -1);
const picture: CellPicture = {
  points,
  colour: 'rgb(1,2,3)',
  data: null,
  ground: null,
  difference: null,
  selected: new Set(),
};
const draw = (change: Partial<CellPicture>): Mark[] => marksOf({ ...picture, ...change }, camera, sidePx);
const placesOf = (marks: readonly Mark[], kind: 'dots' | 'pieces'): number[][] =>
  marks.flatMap((mark) => (mark.kind === kind ? [[...mark.places]] : []));

describe('marksOf', () => {
  it('puts points where the camera sees them, y upwards', () => {
    expect(placesOf(draw({}), 'dots')).toEqual([[100, 100, 150, 100, 100, 50, 50, 150]]);
  });

  it('draws every sample once, the picked ones larger and the others fainter', () => {
    const [others, picked] = draw({ selected: new Set([1, 3, 99]) });
    const plain = draw({})[0];
    if (others?.kind !== 'dots' || picked?.kind !== 'dots' || plain?.kind !== 'dots')
      throw new Error('no dots');
    expect(Array.from(picked.places)).toEqual([150, 100, 50, 150]);
    expect(others.places).toHaveLength(4);
    expect(picked.sizePx).toBeGreaterThan(others.sizePx);
    expect(others.opacity).toBeLessThan(plain.opacity);
  });

  it('joins every sample to its reference, the far ones on top and in the colour of their distance', () => {
    const to = Float32Array.of(0, 0, 1, 0.5, 0, 0, 0, -1);
    const difference = { to, lengths: Float32Array.of(0, 0.5, 1, 1), largest: 1, colours };
    const marks = draw({ difference });
    const pieces = marks.filter((mark) => mark.kind === 'pieces');
    expect(pieces.flatMap(({ places }) => [...places])).toEqual([
      ...[100, 100, 100, 100],
      ...[150, 100, 150, 75],
      ...[100, 50, 100, 100],
      ...[50, 150, 100, 150],
    ]);
    expect(new Set(pieces.map(({ colour }) => colour)).size).toBe(3);
    expect(placesOf(marks, 'dots').flat()).toHaveLength(points.length);
  });

  it('colours nothing by a distance that is nowhere more than 0', () => {
    const difference = { to: points, lengths: new Float32Array(4), largest: 0, colours };
    expect(draw({ difference }).filter(({ kind }) => kind === 'pieces')).toHaveLength(1);
  });

  it('draws a density over its square, instead of the points', () => {
    const grid = densityOf(points, 4, { side: 16, extent: 3, bandwidth: 0.2 });
    const marks = draw({ ground: { grid, high: 1, colours } });
    expect(marks.map(({ kind }) => kind)).toEqual(['image']);
    expect(marks[0]).toMatchObject({ left: -50, top: -50, sidePx: 300 });
  });

  it('draws data below the samples', () => {
    const marks = draw({ data: { points: Float32Array.of(1, 1), colour: 'green' } });
    expect(marks.map((mark) => mark.kind === 'dots' && mark.colour)).toEqual(['green', 'rgb(1,2,3)']);
  });
});

describe('picking', () => {
  it('finds a sample at the place where it is drawn, and none far from all', () => {
    const places = placesOf(draw({}), 'dots')[0] ?? [];
    for (let i = 0; i < 4; i += 1) {
      const near = [(places[2 * i] ?? 0) + 3, (places[2 * i + 1] ?? 0) - 2] as const;
      expect(nearestSample(points, camera, sidePx, near)).toBe(i);
    }
    expect(nearestSample(points, camera, sidePx, [180, 20])).toBeNull();
  });

  it('finds what lies in a box', () => {
    expect(samplesIn(points, camera, sidePx, { left: 90, top: 40, right: 160, bottom: 110 })).toEqual([
      0, 1, 2,
    ]);
  });
});
