/** Batches of CIFAR-10 and CIFAR-100 in their binary version: labels, then 32 x 32 red, green and blue. */
import { WorkbenchError } from '#contract/errors.ts';
import type { ImageArray } from '../images/image-set.ts';
import { MOST_BYTES, refused } from './image-rules.ts';

const PIXELS = 32 * 32;
/** CIFAR-100 has a coarse label before the fine one, which is the class here. */
const KINDS = [
  { classes: 10, labelBytes: 1 },
  { classes: 100, labelBytes: 2 },
] as const;

type Kind = (typeof KINDS)[number];

function rowBytes({ labelBytes }: Kind): number {
  return labelBytes + 3 * PIXELS;
}

/** The kind by size alone: nothing in a batch says what it is. */
function kindOf(bytes: Uint8Array): Kind | undefined {
  return KINDS.find((kind) => bytes.length > 0 && bytes.length % rowBytes(kind) === 0);
}

export function isCifar(file: string, bytes: Uint8Array): boolean {
  return /\.bin$/i.test(file) && kindOf(bytes) !== undefined;
}

interface Batch {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * @param batches  files of one kind, joined in order; see {@link isCifar}
 * @throws WorkbenchError `dataset/cifar-kinds`, `dataset/label-range`, `dataset/too-few-images`, `dataset/too-large`
 */
export function parseCifar(batches: readonly Batch[]): ImageArray {
  const { name, bytes } = batches[0]!;
  const kind = kindOf(bytes)!;
  const row = rowBytes(kind);
  const other = batches.find((batch) => kindOf(batch.bytes) !== kind);
  if (other !== undefined) {
    throw new WorkbenchError(
      'dataset/cifar-kinds',
      `expected batches of CIFAR-${kind.classes}, as ${name} is, found another size in ${other.name}`,
      { where: other.name },
    );
  }
  const count = batches.reduce((sum, batch) => sum + batch.bytes.length / row, 0);
  if (count < 2) throw refused('too-few-images', name, 'at least 2 images', `${count}`);
  if (count * 3 * PIXELS > MOST_BYTES) {
    throw refused('too-large', name, `at most ${MOST_BYTES} numbers`, `${count * 3 * PIXELS}`);
  }
  const values = new Uint8Array(count * 3 * PIXELS);
  const labels = new Uint16Array(count);
  let image = 0;
  for (const batch of batches) {
    for (let start = 0; start < batch.bytes.length; start += row, image++) {
      const label = batch.bytes[start + kind.labelBytes - 1]!;
      if (label >= kind.classes) {
        const place = `${label} for image ${start / row + 1}`;
        throw refused('label-range', batch.name, `labels from 0 to ${kind.classes - 1}`, place);
      }
      labels[image] = label;
      let at = start + kind.labelBytes;
      for (let channel = 0; channel < 3; channel++) {
        for (let pixel = 0; pixel < PIXELS; pixel++) {
          values[(image * PIXELS + pixel) * 3 + channel] = batch.bytes[at++]!;
        }
      }
    }
  }
  return { count, shape: [32, 32, 3], values, labels, classes: kind.classes };
}
