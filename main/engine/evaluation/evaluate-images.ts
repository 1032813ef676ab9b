/** Quality of generated images in a feature space, against real ones. */
import { WorkbenchError } from '#contract/errors.ts';
import type { CallOutput, CancelSignal } from '#contract/workbench.ts';
import { BlockMoments } from '../../metrics/bootstrap.ts';
import { type NearestReference, scoreFeatures } from '../../metrics/feature-score.ts';
import { type FrechetReference, frechetReference } from '../../metrics/frechet.ts';
import { usualNearness } from '../../metrics/memorisation.ts';
import { type PairReference, pairReference } from '../../metrics/pair-metrics.ts';
import { type Work, inTurns } from '../../metrics/turns.ts';
import { Rng } from '../../tensor/rng.ts';
import { dataOf } from '../plan/plan.ts';
import type { LoadedModel } from '../sampling/models.ts';
import type { SampleRequest } from '../sampling/sample-request.ts';
import { type Search, sampleBySearch } from '../views/noise-search.ts';
import { teacherRmse } from './evaluate.ts';
import type { FeatureSpace } from './features.ts';
import type { RealImagesKind, ReferenceKind } from './reference-images.ts';
import { labelsLike } from './reference-labels.ts';
import { type ReferenceSet, type ReferenceShelf, WIDEST_COVARIANCE } from './reference.ts';

/** Samples of each set in metrics of pairs, whose cost grows like n^2. */
const PAIRS = 2000;
/** Products of all distances between two sets: some five seconds. */
const PAIR_PRODUCTS = 4e9;
/** Training images that are searched for the nearest. */
const SEARCHED_PRODUCTS = 4e9;
/** Neighbours that set the radius of a ball, as Naeem et al. 2020 have it. */
const NEIGHBOURS = 5;
/** Samples that are made and embedded at a time, and numbers of them. */
const CHUNK = 2048;
const CHUNK_NUMBERS = 2 ** 22;
/** Samples whose teacher is asked for the same noise. */
const COMPARED = 64;

export type Evaluation = CallOutput<'runs.evaluate'>;

export interface ImageRequest extends Omit<SampleRequest, 'nfe' | 'signal'> {
  readonly nfe: readonly number[];
  /** Held-out images where there are some, else all, if left out. */
  readonly reference?: ReferenceKind | undefined;
  /** Classes of samples where none is named: in the shares of the reference, or any, the null class. */
  readonly classes: 'reference' | 'any';
  readonly search?: Search | undefined;
}

/**
 * Samples of each budget are made, embedded and forgotten in pieces, so that any number of them can be
 * measured: moments are gathered of all of them, pairs formed of the first. The same seed gives the same
 * samples whatever the pieces.
 *
 * @throws WorkbenchError `model/no-data`, `config/wrong-value`, `sampler/...`
 */
export async function imageQuality(
  loaded: LoadedModel,
  request: ImageRequest,
  space: FeatureSpace,
  references: ReferenceShelf,
  signal: CancelSignal,
): Promise<Evaluation> {
  const { plan, model } = loaded;
  const prepared = await preparedFor(loaded, request, space, references, signal);
  const results: Evaluation['results'] = [];
  await model.during(async () => {
    for (const nfe of request.nfe) results.push(await scoreAt(loaded, { ...request, nfe, signal }, prepared));
  });
  return { results, about: aboutOf(prepared, request, plan.source?.size !== undefined) };
}

/** All that the budgets of one evaluation share. */
interface Prepared {
  readonly space: FeatureSpace;
  readonly kind: ReferenceKind;
  readonly real: ReferenceSet;
  readonly frechet: FrechetReference | null;
  /** Rows of each set that pairs are formed of. */
  readonly pairs: number;
  readonly pairReference: PairReference;
  readonly nearest: NearestReference;
  /** [count] or null */
  readonly labels: Float32Array | null;
  readonly run: <T>(work: Work<T>) => Promise<T>;
}

async function preparedFor(
  { plan }: LoadedModel,
  request: ImageRequest,
  space: FeatureSpace,
  references: ReferenceShelf,
  signal: CancelSignal,
): Promise<Prepared> {
  const source = dataOf(plan);
  const { dataset } = plan.config;
  const { width } = space;
  const kind = request.reference ?? (source.holdout === undefined ? 'training' : 'holdout');
  const get = (part: RealImagesKind, label?: number): Promise<ReferenceSet> =>
    references.get({ dataset, source, space, kind: part, label }, signal);
  const run = <T>(work: Work<T>): Promise<T> => inTurns(work, () => requireWanted(signal));
  const real = await get(kind, request.label);
  // What is copied from a mirror image is learnt by heart as well.
  const training = await get(source.mirroredItems === undefined ? 'training' : 'mirrored-training');
  const cap = Math.min(PAIRS, request.count, Math.floor(Math.sqrt(PAIR_PRODUCTS / width)));
  const pairs = Math.min(cap, real.rows.length / width);
  const most = Math.min(training.rows.length / width, Math.floor(SEARCHED_PRODUCTS / (width * pairs)));
  const rows = training.rows.subarray(0, most * width);
  // Where every training image is new there is nothing to memorise.
  const held = source.size === undefined || source.holdout === undefined ? null : await get('holdout');
  const usual =
    held === null ? null : await run(usualNearness(held.rows.subarray(0, PAIRS * width), rows, width));
  return {
    space,
    kind,
    real,
    frechet: real.moments === null ? null : await run(frechetReference(real.moments)),
    pairs,
    pairReference: await run(
      pairReference(
        real.rows.subarray(0, pairs * width),
        width,
        Math.max(1, Math.min(NEIGHBOURS, pairs - 1)),
      ),
    ),
    nearest: { rows, labels: training.labels, usual },
    labels: labelsLike(real, plan.bound.classes ?? 0, request),
    run,
  };
}

