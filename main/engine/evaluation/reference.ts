/** What generated images are compared with: statistics of real ones, kept in memory and on disk. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { type WarningSink, WorkbenchError, wireErrorFrom } from '#contract/errors.ts';
import type { DatasetChoice } from '#contract/runs.ts';
import type { CancelSignal } from '#contract/workbench.ts';
import {
  type CheckpointTensor,
  readSafetensors,
  writeSafetensors,
} from '../../checkpoints/safetensors/index.ts';
import type { DataSource } from '../../datasets/index.ts';
import { type Moments, MomentAccumulator } from '../../metrics/moments.ts';
import { namesIn, writeFileAtomic } from '../../store/atomic-file.ts';
import { Rng } from '../../tensor/rng.ts';
import type { FeatureSpace } from './features.ts';
import { type RealImagesKind, contentOf, realImages } from './reference-images.ts';

/** Vectors of a space that a covariance is made of: one of 2048, Inception's, has four million numbers. */
export const WIDEST_COVARIANCE = 2048;
/** Vectors that are kept for pairs and neighbours, and numbers of them: 64 MiB. */
const MOST_ROWS = 20_000;
const MOST_NUMBERS = 2 ** 24;
/** Files of the cache; the oldest go. */
const MOST_FILES = 48;
const VERSION = 1;

export interface ReferenceRequest {
  readonly dataset: DatasetChoice;
  readonly source: DataSource;
  readonly space: FeatureSpace;
  readonly kind: RealImagesKind;
  /** Images of this class alone. */
  readonly label?: number | undefined;
}

export interface ReferenceSet {
  /** Names all that it follows from. */
  readonly key: string;
  /** Real images. */
  readonly count: number;
  /** Of all of them; null where vectors have more than {@link WIDEST_COVARIANCE} numbers. */
  readonly moments: Moments | null;
  /** [r, width] vectors of a random part of them, in random order. */
  readonly rows: Float32Array;
  /** [r], where they have classes */
  readonly labels: Int32Array | null;
  /** [classes] images of each class among all; null without classes */
  readonly perClass: Float64Array | null;
}

export class ReferenceShelf {
  /** Null keeps nothing on disk. */
  private readonly folder: string | null;
  private readonly warn: WarningSink;
  private readonly known = new Map<string, Promise<ReferenceSet>>();

  constructor(folder: string | null, warn: WarningSink) {
    this.folder = folder;
    this.warn = warn;
  }

  /**
   * Computed once for a data set, its parameters, the part of it, the space and its weights. A finite set is
   * taken whole and as it is stored, never mirrored; where every draw is new, 10,000 images are drawn.
   *
   * @throws WorkbenchError `config/wrong-value` where nothing was held out, or no image has the class,
   *   `sampler/cancelled`
   */
  get(request: ReferenceRequest, signal?: CancelSignal): Promise<ReferenceSet> {
    const key = keyOf(request);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const [oldest] = this.known.keys();
    // Training and held-out images of two spaces.
    if (this.known.size >= 4 && oldest !== undefined) this.known.delete(oldest);
    const set = this.find(key, request, signal);
    this.known.set(key, set);
    set.catch(() => this.known.delete(key));
    return set;
  }

  private async find(key: string, request: ReferenceRequest, signal?: CancelSignal): Promise<ReferenceSet> {
    const file = this.folder === null ? null : path.join(this.folder, `${key}.safetensors`);
    const kept = file === null ? null : this.read(file, key, request.space.width);
    if (kept !== null) return kept;
    const set = await gathered(key, request, signal);
    if (file !== null) this.write(file, set);
    return set;
  }

  /** Null where there is none, or none that is whole: it is made again then. */
  private read(file: string, key: string, width: number): ReferenceSet | null {
    if (!fs.existsSync(file)) return null;
    try {
      return setFrom(readSafetensors(fs.readFileSync(file), path.basename(file)), key, width);
    } catch (error) {
      const { code, message } = wireErrorFrom(error);
      this.warn({ code, message: `${message} It is made again.` });
      return null;
    }
  }

  /** A full disk costs time at the next start, no more. */
  private write(file: string, set: ReferenceSet): void {
    try {
      const folder = path.dirname(file);
      fs.mkdirSync(folder, { recursive: true });
      writeFileAtomic(file, fileOf(set));
      const ages = namesIn(folder)
        .filter((name) => name.endsWith('.safetensors'))
        .map((name) => ({ name, at: fs.statSync(path.join(folder, name)).mtimeMs }))
        .sort((a, b) => b.at - a.at);
      for (const { name } of ages.slice(MOST_FILES)) fs.rmSync(path.join(folder, name), { force: true });
    } catch (error) {
      const { code, message } = wireErrorFrom(error);
      this.warn({ code, message });
    }
  }
}

