import { describe, expect, it } from 'vitest';
import { colourMapBetween } from './colour-maps.ts';
import { mostDrawn, svgBody } from './export-svg.ts';
import type { ArrowsLayer, PathsLayer, PointsLayer } from './layers.ts';
import { pathColours } from './path-colours.ts';
import { projectionOf } from './projection.ts';
import { cameraOf, spaceOf } from './space.ts';

const size = { width: 600, height: 600 };
// One unit is a hundred pixels; the origin lies at (300, 300).
const sight = {
  projection: projectionOf(cameraOf('flat', 3, size), size),
  space: spaceOf('flat', 3),
  t: 0.5,
};
const black = colourMapBetween([0, 0, 0], [0, 0, 0]);
const colours = pathColours({
  time: colourMapBetween([1, 0, 0], [0, 0, 1]),
  speed: black,
  groups: [[0, 1, 0]],
  none: [0.5, 0.5, 0.5],
  flat: [0, 0, 0],
});

const path: PathsLayer = {
  kind: 'paths',
  key: 'paths',
  positions: Float32Array.of(0, 0, 1, 0, 2, 0),
  times: Float32Array.of(1, 0.5, 0),
  count: 1,
  dim: 2,
  t: null,
  tail: 1,
  colourBy: 'flat',
  colours,
  fastest: 1,
  headSize: 4,
  lineWidth: 1,
  opacity: 0.5,
};

describe('svgBody', () => {
  it('draws a path up to the time, and its dot there', () => {
    const body = svgBody([path], sight);
    expect(body).toContain('d="M300 300L400 300"');
    expect(body).toContain('<circle cx="400" cy="300" r="2"');
    expect(body).not.toContain('500');
  });

  it('draws as much of it as the window holds', () => {
    expect(svgBody([{ ...path, tail: 0.25 }], sight)).toContain('d="M350 300L400 300"');
    expect(svgBody([{ ...path, t: 0, tail: 0.75 }], sight)).toContain('d="M350 300L400 300L500 300"');
  });

  it('colours by time from noise to data, and by class', () => {
    const byTime = svgBody([{ ...path, colourBy: 'time', t: 0 }], sight);
    expect(byTime).toContain('fill="#0000ff"');
    const ofClass = { ...path, colourBy: 'group' as const, groups: Float32Array.of(0) };
    expect(svgBody([ofClass], sight)).toContain('stroke="#00ff00"');
    expect(svgBody([{ ...ofClass, groups: Float32Array.of(-1) }], sight)).not.toContain('#00ff00');
  });

  it('draws points and arrows where they are', () => {
    const points: PointsLayer = {
      kind: 'points',
      key: 'points',
      points: Float32Array.of(-1, 1),
      count: 1,
      dim: 2,
      colour: [1, 1, 1],
      size: 6,
      opacity: 0.3,
    };
    expect(svgBody([points], sight)).toBe(
      '<g fill="#ffffff" fill-opacity="0.3"><circle cx="200" cy="200" r="3"/></g>',
    );
    const arrows: ArrowsLayer = {
      kind: 'arrows',
      key: 'arrows',
      points: Float32Array.of(0, 0, 0, 0),
      vectors: Float32Array.of(1, 0, 0, 0),
      count: 2,
      dim: 2,
      scale: 0.5,
      colours: black,
      longest: 1,
      opacity: 1,
    };
    const drawn = svgBody([arrows], sight);
    expect(drawn).toContain('M300 300L343 300');
    // An arrow of no length is not drawn.
    expect(drawn.match(/<path/g)).toHaveLength(2);
  });

  it('stays within what a program opens', () => {
    const count = mostDrawn + 10;
    const many = { ...path, positions: new Float32Array(count * 6), count };
    expect(svgBody([many], sight).match(/<circle/g)).toHaveLength(mostDrawn);
  });
});
