import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { projectionOf, screenFromWorld } from './projection.ts';
import { cameraOf, depthFrom, spaceOf } from './space.ts';
import type { Look } from './space.ts';

fc.configureGlobal({ seed: 20261122 });

const size = { width: 1000, height: 700 };

function place(look: Look, x: number, y: number, t: number): [number, number] {
  const projection = projectionOf(cameraOf(look, 3, size), size);
  const [px, py] = screenFromWorld(projection, x, y, depthFrom(spaceOf(look, 3), 0, t));
  return [px, py];
}

const coordinate = fc.double({ min: -3, max: 3, noNaN: true });
const time = fc.double({ min: 0, max: 1, noNaN: true });

describe('looks', () => {
  it('seen flat, time makes no difference', () => {
    fc.assert(
      fc.property(coordinate, coordinate, time, (x, y, t) => {
        expect(place('flat', x, y, t)).toEqual(place('flat', x, y, 0));
      }),
    );
  });

  it('seen from the side, time runs from left to right and x upwards, whatever y is', () => {
    fc.assert(
      fc.property(coordinate, coordinate, coordinate, time, (x, y, otherY, t) => {
        const [px, py] = place('side', x, y, t);
        const [samePx, samePy] = place('side', x, otherY, t);
        expect(samePx).toBeCloseTo(px, 6);
        expect(samePy).toBeCloseTo(py, 6);
        expect(place('side', x, y, t + 0.1)[0]).toBeLessThan(px);
        expect(place('side', x + 0.1, y, t)[1]).toBeLessThan(py);
      }),
    );
  });

  it('in space-time noise lies to the left of data', () => {
    fc.assert(
      fc.property(coordinate, coordinate, (x, y) => {
        expect(place('spaceTime', x, y, 1)[0]).toBeLessThan(place('spaceTime', x, y, 0)[0]);
      }),
    );
  });
});
