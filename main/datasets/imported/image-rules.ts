/** What images a person may bring, and how they are refused. */
import { WorkbenchError } from '#contract/errors.ts';
import type { ImageShape } from '../dataset.ts';

/** One byte a number: CIFAR has 154 million. */
export const MOST_BYTES = 2 ** 28;
const LEAST_SIDE = 4;
const MOST_SIDE = 256;
export const MOST_CLASSES = 1000;

/** @param where  file and field, for the message */
export function refused(code: string, where: string, expected: string, found: string): WorkbenchError {
  return new WorkbenchError(`dataset/${code}`, `expected ${expected}, found ${found} in ${where}`, { where });
}

export interface ImageLayout {
  readonly count: number;
  readonly shape: ImageShape;
  /** Whether whole channels follow each other, as PyTorch has them. */
  readonly channelsFirst: boolean;
}

/**
 * What the sizes of an array of images mean: [n, h, w], [n, h, w, c] or [n, c, h, w] with 1 or 3 channels.
 * @throws WorkbenchError `dataset/image-shape`, `dataset/too-few-images`, `dataset/too-large`
 */
export function layoutOf(sizes: readonly number[], where: string): ImageLayout {
  const shown = `[${sizes.join(', ')}]`;
  const isChannels = (n: number | undefined) => n === 1 || n === 3;
  const channelsFirst = sizes.length === 4 && !isChannels(sizes[3]) && isChannels(sizes[1]);
  const [count, height, width, channels] = channelsFirst
    ? [sizes[0]!, sizes[2]!, sizes[3]!, sizes[1]!]
    : [sizes[0]!, sizes[1]!, sizes[2]!, sizes[3] ?? 1];
  const fits =
    (sizes.length === 3 || sizes.length === 4) &&
    isChannels(channels) &&
    [height, width].every((side) => side >= LEAST_SIDE && side <= MOST_SIDE);
  if (!fits) {
    throw refused(
      'image-shape',
      where,
      `images [n, h, w], [n, h, w, c] or [n, c, h, w] of ${LEAST_SIDE} to ${MOST_SIDE} pixels a side in 1 or 3 channels`,
      shown,
    );
  }
  if (count < 2) throw refused('too-few-images', where, 'at least 2 images', `${count}`);
  const bytes = count * height * width * channels;
  if (bytes > MOST_BYTES)
    throw refused('too-large', where, `at most ${MOST_BYTES} numbers`, `${shown}, ${bytes}`);
  return { count, shape: [height, width, channels], channelsFirst };
}

/**
 * Fills images with the channels last from those of `source`, in either layout.
 * @param levelAt  the level at a place of the source, in row order
 */
export function channelsLast(
  { count, shape, channelsFirst }: ImageLayout,
  levelAt: (place: number) => number,
): Uint8Array {
  const [height, width, channels] = shape;
  const pixels = height * width;
  const values = new Uint8Array(count * pixels * channels);
  if (!channelsFirst) {
    for (let i = 0; i < values.length; i++) values[i] = levelAt(i);
    return values;
  }
  for (let i = 0, place = 0; i < count; i++) {
    for (let c = 0; c < channels; c++) {
      for (let p = 0; p < pixels; p++) values[(i * pixels + p) * channels + c] = levelAt(place++);
    }
  }
  return values;
}

/**
 * @param labelAt  any number of the file
 * @throws WorkbenchError `dataset/label-count`, `dataset/label-range`
 */
export function labelsOf(
  found: number,
  labelAt: (row: number) => number,
  images: number,
  where: string,
): Uint16Array {
  if (found !== images) {
    throw refused('label-count', where, `a label for each of ${images} images`, `${found} labels`);
  }
  const labels = new Uint16Array(found);
  for (let row = 0; row < found; row++) {
    const label = labelAt(row);
    if (!(Number.isInteger(label) && label >= 0 && label < MOST_CLASSES)) {
      const place = `${label} for image ${row + 1}`;
      throw refused(
        'label-range',
        where,
        `labels that are whole numbers from 0 to ${MOST_CLASSES - 1}`,
        place,
      );
    }
    labels[row] = label;
  }
  return labels;
}
