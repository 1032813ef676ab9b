import { scaleLinear } from 'd3-scale';
import { dataFromScreen, screenFromData } from './camera.ts';
import type { PlaneCamera, Size } from './camera.ts';

export interface Tick {
  /** Position along the axis in CSS pixels, on a pixel centre so that a hairline is crisp. */
  px: number;
  label: string;
  isZero: boolean;
}

const pxPerTick = 90;

/** Round numbers along the bottom (`x`) and the left (`y`) of the stage, equally spaced in both. */
export function ticksOf(camera: PlaneCamera, size: Size): { x: Tick[]; y: Tick[] } {
  const [left, top] = dataFromScreen(camera, size, 0, 0);
  const [right, bottom] = dataFromScreen(camera, size, size.width, size.height);
  // One step for both axes: a grid of squares shows that the scales are equal.
  const count = Math.max(2, Math.round(Math.max(size.width, size.height) / pxPerTick));
  const longer =
    size.width >= size.height ? scaleLinear([left, right], [0, 1]) : scaleLinear([bottom, top], [0, 1]);
  const values = longer.ticks(count);
  const step = (values[1] ?? 1) - (values[0] ?? 0);
  const format = longer.tickFormat(count);
  const label = (value: number): string => format(value).replace('-', '−');
  return {
    x: multiplesWithin(left, right, step).map((value) => ({
      px: pixelCentre(screenFromData(camera, size, value, 0)[0]),
      label: label(value),
      isZero: value === 0,
    })),
    y: multiplesWithin(bottom, top, step).map((value) => ({
      px: pixelCentre(screenFromData(camera, size, 0, value)[1]),
      label: label(value),
      isZero: value === 0,
    })),
  };
}

function multiplesWithin(low: number, high: number, step: number): number[] {
  const first = Math.ceil(low / step);
  const last = Math.floor(high / step);
  // Adding 0 turns -0, which would be shown as such, into 0.
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => (first + index) * step + 0);
}

function pixelCentre(px: number): number {
  return Math.round(px) + 0.5;
}
