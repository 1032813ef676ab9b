import type { DatasetEntry } from '#contract/catalog.ts';
import { formatCount } from '../../ui/format.ts';

/** What a data set is, in a few words: "8 x 8, 10 classes". */
export function factsOf({ shape, dim, classes, size, analytic, autoencoder }: DatasetEntry): string {
  if (shape === undefined) return `${dim}-D${analytic ? ', closed form' : ''}`;
  const [height, width, channels = 1] = shape;
  const kind = autoencoder === undefined ? (channels === 1 ? '' : ', colour') : ' latents';
  const of =
    classes === undefined ? (size === undefined ? '' : `, ${formatCount(size)}`) : `, ${classes} classes`;
  return `${height} x ${width}${kind}${of}`;
}

/** Rows of the list that the inspector shows of images. */
export function imageFacts(
  { shape = [], classes, classNames, size, autoencoder }: DatasetEntry,
  held: number,
) {
  const [height, width, channels] = shape;
  const isLatent = autoencoder !== undefined;
  return [
    [isLatent ? 'Latents' : 'Images', size === undefined ? 'new for every sample' : formatCount(size)],
    ['Shape', `${height} x ${width} x ${channels}`],
    ['Classes', classes === undefined ? 'none' : String(classes)],
    ...(classNames === undefined || classNames.every((name, i) => name === String(i))
      ? []
      : [['Called', shortList(classNames)]]),
    ['Held out', size === undefined ? 'apart, new too' : `${formatCount(heldOf(size, held))} of them`],
    ['Range', isLatent ? 'as the autoencoder makes them' : '-1 to 1'],
  ] as const satisfies readonly (readonly string[])[];
}

/** As the engine splits: one image alone is not held out. */
function heldOf(size: number, share: number): number {
  const wanted = Math.min(Math.round(share * size), size - 1);
  return wanted < 2 ? 0 : wanted;
}

const mostNames = 12;

function shortList(names: readonly string[]): string {
  const shown = names.slice(0, mostNames).join(', ');
  return names.length > mostNames ? `${shown} and ${names.length - mostNames} more` : shown;
}
