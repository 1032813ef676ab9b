/**
 * Pictures and arrays of images from disk, made one size and kept as one file: see image-file.ts. It runs
 * where files that nobody vouches for are read, outside the engine's process.
 */
import fs from 'node:fs';
import { WorkbenchError } from '#contract/errors.ts';
import type { ImageShape } from '../dataset.ts';
import { ImageFileWriter } from './image-file.ts';
import { MOST_CLASSES } from './image-rules.ts';
import { type ImageSource, classesOf, filesOf } from './image-sources.ts';
import { imagesFromFiles, mayHoldImages } from './images.ts';
import { type PictureHeader, Unreadable } from './picture.ts';
import { headOf, pictureHeader, readPicture } from './picture-file.ts';
import { type SquareOptions, squareOf } from './square.ts';

export interface KeepOptions {
  readonly title: string;
  /** Pixels a side; left out, arrays stay as they are, and pictures too if all have one size up to 64. */
  readonly size?: number | undefined;
  /** `auto` is grey where all are. */
  readonly channels: 'auto' | 'grey' | 'colour';
  readonly labels: 'folders' | 'none';
  readonly background: SquareOptions['background'];
}

export interface KeptImages {
  readonly count: number;
  readonly shape: ImageShape;
  readonly classNames: readonly string[];
  readonly bytes: number;
  /** The first of those passed over, by name. */
  readonly skipped: readonly Skipped[];
  /** All of them. */
  readonly skippedCount: number;
  /** Files that are no pictures. */
  readonly ignored: number;
}

interface Skipped {
  readonly file: string;
  readonly reason: string;
}

type Progress = (done: number, of: number) => void | Promise<void>;

const MOST_LISTED = 100;
const STANDARD_SIZE = 32;
const MOST_OWN_SIZE = 64;
/** Arrays are read whole. */
const MOST_ARRAY_BYTES = 320 * 2 ** 20;
const SNIFFED_BYTES = 64;

/**
 * @param file  written; nothing is left of it if this fails
 * @throws WorkbenchError `dataset/no-images`, `dataset/too-few-images`, `dataset/too-many-classes`,
 *   `dataset/zero-spread`, and those of arrays of images
 */
export async function keepImages(
  sources: readonly ImageSource[],
  options: KeepOptions,
  file: string,
  progress: Progress,
): Promise<KeptImages> {
  const files = filesOf(sources);
  const passed = new PassedOver();
  try {
    const pictures = await lookedAt(files, passed, (done) => progress(done, 2 * files.length));
    if (pictures.length > 0 || passed.count > 0) {
      return await keepPictures(pictures, options, file, passed, (done, of) => progress(of + done, 2 * of));
    }
    const arrays = files.filter(({ path, name }) => mayHoldImages(name, headOf(path, SNIFFED_BYTES).head));
    if (arrays.length === 0) {
      throw new WorkbenchError(
        'dataset/no-images',
        `expected PNG or JPEG files, NPZ, IDX or CIFAR, found ${files.length === 0 ? 'an empty folder' : `none among ${files.length} files`}`,
        passed.found(files.length),
      );
    }
    return keepArrays(arrays, options, file, files.length - arrays.length);
  } catch (error) {
    fs.rmSync(file, { force: true });
    throw error;
  }
}

/** Files that are not taken: pictures by name, others by number. */
class PassedOver {
  count = 0;
  ignored = 0;
  private readonly listed: Skipped[] = [];

  skip(file: string, reason: string): void {
    this.count++;
    if (this.listed.length < MOST_LISTED) this.listed.push({ file: file.slice(-400), reason });
  }

  found(ignored = this.ignored): Pick<KeptImages, 'skipped' | 'skippedCount' | 'ignored'> {
    return { skipped: this.listed, skippedCount: this.count, ignored };
  }

  /** In a sentence. */
  get words(): string {
    if (this.count === 0) return '';
    const [first] = this.listed;
    const others = this.count > 1 ? ` and ${this.count - 1} more` : '';
    return `; skipped ${first!.file} (${first!.reason})${others}`;
  }
}

interface Candidate extends ImageSource {
  readonly header: PictureHeader;
}

async function lookedAt(
  files: readonly ImageSource[],
  passed: PassedOver,
  progress: (done: number) => void | Promise<void>,
): Promise<Candidate[]> {
  const pictures: Candidate[] = [];
  for (const [i, source] of files.entries()) {
    await progress(i);
    try {
      const header = pictureHeader(source.path, source.name);
      if (header === null) passed.ignored++;
      else pictures.push({ ...source, header });
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      passed.skip(source.name, error.message);
    }
  }
  return pictures;
}

