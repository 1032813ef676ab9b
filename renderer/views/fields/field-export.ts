import type { ViewFrame } from '#contract/frames.ts';
import { magnitudesOf } from '../../scene/density-colours.ts';
import type { LegendEntry } from '../../scene/figure.ts';
import type { ExportArray } from '../../state/panes.svelte.ts';
import { bytesFromLinearRgb } from '../../theme/oklch.ts';
import type { LinearRgb } from '../../theme/oklch.ts';
import type { Paint } from '../../theme/paint.ts';
import { formatNumber } from '../../ui/format.ts';
import { componentColour, dominantOf } from './components.ts';
import type { FieldPicture } from './field-layers.ts';
import { driftParts } from './field-set.ts';
import type { PartInfo } from './field-set.ts';
import { residualOf } from './residual.ts';

/**
 * The numbers of the fields view: every array of its frames, in all coordinates, as the engine gave it,
 * and student minus teacher where both are there.
 */
export function fieldArrays(frames: Readonly<Record<string, ViewFrame | null>>): ExportArray[] {
  return Object.entries(frames).flatMap(([place, frame]) => {
    if (frame === null) return [];
    const residual = residualOf(frame);
    const arrays = { ...frame.arrays, ...(residual === null ? {} : { residual }) };
    return Object.entries(arrays).map(([name, values]) => ({
      name: `${place}_${name}`,
      shape: shapeOf(name, values, frame),
      values,
    }));
  });
}

function shapeOf(name: string, { length }: Float32Array, { arrays, count, dim }: ViewFrame): number[] {
  if (name === 'weights') return [count, length / count];
  const times = arrays['weightTimes']?.length ?? 1;
  if (name === 'weightTimes') return [times];
  if (name === 'weightsOver') return [times, length / times];
  return [length / dim, dim];
}

/** The legend of a figure. @param unit  of the field */
export function fieldLegend(picture: FieldPicture, unit: string, paint: Paint): LegendEntry[] {
  const entries: LegendEntry[] = [];
  const isDrift = picture.parts.some(isOfDrift);
  if (isDrift) {
    if (picture.arrows !== null || picture.particles !== null) {
      for (const { label, colour } of picture.parts) {
        entries.push({ label, colour: paint.css(colour), isLine: true });
      }
    }
  }
  const { tint, particles } = picture;
  if (tint !== null && tint.components !== null) {
    const weights = particles?.weights?.values ?? new Float32Array();
    for (const component of [...new Set(dominantOf(weights, tint.components))].sort((a, b) => a - b)) {
      entries.push({
        label: `Component ${component + 1}`,
        colour: css(componentColour(paint, component)),
        isLine: false,
      });
    }
  } else if (picture.streamlines !== null || !isDrift) {
    const map = magnitudesOf(paint);
    const [red = 0, green = 0, blue = 0] = map.subarray(map.length - 4);
    entries.push({
      label: `${nameOf(picture)}, up to ${formatNumber(picture.longest)} ${unit}`,
      colour: css([red, green, blue]),
      isLine: true,
    });
  }
  return entries;
}

function isOfDrift({ id }: PartInfo): boolean {
  return driftParts.some((part) => part.id === id);
}

/** The magnitude of what: a velocity of one model needs no name. */
function nameOf({ parts }: FieldPicture): string {
  const [part] = parts;
  return part === undefined || part.id === 'velocity' || isOfDrift(part) ? 'Magnitude' : part.label;
}

function css(colour: LinearRgb): string {
  return `rgb(${bytesFromLinearRgb(colour).join(' ')})`;
}
