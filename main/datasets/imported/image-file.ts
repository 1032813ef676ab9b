/**
 * How imported images and latents are kept: one safetensors file, `<id>.images`, of
 * - `images` U8 [n, h, w, c], or `latents` F32 [n * views, h, w, c], view after view
 * - `labels` U16 [n], where there are classes
 * and metadata. The header is written last, into room that was kept for it and is filled with spaces, so
 * that images can be streamed to the file before their number is known.
 */
import fs from 'node:fs';
import { z } from 'zod';
import { WorkbenchError } from '#contract/errors.ts';
import type { ImageShape } from '../dataset.ts';
import { PagedRows } from './paged-rows.ts';

export const IMAGE_FILE_ENDING = '.images';
const FORMAT = 'fewstep images 1';
/** A thousand class names of 255 bytes, each of which may be escaped, and the rest. */
const MOST_HEADER_BYTES = 4 * 2 ** 20;
const MOST_NAME_LENGTH = 200;

export interface ImageFileFacts {
  readonly title: string;
  /** Names of the classes; none without labels. */
  readonly classNames: readonly string[];
  /** The highest level of images, at least 1; 1 for latents. */
  readonly peak: number;
  /** The imported autoencoder that made latents. */
  readonly autoencoder?: string;
  /** 2 where each latent is followed by that of the mirrored image, after all others. */
  readonly views: 1 | 2;
}

export interface ImageFile extends ImageFileFacts {
  readonly kind: 'images' | 'latents';
  /** Of images; there are `views` rows of each. */
  readonly count: number;
  readonly shape: ImageShape;
  readonly rows: PagedRows;
  readonly labels: Uint16Array | null;
}

type Kind = ImageFile['kind'];
const DTYPES = { images: { dtype: 'U8', bytes: 1 }, latents: { dtype: 'F32', bytes: 4 } } as const;

interface WriterOptions {
  readonly kind: Kind;
  readonly shape: ImageShape;
  /** No more rows than these are added. */
  readonly mostRows: number;
  /** Longest names that `finish` may be told. */
  readonly facts: ImageFileFacts;
}

/** Rows one after another, then the rest. Whoever does not finish removes the file. */
export class ImageFileWriter {
  private readonly handle: number;
  private readonly options: WriterOptions;
  private readonly headerBytes: number;
  private rows = 0;
  private isOpen = true;

  constructor(file: string, options: WriterOptions) {
    this.options = options;
    const { facts, mostRows } = options;
    const longest = headerOf(options, facts, mostRows, mostRows, true);
    this.headerBytes = Math.ceil((longest.length + 64) / 8) * 8;
    this.handle = fs.openSync(file, 'wx');
  }

  /** @param row  bytes of one image or latent, or of several */
  add(row: Uint8Array): void {
    const { kind, shape } = this.options;
    const rowBytes = shape[0] * shape[1] * shape[2] * DTYPES[kind].bytes;
    this.write(row, 8 + this.headerBytes + this.rows * rowBytes);
    this.rows += row.length / rowBytes;
  }

  /** @param labels  one for each image; null for none  @returns bytes of the file, which is on the disk */
  finish(labels: Uint16Array | null, facts: ImageFileFacts): number {
    const { kind, shape } = this.options;
    const header = headerOf(
      this.options,
      facts,
      this.rows,
      labels === null ? 0 : labels.length,
      labels !== null,
    );
    const padded = Buffer.alloc(8 + this.headerBytes, 0x20);
    padded.writeBigUInt64LE(BigInt(this.headerBytes), 0);
    padded.set(header, 8);
    this.write(padded, 0);
    const end = padded.length + this.rows * shape[0] * shape[1] * shape[2] * DTYPES[kind].bytes;
    const bytes = Buffer.alloc(2 * (labels?.length ?? 0));
    labels?.forEach((label, i) => bytes.writeUInt16LE(label, 2 * i));
    this.write(bytes, end);
    fs.fsyncSync(this.handle);
    this.close();
    return end + bytes.length;
  }

  /** Harmless after `finish`. */
  close(): void {
    if (this.isOpen) fs.closeSync(this.handle);
    this.isOpen = false;
  }

  private write(bytes: Uint8Array, at: number): void {
    for (let done = 0; done < bytes.length;) {
      done += fs.writeSync(this.handle, bytes, done, bytes.length - done, at + done);
    }
  }
}