async function keepPictures(
  found: readonly Candidate[],
  options: KeepOptions,
  file: string,
  passed: PassedOver,
  progress: Progress,
): Promise<KeptImages> {
  const { pictures, classNames } = options.labels === 'none' ? unlabelled(found) : labelled(found, passed);
  const size = options.size ?? ownSize(found) ?? STANDARD_SIZE;
  const isGrey =
    options.channels === 'grey' ||
    (options.channels === 'auto' && pictures.every(({ header }) => header.isGrey));
  const channels = isGrey ? 1 : 3;
  const shape = [size, size, channels] as const;
  const facts = { title: options.title, classNames, peak: 255, views: 1 as const };
  const writer = new ImageFileWriter(file, { kind: 'images', shape, mostRows: pictures.length, facts });
  const labels: number[] = [];
  let [peak, least] = [0, 255];
  try {
    for (const [i, { path, name, label }] of pictures.entries()) {
      await progress(i, pictures.length);
      try {
        const square = squareOf(readPicture(path), { size, channels, background: options.background });
        for (const level of square) {
          if (level > peak) peak = level;
          if (level < least) least = level;
        }
        writer.add(square);
        labels.push(label);
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error;
        passed.skip(name, error.message);
      }
    }
    const count = labels.length;
    if (count < 2) {
      throw new WorkbenchError(
        'dataset/too-few-images',
        `expected at least 2 images that can be read, found ${count}${passed.words}`,
        passed.found(),
      );
    }
    if (peak === least) {
      throw new WorkbenchError(
        'dataset/zero-spread',
        `expected images that differ, found ${count} of level ${peak}`,
      );
    }
    const { kept, of } = withoutEmpty(classNames, labels);
    const bytes = writer.finish(of, { ...facts, classNames: kept, peak: Math.max(peak, 1) });
    return { count, shape, classNames: kept, bytes, ...passed.found() };
  } catch (error) {
    writer.close();
    throw error;
  }
}

interface Labelled {
  readonly pictures: readonly (ImageSource & { readonly header: PictureHeader; readonly label: number })[];
  readonly classNames: readonly string[];
}

function unlabelled(found: readonly Candidate[]): Labelled {
  return { pictures: found.map((each) => ({ ...each, label: 0 })), classNames: [] };
}

function labelled(found: readonly Candidate[], passed: PassedOver): Labelled {
  const classes = classesOf(found.map(({ name }) => name));
  if (classes.every((name) => name === null)) return unlabelled(found);
  const classNames = [...new Set(classes.filter((name) => name !== null))].sort();
  if (classNames.length > MOST_CLASSES) {
    throw new WorkbenchError(
      'dataset/too-many-classes',
      `expected at most ${MOST_CLASSES} folders as classes, found ${classNames.length}; import without classes`,
    );
  }
  const places = new Map(classNames.map((name, i) => [name, i]));
  const pictures: Labelled['pictures'][number][] = [];
  found.forEach((each, i) => {
    const name = classes[i]!;
    if (name !== null) pictures.push({ ...each, label: places.get(name)! });
    else passed.skip(each.name, 'expected it in the folder of a class, found it beside these');
  });
  return { pictures, classNames };
}

/** A class of which no image could be read is none. */
function withoutEmpty(
  names: readonly string[],
  labels: readonly number[],
): { kept: string[]; of: Uint16Array | null } {
  if (names.length === 0) return { kept: [], of: null };
  const used = new Set(labels);
  const left = names.map((_, i) => i).filter((i) => used.has(i));
  const places = new Map(left.map((label, i) => [label, i]));
  return {
    kept: left.map((i) => names[i]!.slice(0, 255)),
    of: Uint16Array.from(labels, (label) => places.get(label)!),
  };
}

/** The size that all pictures have, if they are square and small. */
function ownSize(found: readonly Candidate[]): number | null {
  const { width, height } = found[0]?.header ?? { width: 0, height: 0 };
  const isOne = found.every(({ header }) => header.width === width && header.height === height);
  return isOne && width === height && width >= 4 && width <= MOST_OWN_SIZE ? width : null;
}

function keepArrays(
  arrays: readonly ImageSource[],
  { title, size, channels: wanted, labels: by, background }: KeepOptions,
  file: string,
  ignored: number,
): KeptImages {
  const bytes = arrays.reduce((sum, { path }) => sum + fs.statSync(path).size, 0);
  if (bytes > MOST_ARRAY_BYTES) {
    throw new WorkbenchError(
      'dataset/too-large',
      `expected files of at most ${MOST_ARRAY_BYTES / 2 ** 20} MiB together, found ${Math.ceil(bytes / 2 ** 20)} MiB`,
    );
  }
  const named = arrays.map(({ path, name }) => ({
    name: name.split('/').at(-1)!,
    bytes: fs.readFileSync(path) as Uint8Array,
  }));
  const { count, shape, values, labels, classes } = imagesFromFiles(named);
  const [height, width, own] = shape;
  const channels = wanted === 'auto' ? (own as 1 | 3) : wanted === 'grey' ? 1 : 3;
  const isSame = channels === own && (size === undefined || (size === height && size === width));
  const side = size ?? Math.min(height, width);
  const kept: ImageShape = isSame ? shape : [side, side, channels];
  const classNames =
    labels === null || by === 'none' ? [] : Array.from({ length: classes }, (_, i) => String(i));
  let peak = 1;
  const facts = { title, classNames, peak: 255, views: 1 as const };
  const writer = new ImageFileWriter(file, { kind: 'images', shape: kept, mostRows: count, facts });
  try {
    const dim = height * width * own;
    for (let i = 0; i < count; i++) {
      const data = values.subarray(i * dim, (i + 1) * dim);
      const row = isSame
        ? data
        : squareOf({ width, height, channels: own as 1 | 3, data }, { size: side, channels, background });
      for (const level of row) if (level > peak) peak = level;
      writer.add(row);
    }
    const written = writer.finish(classNames.length > 0 ? labels : null, { ...facts, peak });
    return { count, shape: kept, classNames, bytes: written, skipped: [], skippedCount: 0, ignored };
  } catch (error) {
    writer.close();
    throw error;
  }
}
