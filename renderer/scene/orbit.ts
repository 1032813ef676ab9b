import type { PlaneCamera, Size } from './camera.ts';

/**
 * A camera that looks at a point in space from any side. Its plane through that point, square to the
 * line of sight, is to scale: there `unitsPerPx` holds exactly.
 */
export interface OrbitCamera extends PlaneCamera {
  z: number;
  /** Around the upright axis, radians; at 0 it looks along -z, x to the right and y up. */
  yaw: number;
  /** Upwards, radians; at half pi it looks straight down. */
  pitch: number;
  /** From the eye to the point it looks at, data units; Infinity draws in parallel. */
  distance: number;
}

export type Camera = PlaneCamera | OrbitCamera;

export type Vector3 = readonly [number, number, number];

export function isOrbit(camera: Camera): camera is OrbitCamera {
  return 'yaw' in camera;
}

/** The camera's right, up and back as unit vectors of the world. */
export function axesOf({
  yaw,
  pitch,
}: Pick<OrbitCamera, 'yaw' | 'pitch'>): Record<'right' | 'up' | 'back', Vector3> {
  const [cosYaw, sinYaw, cosPitch, sinPitch] = [
    Math.cos(yaw),
    Math.sin(yaw),
    Math.cos(pitch),
    Math.sin(pitch),
  ];
  return {
    right: [cosYaw, 0, -sinYaw],
    up: [-sinPitch * sinYaw, cosPitch, -sinPitch * cosYaw],
    back: [cosPitch * sinYaw, sinPitch, cosPitch * cosYaw],
  };
}

export interface View {
  yaw: number;
  pitch: number;
  distance: number;
}

/** Room left around a box that is fitted, as a share of the stage. */
const marginShare = 0.11;

/** Looks at the centre of a box, close enough that it just fits. @param half  half its sides */
export function cameraOnBox(view: View, half: Vector3, size: Size): OrbitCamera {
  const { right, up, back } = axesOf(view);
  let unitsPerPx = 0;
  for (const signs of corners) {
    const corner: Vector3 = [signs[0] * half[0], signs[1] * half[1], signs[2] * half[2]];
    const nearness = 1 - dot(back, corner) / view.distance;
    const room = (px: number): number => Math.max(1, (0.5 - marginShare) * px);
    unitsPerPx = Math.max(
      unitsPerPx,
      Math.abs(dot(right, corner)) / nearness / room(size.width),
      Math.abs(dot(up, corner)) / nearness / room(size.height),
    );
  }
  return { x: 0, y: 0, z: 0, ...view, unitsPerPx };
}

/** The eight corners of a box, as signs. */
export const corners: readonly Vector3[] = [-1, 1].flatMap((x) =>
  [-1, 1].flatMap((y) => [-1, 1].map((z): Vector3 => [x, y, z])),
);

const radiansPerPx = 0.008;

/** What is seen turns with the pointer, never over head. */
export function orbited(camera: OrbitCamera, dxPx: number, dyPx: number): OrbitCamera {
  const pitch = camera.pitch + dyPx * radiansPerPx;
  return {
    ...camera,
    yaw: camera.yaw - dxPx * radiansPerPx,
    pitch: Math.min(Math.PI / 2, Math.max(-Math.PI / 2, pitch)),
  };
}

/** The plane through the point it looks at moves with the pointer. */
export function orbitPanned(camera: OrbitCamera, dxPx: number, dyPx: number): OrbitCamera {
  return moved(camera, -dxPx * camera.unitsPerPx, dyPx * camera.unitsPerPx);
}

const closestUnitsPerPx = 1e-6;
const farthestUnitsPerPx = 1;

/** What lies under the pointer in that plane stays there. @param factor  above 1 shows more */
export function orbitZoomed(
  camera: OrbitCamera,
  size: Size,
  px: number,
  py: number,
  factor: number,
): OrbitCamera {
  const unitsPerPx = Math.min(farthestUnitsPerPx, Math.max(closestUnitsPerPx, camera.unitsPerPx * factor));
  const change = camera.unitsPerPx - unitsPerPx;
  const next = moved(camera, (px - size.width / 2) * change, (size.height / 2 - py) * change);
  return { ...next, unitsPerPx };
}

/** The point under the pointer in the plane through what the camera looks at. */
export function pointOnTarget(camera: OrbitCamera, size: Size, px: number, py: number): Vector3 {
  const { x, y, z } = moved(
    camera,
    (px - size.width / 2) * camera.unitsPerPx,
    (size.height / 2 - py) * camera.unitsPerPx,
  );
  return [x, y, z];
}

function moved(camera: OrbitCamera, alongRight: number, alongUp: number): OrbitCamera {
  const { right, up } = axesOf(camera);
  return {
    ...camera,
    x: camera.x + right[0] * alongRight + up[0] * alongUp,
    y: camera.y + right[1] * alongRight + up[1] * alongUp,
    z: camera.z + right[2] * alongRight + up[2] * alongUp,
  };
}

function dot(a: Vector3, b: Vector3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
