import type { ViewFrame } from '#contract/frames.ts';
import { classText } from '../../ui/class-text.ts';
import type { ClassNames } from '../../ui/class-text.ts';
import { formatCount, formatNumber } from '../../ui/format.ts';
import type { Difference } from '../difference.ts';

/** Coordinates that are told of a sample. */
const mostTold = 4;

/** `sample 412: (0.31, −1.20), 0.05 away`; null for a sample that is not there. */
export function describeCell(
  frame: ViewFrame,
  difference: Difference | null,
  sample: number,
  classNames: ClassNames,
): string | null {
  const points = frame.arrays['points'];
  if (points === undefined || sample >= frame.count) return null;
  const at = points.subarray(sample * frame.dim, (sample + 1) * frame.dim);
  const told = Array.from(at.subarray(0, mostTold), (value) => formatNumber(value));
  if (at.length > mostTold) told.push('...');
  const away = difference?.lengths[sample];
  const mode = frame.arrays['modes']?.[sample];
  const label = frame.arrays['labels']?.[sample];
  // Of an image the numbers say nothing that is not seen.
  const place = frame.shape === undefined ? `: (${told.join(', ')})` : '';
  return [
    `sample ${formatCount(sample)}${place}`,
    ...(label === undefined ? [] : [classText(classNames, label)]),
    ...(away === undefined ? [] : [`${formatNumber(away)} away`]),
    ...(mode === undefined ? [] : [mode < 0 ? 'outside all modes' : `mode ${mode + 1}`]),
  ].join(', ');
}
