/** A person's own images as a dataset. */
import zlib from 'node:zlib';
import { z } from 'zod';
import type { FieldMeta } from '#contract/catalog.ts';
import { WorkbenchError } from '#contract/errors.ts';
import { type Dataset, defineDataset } from '../dataset.ts';
import { imageFields } from '../images/fields.ts';
import { type ImageArray, type ImageSet, imageSource } from '../images/image-set.ts';
import { MOST_BYTES, channelsLast, labelsOf, layoutOf, refused } from './image-rules.ts';
import { isCifar, parseCifar } from './parse-cifar.ts';
import { isIdx, parseIdx } from './parse-idx.ts';
import { parseNpz } from './parse-npz.ts';
import { isZip } from './unzip.ts';

export interface NamedBytes {
  /** Of the file, for messages. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Beyond the images of any format: headers and labels. */
const MOST_UNPACKED_BYTES = 2 * MOST_BYTES;

/** True if these are images of a kind that {@link imagesFromFiles} reads, well or badly formed. */
export function isImageFile({ name, bytes }: NamedBytes): boolean {
  return isZip(bytes) || isGzip(bytes) || isIdx(bytes) || isCifar(name, bytes) || /\.npz$/i.test(name);
}

/** By the beginning of a file and its name: whether {@link imagesFromFiles} should be asked. */
export function mayHoldImages(name: string, head: Uint8Array): boolean {
  return isZip(head) || isGzip(head) || isIdx(head) || /\.(npz|bin)$/i.test(name);
}

/**
 * Images of one NPZ file; of one IDX file, with a second one for their labels or without; or of any
 * number of CIFAR batches. IDX and CIFAR may be gzipped.
 *
 * @throws WorkbenchError `dataset/images-unknown`, `dataset/images-mixed`, `dataset/gzip`,
 *   `dataset/zero-spread`, and as {@link parseNpz}, {@link parseIdx} and {@link parseCifar}
 */
export function imagesFromFiles(packed: readonly NamedBytes[]): ImageArray {
  const files = packed.map(unpacked);
  const set = setOf(files);
  const [first] = set.values;
  if (set.values.every((level) => level === first)) {
    throw refused(
      'zero-spread',
      files[0]!.name,
      'images that differ',
      `${set.count} images of level ${first}`,
    );
  }
  return set;
}

/** What is known of images beside their levels. */
interface ImageFacts {
  /** The highest level, at least 1. */
  readonly peak: number;
  /** Of the classes, where they have names. */
  readonly classNames?: readonly string[];
}

/** Samples are images drawn with replacement, in [-1, 1]. */
export function importedImages(id: string, title: string, set: ImageSet, facts: ImageFacts): Dataset {
  const { peak, classNames } = facts;
  const [height, width, channels] = set.shape;
  const classes = set.labels === null ? '' : ` in ${set.classes} classes`;
  return defineDataset({
    id,
    title,
    summary: `${set.count} imported images of ${height} x ${width} x ${channels}${classes}.`,
    dim: height * width * channels,
    shape: set.shape,
    size: set.count,
    ...(set.labels && { classes: set.classes, ...(classNames && { classNames }) }),
    analytic: false,
    imported: true,
    params: z.strictObject({
      ...imageFields,
      white: z
        .int()
        .min(peak)
        .max(255)
        // Images of few levels, such as 0 to 16, would be all but black on the scale of 255.
        .default(peak > 127 ? 255 : peak)
        .meta({
          label: 'White level',
          group: 'Images',
          help: 'The level of 8 bits that becomes 1; level 0 becomes -1.',
        } satisfies FieldMeta),
    }),
    create: (params) => imageSource(set, params),
  });
}

function setOf(files: readonly NamedBytes[]): ImageArray {
  const [first, second] = files;
  if (first !== undefined && files.every(({ name, bytes }) => isCifar(name, bytes))) return parseCifar(files);
  if (first !== undefined && second === undefined && (isZip(first.bytes) || /\.npz$/i.test(first.name))) {
    return parseNpz(first.name, first.bytes);
  }
  const unknown = files.find((file) => !isImageFile(file));
  if (unknown !== undefined || first === undefined) {
    throw refused(
      'images-unknown',
      unknown?.name ?? 'the import',
      'NPZ, IDX or CIFAR (.bin)',
      'another format',
    );
  }
  if (files.length <= 2 && files.every(({ bytes }) => isIdx(bytes))) return fromIdx(files);
  const names = files.map(({ name }) => name).join(', ');
  throw new WorkbenchError(
    'dataset/images-mixed',
    `expected one NPZ, one IDX file of images and one of labels, or CIFAR batches, found ${names}`,
    { files: files.map(({ name }) => name) },
  );
}

function fromIdx(files: readonly NamedBytes[]): ImageArray {
  const arrays = files.map(({ name, bytes }) => ({ name, ...parseIdx(name, bytes) }));
  const pictures = arrays.filter(({ sizes }) => sizes.length > 1);
  const named = arrays.filter(({ sizes }) => sizes.length === 1);
  if (pictures.length !== 1) {
    const found = arrays.map(({ name, sizes }) => `${name} of ${sizes.length} sizes`).join(', ');
    throw new WorkbenchError(
      'dataset/images-mixed',
      `expected one IDX file of images and at most one of labels, found ${found}`,
      { files: files.map(({ name }) => name) },
    );
  }
  const { name, sizes, values } = pictures[0]!;
  const layout = layoutOf(sizes, name);
  const levels = channelsLast(layout, (place) => values[place]!);
  const { count, shape } = layout;
  if (named[0] === undefined) return { count, shape, values: levels, labels: null, classes: 0 };
  const theirs = named[0].values;
  const labels = labelsOf(theirs.length, (row) => theirs[row]!, count, named[0].name);
  return { count, shape, values: levels, labels, classes: labels.reduce((a, b) => Math.max(a, b)) + 1 };
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** A gzipped file inflated, to a bound, and without its `.gz`. */
function unpacked({ name, bytes }: NamedBytes): NamedBytes {
  if (!isGzip(bytes)) return { name, bytes };
  try {
    const content = zlib.gunzipSync(bytes, { maxOutputLength: MOST_UNPACKED_BYTES });
    return { name: name.replace(/\.gz$/i, ''), bytes: content };
  } catch (error) {
    const found = error instanceof Error ? error.message : 'something else';
    throw refused('gzip', name, `gzipped data of at most ${MOST_UNPACKED_BYTES} bytes`, found);
  }
}
