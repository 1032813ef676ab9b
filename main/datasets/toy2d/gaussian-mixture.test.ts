import { expect, it } from 'vitest';
import { parseDatasetParams } from '../parse-params.ts';
import { gaussianMixture } from './gaussian-mixture.ts';

const create = (params: object) => gaussianMixture.create(parseDatasetParams(gaussianMixture, params));
const means = [
  [0, 0],
  [4, 0],
];

it('takes one std and one weight for all', () => {
  const one = create({ means, stds: [0.5], weights: [2] }).mixture!;
  const each = create({ means, stds: [0.5, 0.5], weights: [1, 1] }).mixture!;
  expect(one).toEqual(each);
});

it('keeps weights, means and stds in proportion', () => {
  const { weights, means: centers, stds } = create({ means, stds: [0.5, 1], weights: [3, 1] }).mixture!;
  expect(Array.from(weights)).toEqual([0.75, 0.25]);
  expect(stds[1]! / stds[0]!).toBeCloseTo(2, 12);
  expect((centers[2]! - centers[0]!) / stds[0]!).toBeCloseTo(4 / 0.5, 12);
});

it('counts a point to the nearest component within three of its stds', () => {
  // Std of the law: sqrt((4 + 2 * 0.25) / 2) = 1.5 around the center (2, 0).
  const { modes } = create({ means, stds: [0.5] });
  const modeAt = (x: number, y: number) => modes!.modeOf([9, (x - 2) / 1.5, y / 1.5], 1);
  expect(modeAt(0, 1.49)).toBe(0);
  expect(modeAt(0, 1.51)).toBe(-1);
  expect(modeAt(2, 0)).toBe(-1);
  expect(modeAt(2.6, 0)).toBe(1);
});

it('gives a point in several modes to the component with the smallest distance in stds', () => {
  const { modes, mixture } = create({ means, stds: [2, 1] });
  const [left, right] = [mixture!.means[0]!, mixture!.means[2]!];
  const modeAt = (part: number) => modes!.modeOf([left + part * (right - left), 0], 0);
  // Two thirds of the way both are 4/3 stds away.
  expect(modeAt(0.66)).toBe(0);
  expect(modeAt(0.67)).toBe(1);
});
