import type { LegendEntry } from '../../scene/figure.ts';
import { modeToken } from '../../scene/density-colours.ts';
import type { Paint } from '../../theme/paint.ts';
import { nameOfClass } from '../../ui/class-text.ts';
import type { ClassNames } from '../../ui/class-text.ts';
import { formatCount, formatNumber } from '../../ui/format.ts';
import { pairsText } from '../teacher-pairs.ts';
import type { TrajectoryPicture } from './picture.ts';

/** What a colour means: a colour token and words. */
interface Meaning {
  readonly colour: string;
  readonly label: string;
  readonly isLine?: boolean;
}

interface LegendOf {
  readonly picture: TrajectoryPicture;
  readonly run: string;
  readonly filmSteps: { readonly first: number; readonly last: number } | null;
  /** Of the run, where paths are coloured by class. */
  readonly classNames?: ClassNames;
}

/** More than that would be a list, not a legend. */
const mostClasses = 12;

/** Meanings of the colours of a picture, other than those of a ramp. */
export function meaningsOf({ picture, run, filmSteps, classNames }: LegendOf): Meaning[] {
  const { main, overlay, teacher, data, colour, colourBy } = picture;
  const meanings: Meaning[] = [];
  if (main !== null && colourBy === 'time') {
    if (main.kind === 'sampler') {
      meanings.push({ colour: '--data-noise', label: 'Noise, t = 1' });
      meanings.push({ colour: '--data-data', label: 'Data, t = 0' });
    } else if (filmSteps !== null) {
      meanings.push({ colour: '--data-noise', label: `Step ${formatCount(filmSteps.first)}` });
      meanings.push({ colour, label: `Step ${formatCount(filmSteps.last)}` });
    } else {
      meanings.push({ colour, label: 'Generated' });
      meanings.push({ colour: '--data-noise', label: 'Earlier steps', isLine: true });
    }
  }
  if (colourBy === 'flat') meanings.push({ colour, label: run, isLine: true });
  if (colourBy === 'group' && main?.groupedBy === undefined) {
    meanings.push({ colour: '--data-noise', label: 'Outside all modes' });
  }
  if (colourBy === 'group' && main?.groupedBy === 'class' && main.modes !== null) {
    meanings.push(...classMeanings(main.modes, classNames));
  }
  if (overlay !== null) {
    meanings.push({ colour: overlay.colour, label: overlay.name, isLine: overlay.paths !== null });
  }
  if (teacher !== null && teacher.paths !== null) {
    meanings.push({ colour: '--data-teacher', label: 'Teacher', isLine: true });
  }
  if (data !== null && !(colourBy === 'time' && main?.kind === 'sampler')) {
    meanings.push({ colour: '--data-data', label: 'Data' });
  }
  return meanings;
}

/** The classes that are there by their colour, which several share where there are many; none of very many. */
function classMeanings(labels: Float32Array, classNames: ClassNames): Meaning[] {
  const there = [...new Set(labels)].sort((a, b) => a - b);
  if (there.length > mostClasses) return [];
  const byColour = new Map<string, string[]>();
  for (const label of there) {
    const colour = modeToken(label);
    byColour.set(colour, [...(byColour.get(colour) ?? []), nameOfClass(classNames, label)]);
  }
  return [...byColour].map(([colour, names]) => ({ colour, label: names.join(', ') }));
}

/** What the ends of the speed colours are, in words: data units per unit of time. */
function speedText({ main }: TrajectoryPicture): string | null {
  return main === null ? null : formatNumber(main.fastest);
}

/** The same for a file. */
export function legendEntries(legend: LegendOf, paint: Paint): LegendEntry[] {
  const entries: LegendEntry[] = meaningsOf(legend).map(({ colour, label, isLine = false }) => ({
    colour: paint.css(colour),
    label,
    isLine,
  }));
  const { main, colourBy, teacher } = legend.picture;
  if (teacher !== null) {
    entries.push({ colour: paint.css('--ink-3'), label: pairsText(teacher.pairs), isLine: true });
  }
  if (colourBy === 'speed') {
    entries.push({
      colour: paint.css('--ink-3'),
      label: `Colour: speed, 0 to ${speedText(legend.picture) ?? ''}`,
      isLine: true,
    });
  }
  if (colourBy === 'group') {
    const what = main?.groupedBy ?? 'mode of the end point';
    entries.push({ colour: paint.css('--ink-3'), label: `Colour: ${what}`, isLine: true });
  }
  return entries;
}
