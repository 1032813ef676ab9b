import { cameraFor } from './camera.ts';
import type { Size } from './camera.ts';
import { cameraOnBox } from './orbit.ts';
import type { Camera, Vector3 } from './orbit.ts';

/**
 * How the stage is looked at.
 * - `flat`: the plane of the first two coordinates, to scale.
 * - `orbit`: the first three coordinates, from any side.
 * - `spaceTime`: the plane and sampler time across it, from noise (far left) to data (near right).
 * - `side`: the same seen from above, in parallel: time to the right, x up.
 */
export type Look = 'flat' | 'orbit' | 'spaceTime' | 'side';

/**
 * What the third direction of the world is: so much of the third coordinate, and half the length of
 * the time axis, on which t = 1 lies at -time and t = 0 at +time. Both are uniforms: another space
 * uploads nothing.
 */
export interface Space {
  readonly third: number;
  readonly time: number;
}

/** Length of the time axis against the width of the plane. */
const timePerExtent = 1.5;

export function spaceOf(look: Look, extent: number): Space {
  if (look === 'flat') return { third: 0, time: 0 };
  if (look === 'orbit') return { third: 1, time: 0 };
  return { third: 0, time: timePerExtent * extent };
}

/** Third direction of a position at a time. */
export function depthFrom(space: Space, third: number, t: number): number {
  return space.third * third + space.time * (1 - 2 * t);
}

/** Half the sides of the box that holds what is seen. */
export function boxOf(space: Space, extent: number): Vector3 {
  return [extent, extent, space.time > 0 ? space.time : space.third * extent];
}

/** From the eye to the centre, in extents: near enough to tell front from back. */
const eyeDistance = 9;

/** The camera that a look begins with. */
export function cameraOf(look: Look, extent: number, size: Size): Camera {
  const box = boxOf(spaceOf(look, extent), extent);
  const distance = eyeDistance * extent;
  switch (look) {
    case 'flat':
      return cameraFor(extent, size);
    case 'orbit':
      return cameraOnBox({ yaw: -0.6, pitch: 0.35, distance }, box, size);
    case 'spaceTime':
      return cameraOnBox({ yaw: -0.9, pitch: 0.32, distance }, box, size);
    case 'side':
      return cameraOnBox({ yaw: -Math.PI / 2, pitch: Math.PI / 2, distance: Infinity }, box, size);
    default:
      return look satisfies never;
  }
}
