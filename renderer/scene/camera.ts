/**
 * What part of the plane is seen: the centre in data units, and how many data units one CSS pixel
 * spans. Screen y runs down, data y runs up. All functions are pure.
 */
export interface PlaneCamera {
  x: number;
  y: number;
  unitsPerPx: number;
}

export interface Size {
  width: number;
  height: number;
}

/** Shows [-extent, extent] in both directions, whatever the shape of the stage. */
export function cameraFor(extent: number, size: Size): PlaneCamera {
  const shorterPx = Math.max(1, Math.min(size.width, size.height));
  return { x: 0, y: 0, unitsPerPx: (2 * extent) / shorterPx };
}

export function dataFromScreen(camera: PlaneCamera, size: Size, px: number, py: number): [number, number] {
  return [
    camera.x + (px - size.width / 2) * camera.unitsPerPx,
    camera.y - (py - size.height / 2) * camera.unitsPerPx,
  ];
}

export function screenFromData(camera: PlaneCamera, size: Size, x: number, y: number): [number, number] {
  return [
    size.width / 2 + (x - camera.x) / camera.unitsPerPx,
    size.height / 2 - (y - camera.y) / camera.unitsPerPx,
  ];
}

/** The data under the pointer moves with it. */
export function panned(camera: PlaneCamera, dxPx: number, dyPx: number): PlaneCamera {
  return {
    ...camera,
    x: camera.x - dxPx * camera.unitsPerPx,
    y: camera.y + dyPx * camera.unitsPerPx,
  };
}

const closestUnitsPerPx = 1e-6;
const farthestUnitsPerPx = 10;

/** The data point under the pointer stays under it. @param factor  above 1 shows more */
export function zoomed(camera: PlaneCamera, size: Size, px: number, py: number, factor: number): PlaneCamera {
  const unitsPerPx = Math.min(farthestUnitsPerPx, Math.max(closestUnitsPerPx, camera.unitsPerPx * factor));
  const [x, y] = dataFromScreen(camera, size, px, py);
  return {
    x: x - (px - size.width / 2) * unitsPerPx,
    y: y + (py - size.height / 2) * unitsPerPx,
    unitsPerPx,
  };
}