function headerOf(
  { kind, shape }: Pick<WriterOptions, 'kind' | 'shape'>,
  facts: ImageFileFacts,
  rows: number,
  labels: number,
  hasLabels: boolean,
): Uint8Array {
  const end = rows * shape[0] * shape[1] * shape[2] * DTYPES[kind].bytes;
  const tensors = {
    [kind]: { dtype: DTYPES[kind].dtype, shape: [rows, ...shape], data_offsets: [0, end] },
    ...(hasLabels && { labels: { dtype: 'U16', shape: [labels], data_offsets: [end, end + 2 * labels] } }),
  };
  const metadata = {
    format: FORMAT,
    title: facts.title,
    classes: JSON.stringify(facts.classNames),
    peak: String(facts.peak),
    views: String(facts.views),
    ...(facts.autoencoder !== undefined && { autoencoder: facts.autoencoder }),
  };
  return Buffer.from(JSON.stringify({ __metadata__: metadata, ...tensors }));
}

const offsets = z.tuple([z.int().nonnegative(), z.int().nonnegative()]);
const shapeOfRows = z.tuple([
  z.int().min(1),
  z.int().min(1).max(4096),
  z.int().min(1).max(4096),
  z.int().min(1).max(64),
]);
const tensorOf = <D extends string>(dtype: D) =>
  z.strictObject({ dtype: z.literal(dtype), shape: shapeOfRows, data_offsets: offsets });
const header = z.strictObject({
  __metadata__: z.strictObject({
    format: z.literal(FORMAT),
    title: z.string().max(MOST_NAME_LENGTH),
    classes: z.string(),
    peak: z.string(),
    views: z.enum(['1', '2']),
    autoencoder: z.string().min(1).optional(),
  }),
  images: tensorOf('U8').optional(),
  latents: tensorOf('F32').optional(),
  labels: z
    .strictObject({ dtype: z.literal('U16'), shape: z.tuple([z.int().min(1)]), data_offsets: offsets })
    .optional(),
});

/**
 * The header and the labels are read now, the rows when they are asked for.
 * @throws WorkbenchError `dataset/damaged` naming what is wrong
 */
export function openImageFile(file: string): ImageFile {
  const damaged = (expected: string) =>
    new WorkbenchError('dataset/damaged', `${file}: expected ${expected}, found otherwise`, { file });
  const handle = fs.openSync(file, 'r');
  try {
    const size = fs.fstatSync(handle).size;
    const length = Number(readAt(handle, 0, 8)?.readBigUInt64LE(0) ?? -1);
    if (length < 2 || length > MOST_HEADER_BYTES || 8 + length > size) throw damaged('a safetensors header');
    const parsed = header.safeParse(jsonOf(readAt(handle, 8, length)!.toString('utf8')));
    if (!parsed.success) throw damaged('images or latents, labels and metadata');
    const { __metadata__: metadata, images, latents, labels: named } = parsed.data;
    const kind: Kind = images === undefined ? 'latents' : 'images';
    const tensor = images ?? latents;
    if (tensor === undefined || (images !== undefined && latents !== undefined)) {
      throw damaged('either images or latents');
    }
    const [rowCount, ...shape] = tensor.shape;
    const rowBytes = shape[0] * shape[1] * shape[2] * DTYPES[kind].bytes;
    const views = metadata.views === '2' ? 2 : 1;
    const count = rowCount / views;
    const end = rowCount * rowBytes;
    const labelBytes = named === undefined ? 0 : 2 * count;
    const isTiled =
      Number.isInteger(count) &&
      String(tensor.data_offsets) === String([0, end]) &&
      (named === undefined ||
        (named.shape[0] === count && String(named.data_offsets) === String([end, end + labelBytes]))) &&
      8 + length + end + labelBytes === size;
    if (!isTiled) throw damaged('tensors that fill the file');
    const classNames = z.array(z.string()).safeParse(jsonOf(metadata.classes)).data;
    const peak = Number(metadata.peak);
    if (classNames === undefined || !(Number.isInteger(peak) && peak >= 1 && peak <= 255)) {
      throw damaged('names of classes and a level of white');
    }
    const labels = named === undefined ? null : labelsFrom(readAt(handle, 8 + length + end, labelBytes)!);
    if (labels?.some((label) => label >= classNames.length) === true) throw damaged('labels of its classes');
    return {
      kind,
      count,
      shape,
      rows: new PagedRows(file, { start: 8 + length, rowBytes, count: rowCount }),
      labels,
      classNames,
      title: metadata.title,
      peak,
      views,
      ...(metadata.autoencoder !== undefined && { autoencoder: metadata.autoencoder }),
    };
  } finally {
    fs.closeSync(handle);
  }
}

function labelsFrom(bytes: Buffer): Uint16Array {
  return Uint16Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16LE(2 * i));
}

function readAt(handle: number, at: number, length: number): Buffer | null {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const read = fs.readSync(handle, bytes, done, length - done, at + done);
    if (read === 0) return null;
    done += read;
  }
  return bytes;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
