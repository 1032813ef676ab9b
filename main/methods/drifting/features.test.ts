import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor3D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { FeatureMap } from '../../maths/sampleable.ts';
import { encoderShapes } from '../../models/encoder/encoder-shapes.ts';
import { encodeImages } from '../../models/encoder/encoder.ts';
import { trace } from '../../tensor/trace.ts';
import {
  type FeatureTerms,
  type Features,
  driftFeatures,
  featureRows,
  featuresOfRows,
  placesApart,
  placesTogether,
} from './features.ts';
import { type Given, evaluated, normalsOf, relativeGap } from './testing/evaluated.ts';

const ALL: FeatureTerms = {
  pixelTerm: true,
  locationTerms: true,
  pooledTerms: true,
  patch2Terms: true,
  patch4Terms: true,
};
const NONE: FeatureTerms = {
  pixelTerm: false,
  locationTerms: false,
  pooledTerms: false,
  patch2Terms: false,
  patch4Terms: false,
};

/** An encoder whose maps are the image's own corner, of these sizes. */
function cuts(shape: readonly number[], sizes: readonly (readonly [number, number])[]): FeatureMap {
  return {
    kind: 'features',
    shape,
    nfePerCall: 1,
    width: 1,
    maps: (x) =>
      Object.fromEntries(
        sizes.map(([h, w], i) => [`map${i}`, tf.slice(x, [0, 0, 0, 0], [x.shape[0]!, h, w, shape[2]!])]),
      ),
    vector: (x) => tf.mean(x, [1, 2]),
  };
}

/** Names and [F, C] of the features of 3 images. */
function shapesOf(
  shape: readonly number[],
  sizes: readonly (readonly [number, number])[] | null,
  terms: FeatureTerms,
): Record<string, string> {
  const shapes: Record<string, string> = {};
  trace({ x: { shape: [3, shape.reduce((a, b) => a * b)] } }, ({ x }) => {
    const features = driftFeatures(x!, shape, sizes === null ? null : cuts(shape, sizes), terms);
    for (const [name, feature] of Object.entries(features)) shapes[name] = feature.shape.slice(1).join();
    return { y: tf.clone(x!) };
  });
  return shapes;
}

