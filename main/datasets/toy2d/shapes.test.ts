/** The curves themselves: with the noise off, every point lies where the formula of its shape puts it. */
import { describe, expect, it } from 'vitest';
import { Rng } from '../../tensor/rng.ts';
import type { Dataset } from '../dataset.ts';
import { parseDatasetParams } from '../parse-params.ts';
import { expectAverage, meanOver } from '../testdata/monte-carlo.ts';
import { bimodal } from './bimodal.ts';
import { eightGaussians } from './eight-gaussians.ts';
import { pinwheel } from './pinwheel.ts';
import { rings } from './rings.ts';
import { spiral } from './spiral.ts';
import { swissRoll } from './swiss-roll.ts';
import { twoMoons } from './two-moons.ts';

const COUNT = 20_000;
/** Float32 in data units, then shapes of size 1: well above the rounding, well below any feature. */
const NEAR = 2e-6;

type Point = readonly [x: number, y: number];

/** Points in native coordinates, from a center and std found without the code under test. */
function nativePoints(dataset: Dataset, params: object, center: Point, std: number): Point[] {
  const source = dataset.create(parseDatasetParams(dataset, params));
  const points = source.sample(new Rng(4, 'shapes'), COUNT);
  return Array.from({ length: COUNT }, (_, i) => [
    points[2 * i]! * std + center[0],
    points[2 * i + 1]! * std + center[1],
  ]);
}

/** Center and std of curves run through uniformly, by quadrature. */
function lawOf(
  from: number,
  to: number,
  ...curves: ((a: number) => Point)[]
): { center: Point; std: number } {
  const mean = (f: (point: Point) => number) =>
    curves.reduce((sum, curve) => sum + meanOver(from, to, (a) => f(curve(a))), 0) / curves.length;
  const center: Point = [mean(([x]) => x), mean(([, y]) => y)];
  const squares = mean(([x, y]) => x ** 2 + y ** 2);
  return { center, std: Math.sqrt((squares - center[0] ** 2 - center[1] ** 2) / 2) };
}

/** Sixteen equal parts of [0, 1) get equal shares. */
function expectUniform(values: readonly number[]): void {
  for (let part = 0; part < 16; part++) {
    expectAverage(COUNT, (i) => (Math.floor(values[i]! * 16) === part ? 1 : 0), 1 / 16);
  }
}

describe('swiss roll', () => {
  const [from, to] = [Math.PI / 2, (9 / 2) * Math.PI];
  const curve = (a: number): Point => [(a * Math.cos(a)) / to, (a * Math.sin(a)) / to];

  it('is (a cos a, a sin a) over its largest coordinate, a uniform on [pi/2, pi/2 + 4 pi]', () => {
    const { center, std } = lawOf(from, to, curve);
    const points = nativePoints(swissRoll, { noise: 0 }, center, std);
    const angles = points.map(([x, y]) => to * Math.hypot(x, y));
    points.forEach(([x, y], i) => {
      const [cx, cy] = curve(angles[i]!);
      // The angle is read off the radius, which is to times less exact.
      expect(Math.hypot(x - cx, y - cy)).toBeLessThan(to * NEAR);
    });
    expectUniform(angles.map((a) => (a - from) / (to - from)));
    const largest = Math.max(...points.flat().map(Math.abs));
    expect(largest).toBeLessThan(1 + NEAR);
    expect(largest).toBeGreaterThan(0.99);
  });

  it('has noise of 0.03 unless told otherwise', () => {
    expect(parseDatasetParams(swissRoll, {})).toEqual({ noise: 0.03 });
  });
});

it('two moons are half circles around (0, 0) and (1, 1/2), half the points each', () => {
  const upper = (a: number): Point => [Math.cos(a), Math.sin(a)];
  const lower = (a: number): Point => [1 - Math.cos(a), 0.5 - Math.sin(a)];
  const { center, std } = lawOf(0, Math.PI, upper, lower);
  const points = nativePoints(twoMoons, { noise: 0 }, center, std);
  const isUpper = points.map(([x, y]) => y > -NEAR && Math.abs(Math.hypot(x, y) - 1) < NEAR);
  points.forEach(([x, y], i) => {
    if (isUpper[i]) return;
    expect(y).toBeLessThan(0.5 + NEAR);
    expect(Math.hypot(x - 1, y - 0.5)).toBeCloseTo(1, 5);
  });
  expectAverage(COUNT, (i) => (isUpper[i] ? 1 : 0), 1 / 2);
});

