import type { PointSet, ViewFrame } from '#contract/frames.ts';
import { peakOf } from '../../scene/density.ts';
import type { PlaneGrid } from '../../scene/density.ts';
import type { LegendEntry } from '../../scene/figure.ts';
import type { ExportArray } from '../../state/panes.svelte.ts';
import type { Paint } from '../../theme/paint.ts';
import { formatNumber } from '../../ui/format.ts';
import { pairsText } from '../teacher-pairs.ts';
import type { SamplePicture } from './sample-layers.ts';

/** The numbers of the samples view: all coordinates, and the densities that are looked at. */
export function sampleArrays(
  frame: ViewFrame | null,
  data: PointSet | null,
  picture: SamplePicture,
): ExportArray[] {
  const arrays: ExportArray[] = [];
  const points = frame?.arrays['points'];
  const modes = frame?.arrays['modes'];
  if (frame !== null && points !== undefined) {
    arrays.push({ name: 'generated', shape: [points.length / frame.dim, frame.dim], values: points });
  }
  const teacher = frame?.arrays['teacher'];
  if (frame !== null && teacher !== undefined) {
    arrays.push({ name: 'teacher', shape: [teacher.length / frame.dim, frame.dim], values: teacher });
  }
  if (modes !== undefined) arrays.push({ name: 'modes', shape: [modes.length], values: modes });
  if (data !== null) arrays.push({ name: 'data', shape: [data.count, data.dim], values: data.values });
  const grids: readonly (readonly [string, PlaneGrid | null])[] = [
    ['generated_density', picture.generated?.density ?? null],
    ['data_density', picture.data?.density ?? null],
    ['density_difference', picture.difference],
  ];
  for (const [name, grid] of grids) {
    if (grid !== null) arrays.push({ name, shape: [grid.side, grid.side], values: grid.values });
  }
  return arrays;
}

/** The legend of a figure. */
export function sampleLegend(
  picture: SamplePicture,
  side: 'generated' | 'data' | 'all',
  paint: Paint,
): LegendEntry[] {
  if (picture.arrangement === 'difference') {
    const peak = formatNumber(peakOf(picture.difference));
    return [
      { label: `More than data, up to ${peak} per unit of area`, colour: paint.css('--data-attract') },
      { label: `Fewer than data, up to ${peak} per unit of area`, colour: paint.css('--data-repel') },
    ];
  }
  const entries: LegendEntry[] = [];
  const isLine = picture.contours !== null && picture.picture === 'density';
  if (side !== 'data') entries.push({ label: 'Generated', colour: paint.css(picture.colour), isLine });
  if (side !== 'data' && picture.teacher !== null) {
    entries.push({ label: pairsText(picture.teacher.pairs), colour: paint.css('--ink-3'), isLine: true });
  }
  if (side !== 'generated') entries.push({ label: 'Data', colour: paint.css('--data-data') });
  return entries;
}
