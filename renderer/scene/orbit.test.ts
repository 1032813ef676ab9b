import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { screenFromData } from './camera.ts';
import type { PlaneCamera } from './camera.ts';
import { axesOf, cameraOnBox, corners, orbited, orbitPanned, orbitZoomed, pointOnTarget } from './orbit.ts';
import type { OrbitCamera, Vector3 } from './orbit.ts';
import { projectionAround, projectionOf, screenFromWorld } from './projection.ts';

fc.configureGlobal({ seed: 20261122 });

const size = { width: 800, height: 600 };
const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const view = fc.record({
  yaw: number(-4, 4),
  pitch: number(-Math.PI / 2, Math.PI / 2),
  distance: fc.oneof(number(20, 60), fc.constant(Infinity)),
});
const camera: fc.Arbitrary<OrbitCamera> = fc
  .tuple(view, number(-5, 5), number(-5, 5), number(-5, 5), number(1e-3, 2e-2))
  .map(([turned, x, y, z, unitsPerPx]) => ({ ...turned, x, y, z, unitsPerPx }));
const pointer = fc.tuple(number(0, 800), number(0, 600));

/** Rotations of at most a few units leave errors far below a thousandth of a pixel. */
const digits = 4;

function expectPlace([px, py]: readonly number[], expected: readonly number[]): void {
  expect(px).toBeCloseTo(expected[0] ?? NaN, digits);
  expect(py).toBeCloseTo(expected[1] ?? NaN, digits);
}

function seen(from: OrbitCamera, point: Vector3) {
  return screenFromWorld(projectionOf(from, size), ...point);
}

describe('the orbit camera', () => {
  it('has three axes of length one, square to each other', () => {
    fc.assert(
      fc.property(view, (turned) => {
        const { right, up, back } = axesOf(turned);
        const dot = (a: Vector3, b: Vector3) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
        for (const axis of [right, up, back]) expect(dot(axis, axis)).toBeCloseTo(1, 12);
        for (const [a, b] of [
          [right, up],
          [up, back],
          [back, right],
        ] as const)
          expect(dot(a, b)).toBeCloseTo(0, 12);
      }),
    );
  });

  it('sees the plane through its target to scale: from the screen to it and back', () => {
    fc.assert(
      fc.property(camera, pointer, (from, [px, py]) => {
        expectPlace(seen(from, pointOnTarget(from, size, px, py)), [px, py]);
      }),
    );
  });

  it('keeps the point under the pointer while zooming', () => {
    fc.assert(
      fc.property(camera, pointer, number(0.3, 3), (from, [px, py], factor) => {
        const point = pointOnTarget(from, size, px, py);
        expectPlace(seen(orbitZoomed(from, size, px, py, factor), point), [px, py]);
      }),
    );
  });

  it('moves the target plane with the pointer', () => {
    fc.assert(
      fc.property(camera, pointer, pointer, (from, start, end) => {
        const point = pointOnTarget(from, size, ...start);
        expectPlace(seen(orbitPanned(from, end[0] - start[0], end[1] - start[1]), point), end);
      }),
    );
  });

  it('turns about its target, and back again, but never over head', () => {
    fc.assert(
      fc.property(camera, number(-300, 300), number(-300, 300), (from, dx, dy) => {
        const turned = orbited(from, dx, dy);
        expect(Math.abs(turned.pitch)).toBeLessThanOrEqual(Math.PI / 2);
        expectPlace(seen(turned, [from.x, from.y, from.z]), [size.width / 2, size.height / 2]);
        const isFree = Math.abs(turned.pitch) < Math.PI / 2;
        if (isFree) expect(orbited(turned, -dx, -dy).pitch).toBeCloseTo(from.pitch, 9);
        expect(orbited(turned, -dx, -dy).yaw).toBeCloseTo(from.yaw, 9);
      }),
    );
  });

  it('shows what is nearer as nearer', () => {
    fc.assert(
      fc.property(camera, number(0.1, 8), (from, way) => {
        const { back } = axesOf(from);
        const at = (by: number): Vector3 => [
          from.x + back[0] * by,
          from.y + back[1] * by,
          from.z + back[2] * by,
        ];
        expect(seen(from, at(way))[2]).toBeLessThan(seen(from, at(-way))[2]);
      }),
    );
  });

  it('fits a box into the stage, touching its margin', () => {
    fc.assert(
      fc.property(view, number(0.5, 5), number(0.5, 5), number(0, 5), (turned, x, y, z) => {
        const half: Vector3 = [x, y, z];
        const fitted = cameraOnBox({ ...turned, distance: Math.max(turned.distance, 30) }, half, size);
        const places = corners.map((sign) => seen(fitted, [sign[0] * x, sign[1] * y, sign[2] * z]));
        const reach = Math.max(
          ...places.map(([px, py]) =>
            Math.max(Math.abs(px - 400) / (0.39 * size.width), Math.abs(py - 300) / (0.39 * size.height)),
          ),
        );
        expect(reach).toBeCloseTo(1, 6);
      }),
    );
  });
});

describe('projectionOf', () => {
  it('sees the plane as the plane camera does', () => {
    const plane = fc.record<PlaneCamera>({
      x: number(-5, 5),
      y: number(-5, 5),
      unitsPerPx: number(1e-3, 1e-1),
    });
    fc.assert(
      fc.property(plane, number(-5, 5), number(-5, 5), (from, x, y) => {
        const [px, py] = screenFromWorld(projectionOf(from, size), x, y, 0);
        expectPlace([px, py], screenFromData(from, size, x, y));
      }),
    );
  });

  it('around a place shows that place in the middle, and as large as before', () => {
    fc.assert(
      fc.property(camera, pointer, number(-6, 6), number(-6, 6), (from, [px, py], dx, dy) => {
        const around = projectionAround(projectionOf(from, size), px, py, 13);
        const point = pointOnTarget(from, size, px + dx, py + dy);
        expectPlace(screenFromWorld(around, ...point), [6.5 + dx, 6.5 + dy]);
      }),
    );
  });
});
