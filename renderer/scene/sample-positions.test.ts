import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PathsLayer, PointsLayer } from './layers.ts';
import { pathColours } from './path-colours.ts';
import { projectionOf, screenFromWorld } from './projection.ts';
import { samplePosition, samplesInside, sampleSpeed } from './sample-positions.ts';
import { cameraOf, depthFrom, spaceOf } from './space.ts';
import type { Look } from './space.ts';

fc.configureGlobal({ seed: 20261122 });

const size = { width: 800, height: 600 };
const map = new Float32Array(256 * 4);
const colours = pathColours({ time: map, speed: map, groups: [], none: [0, 0, 0], flat: [0, 0, 0] });

/** Straight paths from a point to another, with a record in between. */
function paths(ends: readonly (readonly [number, number, number, number])[]): PathsLayer {
  const positions = ends.flatMap(([fromX, fromY, toX, toY]) =>
    [0, 0.25, 1].flatMap((share) => [fromX + (toX - fromX) * share, fromY + (toY - fromY) * share]),
  );
  return {
    kind: 'paths',
    key: 'paths',
    positions: Float32Array.from(positions),
    times: Float32Array.of(1, 0.75, 0),
    count: ends.length,
    dim: 2,
    t: null,
    tail: 1,
    colourBy: 'flat',
    colours,
    fastest: 1,
    headSize: 4,
    lineWidth: 1,
    opacity: 1,
    isSamples: true,
  };
}

const coordinate = fc.double({ min: -3, max: 3, noNaN: true });
const time = fc.double({ min: 0, max: 1, noNaN: true });

describe('where samples are', () => {
  it('lies between its records, in proportion to time', () => {
    fc.assert(
      fc.property(coordinate, coordinate, coordinate, coordinate, time, (fromX, fromY, toX, toY, t) => {
        const layer = paths([
          [9, 9, 9, 9],
          [fromX, fromY, toX, toY],
        ]);
        const { position } = samplePosition(layer, 1, t);
        // Positions are kept as float32.
        expect(position[0]).toBeCloseTo(toX + (fromX - toX) * t, 5);
        expect(position[1]).toBeCloseTo(toY + (fromY - toY) * t, 5);
        expect(sampleSpeed(layer, 1, t)).toBeCloseTo(Math.hypot(toX - fromX, toY - fromY), 4);
      }),
    );
  });

  it('is held by a time of the layer itself', () => {
    const layer = { ...paths([[0, 0, 1, 1]]), t: 1 };
    expect(samplePosition(layer, 0, 0)).toEqual({ position: [0, 0], t: 1 });
  });

  it('has no speed where there is one record', () => {
    const one = { ...paths([[0, 0, 1, 1]]), times: Float32Array.of(0), t: 0 };
    expect(sampleSpeed(one, 0, 0)).toBeNull();
  });
});

describe('samplesInside', () => {
  const looks: Look[] = ['flat', 'spaceTime', 'side'];

  it('finds exactly the samples whose dots are in the box, in any look and at any time', () => {
    const ends = fc.array(fc.tuple(coordinate, coordinate, coordinate, coordinate), { maxLength: 30 });
    const edge = fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 400 }));
    fc.assert(
      fc.property(ends, edge, edge, time, fc.constantFrom(...looks), (given, corner, side, t, look) => {
        const layer = paths(given);
        const space = spaceOf(look, 3);
        const projection = projectionOf(cameraOf(look, 3, size), size);
        const box = {
          left: corner[0],
          top: corner[1],
          right: corner[0] + side[0],
          bottom: corner[1] + side[1],
        };
        const expected = given.flatMap((_, sample) => {
          const { position } = samplePosition(layer, sample, t);
          const [px, py] = screenFromWorld(
            projection,
            position[0] ?? NaN,
            position[1] ?? NaN,
            depthFrom(space, 0, t),
          );
          const isInside = px >= box.left && px <= box.right && py >= box.top && py <= box.bottom;
          return isInside ? [sample] : [];
        });
        expect(samplesInside([layer], { projection, space, t }, box)).toEqual(expected);
      }),
    );
  });

  it('looks only at layers of samples, and finds a sample once', () => {
    const layer = paths([[0, 0, 0, 0]]);
    const points: PointsLayer = {
      kind: 'points',
      key: 'points',
      points: Float32Array.of(0, 0, 0, 0),
      count: 2,
      dim: 2,
      colour: [0, 0, 0],
      size: 3,
      opacity: 1,
      isSamples: true,
    };
    const sight = {
      projection: projectionOf(cameraOf('flat', 3, size), size),
      space: spaceOf('flat', 3),
      t: 0,
    };
    const all = { left: 0, top: 0, right: 800, bottom: 600 };
    expect(samplesInside([layer, points], sight, all)).toEqual([0, 1]);
    expect(samplesInside([layer, { ...points, isSamples: false }], sight, all)).toEqual([0]);
  });
});
