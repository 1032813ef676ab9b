import type { ViewFrame } from '#contract/frames.ts';
import { magnitudesOf } from '../../scene/density-colours.ts';
import type { LegendEntry } from '../../scene/figure.ts';
import type { ExportArray } from '../../state/panes.svelte.ts';
import { bytesFromLinearRgb } from '../../theme/oklch.ts';
import type { Paint } from '../../theme/paint.ts';
import { formatNumber } from '../../ui/format.ts';
import type { FieldPicture } from './field-layers.ts';

/** The numbers of the fields view: every array of its frames, in all coordinates, as the engine gave it. */
export function fieldArrays(frames: Readonly<Record<string, ViewFrame | null>>): ExportArray[] {
  return Object.entries(frames).flatMap(([place, frame]) => {
    if (frame === null) return [];
    return Object.entries(frame.arrays).map(([name, values]) => ({
      name: `${place}_${name}`,
      shape: [values.length / frame.dim, frame.dim],
      values,
    }));
  });
}

/** The legend of a figure. @param unit  of the field */
export function fieldLegend(picture: FieldPicture, unit: string, paint: Paint): LegendEntry[] {
  const entries: LegendEntry[] = [];
  const isDrift = picture.parts.some((part) => part.id !== 'velocity');
  if (isDrift) {
    if (picture.arrows !== null || picture.particles !== null) {
      for (const { label, colour } of picture.parts) {
        entries.push({ label, colour: paint.css(colour), isLine: true });
      }
    }
  }
  if (picture.streamlines !== null || !isDrift) {
    const map = magnitudesOf(paint);
    const [red = 0, green = 0, blue = 0] = map.subarray(map.length - 4);
    entries.push({
      label: `Magnitude, up to ${formatNumber(picture.longest)} ${unit}`,
      colour: `rgb(${bytesFromLinearRgb([red, green, blue]).join(' ')})`,
      isLine: true,
    });
  }
  return entries;
}