function keyOf({ dataset, source, space, kind, label }: ReferenceRequest): string {
  const about = [VERSION, dataset.id, dataset.params, contentOf(source), space.key, kind, label ?? null];
  return createHash('sha256').update(JSON.stringify(about)).digest('hex').slice(0, 32);
}

async function gathered(
  key: string,
  { source, space, kind, label }: ReferenceRequest,
  signal?: CancelSignal,
): Promise<ReferenceSet> {
  const images = realImages(source, kind, label);
  const { width } = space;
  const most = Math.min(images.count, MOST_ROWS, Math.floor(MOST_NUMBERS / width));
  /** Image i of all becomes row place[i], if that is below `most`. */
  const place = new Rng(0, 'reference/rows').permutation(images.count);
  const rows = new Float32Array(most * width);
  const labels = images.classes === 0 ? null : new Int32Array(most);
  const perClass = images.classes === 0 ? null : new Float64Array(images.classes);
  const moments = width <= WIDEST_COVARIANCE ? new MomentAccumulator(width) : null;
  let done = 0;
  for (const batch of images.batches()) {
    if (signal?.aborted === true) {
      throw new WorkbenchError('sampler/cancelled', `cancelled after ${done} of ${images.count} real images`);
    }
    const vectors = await space.embed(batch.values, signal);
    moments?.add(vectors);
    for (let i = 0; i < batch.labels.length; i++) {
      const at = place[done + i]!;
      if (perClass !== null) perClass[batch.labels[i]!]! += 1;
      if (at >= most) continue;
      rows.set(vectors.subarray(i * width, (i + 1) * width), at * width);
      if (labels !== null) labels[at] = batch.labels[i]!;
    }
    done += batch.labels.length;
  }
  return { key, count: done, moments: moments?.moments() ?? null, rows, labels, perClass };
}

function fileOf({ key, count, moments, rows, labels, perClass }: ReferenceSet): Uint8Array {
  const width = moments?.dim ?? rows.length / Math.max(1, labels?.length ?? count);
  const tensors = new Map<string, CheckpointTensor>([
    ['rows', { dtype: 'F32', shape: [rows.length / width, width], data: rows }],
  ]);
  if (moments !== null) {
    tensors.set('mean', { dtype: 'F64', shape: [width], data: moments.mean });
    tensors.set('covariance', { dtype: 'F64', shape: [width, width], data: moments.covariance });
  }
  if (labels !== null && perClass !== null) {
    tensors.set('labels', { dtype: 'I32', shape: [labels.length], data: labels });
    tensors.set('perClass', { dtype: 'F64', shape: [perClass.length], data: perClass });
  }
  return writeSafetensors(tensors, new Map([['fewstep.reference', JSON.stringify({ key, count, width })]]));
}

/** @throws WorkbenchError `metrics/bad-reference` if it is not what {@link fileOf} writes */
function setFrom(
  { tensors, metadata }: ReturnType<typeof readSafetensors>,
  key: string,
  width: number,
): ReferenceSet {
  const about = JSON.parse(metadata.get('fewstep.reference') ?? 'null') as {
    key?: unknown;
    count?: unknown;
    width?: unknown;
  } | null;
  const { data: rows } = tensors.get('rows') ?? {};
  const [mean, covariance] = [tensors.get('mean')?.data, tensors.get('covariance')?.data];
  const [labels, perClass] = [tensors.get('labels')?.data, tensors.get('perClass')?.data];
  const { count } = about ?? {};
  const isWhole =
    about?.key === key &&
    about.width === width &&
    typeof count === 'number' &&
    rows instanceof Float32Array &&
    rows.length % width === 0 &&
    (mean === undefined) === width > WIDEST_COVARIANCE &&
    mean?.length === (mean && width) &&
    covariance?.length === (mean && width * width);
  if (!isWhole) {
    throw new WorkbenchError('metrics/bad-reference', `${key}: expected reference statistics, found others.`);
  }
  return {
    key,
    count,
    moments:
      mean instanceof Float64Array && covariance instanceof Float64Array
        ? { dim: width, count, mean, covariance }
        : null,
    rows,
    labels: labels instanceof Int32Array ? labels : null,
    perClass: perClass instanceof Float64Array ? perClass : null,
  };
}
