import { samplePosition, sampleSpeed } from '../../scene/sample-positions.ts';
import type { Dots } from '../../scene/sample-positions.ts';
import { classText } from '../../ui/class-text.ts';
import type { ClassNames } from '../../ui/class-text.ts';
import { formatCount, formatNumber } from '../../ui/format.ts';
import type { PathSet } from './picture.ts';

/** Coordinates that are told of a sample. */
const mostTold = 4;

/** `Sample 412: (0.31, −1.20), speed 2.1, mode 3`, where its dot is now; null for none of these. */
export function sampleText(
  set: PathSet | null,
  sample: number,
  t: number,
  classNames?: ClassNames,
): string | null {
  if (set === null || sample >= set.count) return null;
  const dots = dotsOf(set);
  const { position } = samplePosition(dots, sample, t);
  const told = position.slice(0, mostTold).map((value) => formatNumber(value));
  if (position.length > mostTold) told.push('...');
  const speed = set.kind === 'sampler' ? sampleSpeed(dots, sample, t) : null;
  const mode = set.modes?.[sample];
  return [
    `Sample ${formatCount(sample)}: (${told.join(', ')})`,
    ...(speed === null ? [] : [`speed ${formatNumber(speed)}`]),
    ...(mode === undefined ? [] : [set.groupedBy === 'class' ? classText(classNames, mode) : modeText(mode)]),
  ].join(', ');
}

/** Modes are counted from 1, as swatches are. */
function modeText(mode: number): string {
  return mode < 0 ? 'outside all modes' : `mode ${mode + 1}`;
}

function dotsOf({ positions, times, count, dim, t }: PathSet): Dots {
  return { kind: 'paths', positions, times, count, dim, t };
}