describe('features', () => {
  it('are 86 of twelve maps of enough size', () => {
    const sides = [16, 16, 16, 8, 8, 8, 8, 4, 4, 4, 4, 4];
    const shapes = shapesOf(
      [16, 16, 2],
      sides.map((side) => [side, side] as const),
      ALL,
    );
    expect(Object.keys(shapes)).toHaveLength(86);
  });

  it('are 86 of the published encoder of 32 by 32 latents', () => {
    const shape = { channels: 4, width: 4, stages: [3, 4, 6, 3], classes: 0, hasDecoder: false };
    const names: string[] = [];
    trace({ x: { shape: [1, 32 * 32 * 4] } }, ({ x }) => {
      const parameters = Object.fromEntries(
        Object.entries(encoderShapes(shape)).map(([name, dims]) => [name, tf.zeros(dims)]),
      );
      const encoder: FeatureMap = {
        ...cuts([32, 32, 4], []),
        maps: (images) => encodeImages(shape, parameters, images).maps,
      };
      names.push(...Object.keys(driftFeatures(x!, [32, 32, 4], encoder, ALL)));
      return { y: tf.clone(x!) };
    });
    expect(new Set(names).size).toBe(86);
  });

  it('are places, whole maps and patches where a map has so many', () => {
    expect(
      shapesOf(
        [8, 8, 2],
        [
          [8, 8],
          [5, 6],
          [3, 2],
          [1, 1],
        ],
        ALL,
      ),
    ).toEqual({
      global: '1,128',
      norm_x: '1,2',
      map0: '64,2',
      'map0/mean': '1,2',
      'map0/std': '1,2',
      'map0/2/mean': '16,2',
      'map0/2/std': '16,2',
      'map0/4/mean': '4,2',
      'map0/4/std': '4,2',
      map1: '30,2',
      'map1/mean': '1,2',
      'map1/std': '1,2',
      'map1/2/mean': '6,2',
      'map1/2/std': '6,2',
      'map1/4/mean': '1,2',
      'map1/4/std': '1,2',
      map2: '6,2',
      'map2/mean': '1,2',
      'map2/std': '1,2',
      'map2/2/mean': '1,2',
      'map2/2/std': '1,2',
      map3: '1,2',
    });
  });

  it.each([
    ['pixelTerm', ['global']],
    ['locationTerms', ['map0']],
    ['pooledTerms', ['norm_x', 'map0/mean', 'map0/std']],
    ['patch2Terms', ['map0/2/mean', 'map0/2/std']],
    ['patch4Terms', ['map0/4/mean', 'map0/4/std']],
  ] as const)('are of %s alone where nothing else is asked for', (term, names) => {
    const shapes = shapesOf([4, 4, 1], [[4, 4]], { ...NONE, [term]: true });
    expect(Object.keys(shapes)).toEqual(names);
  });

  it('are the points themselves without an encoder', () => {
    expect(shapesOf([4, 4, 1], null, NONE)).toEqual({ global: '1,16' });
    expect(shapesOf([5], null, ALL)).toEqual({ global: '1,5' });
  });

  it('have the values of a plain implementation', async () => {
    const [shape, count] = [[6, 5, 2], 3];
    const x = normalsOf([count, 60], 'images');
    const found = await evaluated({ x }, (inputs) => ({
      ...driftFeatures(inputs['x']!, shape, cuts(shape, [[6, 5]]), ALL),
    }));
    const at = (n: number, i: number, j: number, c: number): number =>
      x.values[n * 60 + (i * 5 + j) * 2 + c]!;
    const indices = (k: number): number[] => Array.from({ length: k }, (_, i) => i);
    const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    /** Rows (n, patch row, patch column, c). */
    const over = (tall: number, wide: number, of: (values: number[]) => number): number[] =>
      indices(count).flatMap((n) =>
        indices(Math.floor(6 / tall)).flatMap((row) =>
          indices(Math.floor(5 / wide)).flatMap((column) =>
            indices(2).map((c) =>
              of(
                indices(tall * wide).map((k) =>
                  at(n, row * tall + Math.floor(k / wide), column * wide + (k % wide), c),
                ),
              ),
            ),
          ),
        ),
      );
    const deviation = (values: number[]): number =>
      Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)) + 1e-6);
    const expected: Record<string, number[]> = {
      global: [...x.values],
      norm_x: over(6, 5, (values) => Math.sqrt(mean(values.map((value) => value ** 2)) + 1e-6)),
      map0: [...x.values],
      'map0/mean': over(6, 5, mean),
      'map0/std': over(6, 5, deviation),
      'map0/2/mean': over(2, 2, mean),
      'map0/2/std': over(2, 2, deviation),
      'map0/4/mean': over(4, 4, mean),
      'map0/4/std': over(4, 4, deviation),
    };
    expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, values] of Object.entries(expected)) {
      // Sums of at most 30 numbers in float32.
      expect(relativeGap(found[name]!, values), name).toBeLessThan(1e-5);
    }
  });
});

describe('the places of features', () => {
  const feature: Given = {
    shape: [6, 2, 1],
    // 100 sample + place
    values: Float32Array.from({ length: 12 }, (_, i) => 100 * Math.floor(i / 2) + (i % 2)),
  };

  it('are sets of their own in every group', async () => {
    const { apart } = await evaluated({ feature }, (inputs) => ({
      apart: placesApart(inputs['feature'] as Tensor3D, 2),
    }));
    // Group 0: place 0 of samples 0, 1, 2, then place 1; then group 1.
    expect([...apart!]).toEqual([0, 100, 200, 1, 101, 201, 300, 400, 500, 301, 401, 501]);
  });

  it.each([1, 2, 3])('come together again from %i groups', async (groups) => {
    const { again } = await evaluated({ feature }, (inputs) => ({
      again: placesTogether(placesApart(inputs['feature'] as Tensor3D, groups), groups),
    }));
    expect(again).toEqual(feature.values);
  });

  it('are found again in rows', async () => {
    const given = { a: normalsOf([3, 2, 4], 'a'), b: normalsOf([3, 1, 5], 'b') };
    const again = await evaluated(given, (inputs: Record<string, Tensor>) => {
      const features = { a: inputs['a'], b: inputs['b'] } as unknown as Features;
      const rows = featureRows(features);
      expect(rows.shape).toEqual([3, 13]);
      const { a, b } = featuresOfRows(rows, features);
      return { againA: a!, againB: b! };
    });
    expect(again['againA']).toEqual(given.a.values);
    expect(again['againB']).toEqual(given.b.values);
  });
});
