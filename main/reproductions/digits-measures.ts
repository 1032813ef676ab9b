/** How samples of digits are measured: in raw pixels, against images that training never saw. */
import { frechetDistance } from '../metrics/frechet.ts';
import { type UsualNearness, memorisation, usualNearness } from '../metrics/memorisation.ts';
import { nearestRows } from '../metrics/pairwise.ts';
import type { Points } from '../metrics/points.ts';
import { prdc } from '../metrics/prdc.ts';
import { inTurns } from '../metrics/turns.ts';
import type { Digits, LabelledImages } from './digits-data.ts';

const NEIGHBOURS = 5;

/**
 * @param samples  flat [count * dim]
 * @param labels  [count] what each was asked to be; null for samples of any class
 * @returns `frechet` and `frechetToAll` (held-out images, and all), `precision` and `recall` (5 nearest
 *   neighbours, held-out images), `classAccuracy` (left out where no class was asked for), `nearestRatio`
 *   and `memorised` as {@link memorisation} has them
 */
export async function digitsMeasures(
  samples: Points,
  labels: ArrayLike<number> | null,
  digits: Digits,
): Promise<Record<string, number>> {
  const { held, training, all, source } = digits;
  const { dim } = source;
  const { precision, recall } = prdc(held.values, samples, dim, NEIGHBOURS);
  const { squared } = await inTurns(nearestRows(samples, training.values, dim));
  return {
    frechet: frechetDistance(held.values, samples, dim),
    frechetToAll: frechetDistance(all, samples, dim),
    precision,
    recall,
    ...(labels === null ? {} : { classAccuracy: await classAccuracy(samples, labels, held, dim) }),
    ...memorisation(squared.map(Math.sqrt), await usualFor(digits), null),
  };
}

/** Share of samples whose nearest image has the class that was asked for. */
export async function classAccuracy(
  samples: Points,
  asked: ArrayLike<number>,
  { values, labels }: LabelledImages,
  dim: number,
): Promise<number> {
  const { index } = await inTurns(nearestRows(samples, values, dim));
  return index.reduce((hits, image, i) => hits + Number(labels[image] === asked[i]), 0) / index.length;
}

const usual = new WeakMap<Digits, Promise<UsualNearness>>();

function usualFor(digits: Digits): Promise<UsualNearness> {
  const { held, training, source } = digits;
  const known = usual.get(digits) ?? inTurns(usualNearness(held.values, training.values, source.dim));
  usual.set(digits, known);
  return known;
}