it('rings are circles of radius k / count with equal shares, even in angle', () => {
  const std = Math.sqrt((1 / 16 + 4 / 16 + 9 / 16 + 1) / 4 / 2);
  const points = nativePoints(rings, { rings: 4, noise: 0 }, [0, 0], std);
  const ring = points.map(([x, y]) => 4 * Math.hypot(x, y));
  for (const radius of ring) expect(Math.abs(radius - Math.round(radius))).toBeLessThan(4 * NEAR);
  for (let k = 1; k <= 4; k++) expectAverage(COUNT, (i) => (Math.round(ring[i]!) === k ? 1 : 0), 1 / 4);
  expectUniform(points.map(([x, y]) => (Math.atan2(y, x) / (2 * Math.PI) + 1) % 1));
});

it('spiral arms turn in proportion to the radius, with the squared radius uniform', () => {
  // Of three even arms the center is the origin, and the mean of r^2 = U is 1/2 over two coordinates.
  const [arms, turns] = [3, 1.5];
  const points = nativePoints(spiral, { arms, turns, noise: 0 }, [0, 0], 1 / 2);
  expectUniform(points.map(([x, y]) => x ** 2 + y ** 2));
  const arm = points.map(([x, y]) => {
    const radius = Math.hypot(x, y);
    return (Math.atan2(y, x) / (2 * Math.PI) - turns * radius + 2 * turns) * arms;
  });
  points.forEach(([x, y], i) => {
    // An angle is as exact as its radius is large.
    const tolerance = (arms * NEAR) / Math.min(1, Math.hypot(x, y));
    expect(Math.abs(arm[i]! - Math.round(arm[i]!))).toBeLessThan(tolerance);
  });
  for (let k = 0; k < arms; k++) {
    expectAverage(COUNT, (i) => (Math.round(arm[i]! + arms) % arms === k ? 1 : 0), 1 / arms);
  }
});

it('pinwheel arms are Gaussians along the radius, turned by the twist and evenly around', () => {
  const { arms, radialStd, tangentialStd, rate } = {
    arms: 5,
    radialStd: 0.05,
    tangentialStd: 0.01,
    rate: 0.25,
  };
  const std = Math.sqrt((1 + radialStd ** 2 + tangentialStd ** 2) / 2);
  const points = nativePoints(pinwheel, { arms, radialStd, tangentialStd, rate }, [0, 0], std);
  // These arms are so narrow that the radius is their radial position but for tangentialStd^2 / 2.
  const slack = tangentialStd ** 2;
  const radii = points.map(([x, y]) => Math.hypot(x, y));
  expectAverage(COUNT, (i) => radii[i]!, 1, slack);
  expectAverage(COUNT, (i) => (radii[i]! - 1) ** 2, radialStd ** 2, slack);
  const turned = points.map(([x, y], i) => {
    const angle = Math.atan2(y, x) - rate * Math.exp(radii[i]!);
    return ((angle / (2 * Math.PI)) * arms + 2 * arms) % arms;
  });
  const offset = turned.map((each) => ((each - Math.round(each)) / arms) * 2 * Math.PI);
  expectAverage(COUNT, (i) => offset[i]!, 0, slack);
  expectAverage(COUNT, (i) => offset[i]! ** 2, tangentialStd ** 2, slack * 0.02);
  for (let k = 0; k < arms; k++) {
    expectAverage(COUNT, (i) => (Math.round(turned[i]!) % arms === k ? 1 : 0), 1 / arms);
  }
});

it('bimodal has two equal modes at x = -1 and 1 of standard deviation 0.1', () => {
  const std = Math.sqrt((1 + 2 * 0.1 ** 2) / 2);
  const points = nativePoints(bimodal, {}, [0, 0], std);
  expectAverage(COUNT, (i) => (points[i]![0] > 0 ? 1 : 0), 1 / 2);
  expectAverage(COUNT, (i) => Math.abs(points[i]![0]), 1);
  expectAverage(COUNT, (i) => (Math.abs(points[i]![0]) - 1) ** 2, 0.1 ** 2);
  expectAverage(COUNT, (i) => points[i]![1] ** 2, 0.1 ** 2);
});

it('eight Gaussians sit evenly on their circle', () => {
  const { mixture } = eightGaussians.create({ radius: 3, std: 0.3 });
  const std = Math.sqrt(3 ** 2 / 2 + 0.3 ** 2);
  for (let k = 0; k < 8; k++) {
    const angle = (Math.PI / 4) * k;
    expect(mixture!.means[2 * k]! * std).toBeCloseTo(3 * Math.cos(angle), 12);
    expect(mixture!.means[2 * k + 1]! * std).toBeCloseTo(3 * Math.sin(angle), 12);
    expect(mixture!.stds[k]! * std).toBeCloseTo(0.3, 12);
    expect(mixture!.weights[k]).toBe(1 / 8);
  }
});
