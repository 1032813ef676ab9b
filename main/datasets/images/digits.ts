/** Handwritten digits, the smallest images on which the methods differ. */
import { z } from 'zod';
import { WorkbenchError } from '#contract/errors.ts';
import { defineDataset } from '../dataset.ts';
import { imageFields } from './fields.ts';
import { type ImageSet, imageSet, imageSource } from './image-set.ts';
import { shippedTensors } from './shipped.ts';

const FILE = 'digits-8x8.safetensors';
const SHAPE = [8, 8, 1] as const;
/** Full ink: a pixel counts the black dots of a 4 x 4 block. */
const WHITE = 16;
const CLASSES = 10;

export const digits = defineDataset({
  id: 'digits',
  title: 'Digits',
  summary: '1797 handwritten digits of 8 x 8 pixels: the UCI test split of Alpaydin and Kaynak, CC BY 4.0.',
  dim: SHAPE[0] * SHAPE[1] * SHAPE[2],
  shape: SHAPE,
  classes: CLASSES,
  size: 1797,
  analytic: false,
  imported: false,
  params: z.strictObject(imageFields),
  create: (params) => imageSource(shippedDigits(), { ...params, white: WHITE }),
});

let known: ImageSet | null = null;

/** Read once: a source is made for every question about a run. */
function shippedDigits(): ImageSet {
  known ??= digitsOf(shippedTensors(FILE));
  return known;
}

function digitsOf({ images, labels }: ReturnType<typeof shippedTensors>): ImageSet {
  const count = labels?.values.length ?? 0;
  const isWhole =
    String(images?.shape) === String([count, 8, 8]) &&
    images!.values.every((level) => level <= WHITE) &&
    labels!.values.every((label) => label < CLASSES);
  if (!isWhole || count < 2) {
    throw new WorkbenchError(
      'dataset/damaged',
      `${FILE}: expected images [n, 8, 8] of levels up to ${WHITE} and as many labels below ${CLASSES}, found otherwise`,
      { file: FILE },
    );
  }
  return imageSet({
    count,
    shape: SHAPE,
    values: images!.values,
    labels: Uint16Array.from(labels!.values),
    classes: CLASSES,
  });
}
