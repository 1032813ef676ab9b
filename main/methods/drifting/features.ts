/**
 * What generated and real images are compared by: their numbers, and what a frozen encoder sees in them,
 * place by place and summed up over regions (Deng et al. 2026, appendix). Every feature tensor is a space
 * of its own, in which samples drift on their own.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor3D } from '@tensorflow/tfjs-core';
import type { FeatureMap } from '../../maths/sampleable.ts';
import { sizeOf } from '../../tensor/shape.ts';
import type { DriftingOptions } from './params.ts';

/** Feature tensors by name, each [n, F, C]: n samples, F places that drift apart from one another. */
export type Features = Readonly<Record<string, Tensor3D>>;

/** Which features there are; without an encoder the samples themselves, whatever they say. */
export type FeatureTerms = Pick<
  DriftingOptions,
  'pixelTerm' | 'locationTerms' | 'pooledTerms' | 'patch2Terms' | 'patch4Terms'
>;

/** Under the roots of variances and mean squares. */
const ROOT_EPS = 1e-6;

/**
 * `global`, the flat sample; with an encoder `norm_x`, the root mean square of each channel of the sample,
 * and of each map its places, their mean and standard deviation, and both over patches of 2 by 2 and of
 * 4 by 4 places where it has so many. 12 maps of enough size give 86.
 *
 * @param x [n, D]  @param sampleShape  [H, W, C] where there is an encoder
 */
export function driftFeatures(
  x: Tensor,
  sampleShape: readonly number[],
  encoder: FeatureMap | null,
  terms: FeatureTerms,
): Features {
  const count = x.shape[0]!;
  const flat = tf.reshape(x, [count, 1, sizeOf(sampleShape)]) as Tensor3D;
  if (encoder === null) return { global: flat };
  const images = tf.reshape(x, [count, ...sampleShape]);
  const found: Record<string, Tensor3D> = terms.pixelTerm ? { global: flat } : {};
  if (terms.pooledTerms) {
    found['norm_x'] = tf.expandDims(rooted(tf.mean(tf.square(images), [1, 2])), 1) as Tensor3D;
  }
  for (const [name, map] of Object.entries(encoder.maps(images))) {
    Object.assign(found, ofMap(name, map, terms));
  }
  return found;
}

/** @param map [n, h, w, C] */
function ofMap(name: string, map: Tensor, terms: FeatureTerms): Record<string, Tensor3D> {
  const [count, height, width, channels] = map.shape as [number, number, number, number];
  const found: Record<string, Tensor3D> = {};
  if (terms.locationTerms) found[name] = tf.reshape(map, [count, height * width, channels]);
  // Of a single place the mean is the place and the deviation nothing.
  if (terms.pooledTerms && height * width > 1) addMoments(found, name, map, [height, width]);
  if (terms.patch2Terms && Math.min(height, width) >= 2) addMoments(found, `${name}/2`, map, [2, 2]);
  if (terms.patch4Terms && Math.min(height, width) >= 4) addMoments(found, `${name}/4`, map, [4, 4]);
  return found;
}

/** Means and deviations over patches; places beyond the last whole patch are left out. */
function addMoments(
  found: Record<string, Tensor3D>,
  name: string,
  map: Tensor,
  [tall, wide]: readonly [number, number],
): void {
  const [count, height, width, channels] = map.shape as [number, number, number, number];
  const [rows, columns] = [Math.floor(height / tall), Math.floor(width / wide)];
  const whole = tf.slice(map, [0, 0, 0, 0], [count, rows * tall, columns * wide, channels]);
  const patches = tf.reshape(whole, [count, rows, tall, columns, wide, channels]);
  const mean = tf.mean(patches, [2, 4], true);
  const variance = tf.mean(tf.square(tf.sub(patches, mean)), [2, 4]);
  found[`${name}/mean`] = tf.reshape(mean, [count, rows * columns, channels]);
  found[`${name}/std`] = tf.reshape(rooted(variance), [count, rows * columns, channels]);
}

function rooted(x: Tensor): Tensor {
  return tf.sqrt(tf.add(x, ROOT_EPS));
}

/** Samples of every group, one group after another, as sets of each place: [groups * F, n / groups, C]. */
export function placesApart(feature: Tensor3D, groups: number): Tensor3D {
  const [count, places, channels] = feature.shape;
  const each = count / groups;
  if (places === 1) return tf.reshape(feature, [groups, each, channels]);
  const grouped = tf.reshape(feature, [groups, each, places, channels]);
  return tf.reshape(tf.transpose(grouped, [0, 2, 1, 3]), [groups * places, each, channels]);
}

/** The inverse of {@link placesApart}: [n, F, C]. */
export function placesTogether(sets: Tensor3D, groups: number): Tensor3D {
  const [batches, each, channels] = sets.shape;
  const places = batches / groups;
  if (places === 1) return tf.reshape(sets, [groups * each, 1, channels]);
  const grouped = tf.reshape(sets, [groups, places, each, channels]);
  return tf.reshape(tf.transpose(grouped, [0, 2, 1, 3]), [groups * each, places, channels]);
}

/** All features of a sample in one row, [n, W]. */
export function featureRows(features: Features): Tensor {
  const rows = Object.values(features).map((feature) => tf.reshape(feature, [feature.shape[0], -1]));
  return rows.length === 1 ? rows[0]! : tf.concat(rows, 1);
}

/** The inverse of {@link featureRows}. @param like  features of the same names and sizes, of any samples */
export function featuresOfRows(rows: Tensor, like: Features): Features {
  const shapes = Object.entries(like).map(([name, { shape }]) => [name, shape[1], shape[2]] as const);
  const sizes = shapes.map(([, places, channels]) => places * channels);
  const parts = sizes.length === 1 ? [rows] : tf.split(rows, sizes, 1);
  return Object.fromEntries(
    shapes.map(([name, places, channels], i) => [
      name,
      tf.reshape(parts[i]!, [rows.shape[0]!, places, channels]) as Tensor3D,
    ]),
  );
}