async function scoreAt(
  { plan, model, state }: LoadedModel,
  request: Omit<ImageRequest, 'nfe'> & { readonly nfe: number; readonly signal: CancelSignal },
  prepared: Prepared,
): Promise<Evaluation['results'][number]> {
  const { space, labels, pairs, run } = prepared;
  const { count, seed, signal, label } = request;
  const { width } = space;
  const blocks = prepared.frechet === null ? null : new BlockMoments(width, count);
  const rows = new Float32Array(pairs * width);
  const extra: Record<string, number> = {};
  let nfe = request.nfe;
  const take = async (points: Float32Array, at: number): Promise<void> => {
    const vectors = await space.embed(points, signal);
    blocks?.add(vectors);
    if (at < pairs) rows.set(vectors.subarray(0, Math.min(vectors.length, (pairs - at) * width)), at * width);
  };
  if (request.search) {
    const found = await sampleBySearch(plan, model, state, request, request.search);
    ({ nfe } = found);
    extra['verifierScore'] = found.score;
    await take(found.points, 0);
  } else {
    const each = Math.min(count, CHUNK, Math.max(1, Math.floor(CHUNK_NUMBERS / model.dim)));
    for (let at = 0; at < count; at += each) {
      const size = Math.min(each, count - at);
      const asked = labels === null ? {} : { labels: labels.subarray(at, at + size) };
      const starts = Array.from({ length: size }, (_, i) => ({ seed, index: at + i }));
      const made = await model.sample(state, {
        ...request,
        ...asked,
        count: size,
        ...(at > 0 && { starts }),
      });
      ({ nfe } = made);
      if (at === 0 && plan.teacher !== null) {
        const compared = Math.min(size, COMPARED, 2 * (plan.teacherRows ?? COMPARED));
        const few = made.points.subarray(0, compared * model.dim);
        const same = labels === null ? request : { ...request, labels: labels.subarray(0, compared) };
        extra['teacherRmse'] = await teacherRmse(model, few, seed, same);
      }
      await take(made.points, at);
      requireWanted(signal);
    }
  }
  const reference = {
    frechet: prepared.frechet,
    pairs: prepared.pairReference,
    nearest: prepared.nearest,
  };
  // The null class is nobody's: there is none to agree with.
  const named = request.classes === 'any' && label === undefined ? null : labels;
  const asked = named ?? (label === undefined ? null : new Float32Array(pairs).fill(label));
  const generated = { rows, labels: asked?.subarray(0, pairs) ?? null, blocks };
  const { metrics, errors } = await run(
    scoreFeatures(generated, reference, new Rng(seed, 'evaluation/errors')),
  );
  return { nfe, metrics: { ...metrics, ...extra }, errors };
}

function aboutOf(
  { space, kind, real, pairs, nearest, frechet }: Prepared,
  { count }: ImageRequest,
  isFinite: boolean,
): NonNullable<Evaluation['about']> {
  const notes: string[] = [];
  if (frechet === null) {
    notes.push(
      `No Fréchet distance: a vector of ${space.width} numbers has a covariance of ${space.width} x ${space.width}, ` +
        `which is computed up to ${WIDEST_COVARIANCE}. Choose an encoder as the feature space.`,
    );
  } else if (Math.min(real.count, count) <= space.width) {
    notes.push(
      `The Fréchet distance is of ${Math.min(real.count, count)} images in ${space.width} dimensions: ` +
        `compare it with others at the same numbers of images alone.`,
    );
  }
  if (!isFinite) notes.push('Every training image is drawn anew, so there is none to be memorised.');
  else if (nearest.usual === null)
    notes.push('None of the data is held out, so memorisation is not measured.');
  return {
    space: { id: space.id, title: space.title, width: space.width },
    reference: kind,
    counts: {
      samples: count,
      real: real.count,
      pairs,
      training: nearest.rows.length / space.width,
    },
    notes,
  };
}

function requireWanted(signal: CancelSignal): void {
  if (signal.aborted) throw new WorkbenchError('sampler/cancelled', 'cancelled while samples were measured');
}
