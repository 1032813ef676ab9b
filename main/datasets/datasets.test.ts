import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { GaussianMixture } from '../maths/gaussian-mixture.ts';
import { Rng } from '../tensor/rng.ts';
import { type DataSource, datasetById, datasets, importedDataset, parseDatasetParams } from './index.ts';
import { expectAverage } from './testdata/monte-carlo.ts';

const COUNT = 50_000;

/** Beside each dataset as it comes, the corners of its parameters at which a moment formula could slip. */
const variations: Record<string, object[]> = {
  checkerboard: [{ noise: 0 }, { noise: 0.4 }, { convention: 'grid4', noise: 0.5 }],
  'swiss-roll': [{ noise: 0 }, { noise: 1 }],
  'two-moons': [{ noise: 0 }, { noise: 1 }],
  'eight-gaussians': [{ radius: 0.1, std: 0.3 }],
  pinwheel: [
    { arms: 2, radialStd: 1, tangentialStd: 0.5, rate: 2 },
    { arms: 12, radialStd: 0.1, tangentialStd: 0.4 },
  ],
  rings: [{ rings: 1, noise: 0 }, { rings: 8 }],
  spiral: [{ arms: 1, turns: 0.25 }, { arms: 1, turns: 4, noise: 1 }, { arms: 3 }],
  bimodal: [{ offset: 0.1, std: 0.5 }],
  'gaussian-mixture': [
    { means: [[5, -3]], stds: [0.5], weights: [3] },
    {
      means: [
        [40, 41],
        [40.5, 41],
        [43, 38],
      ],
      stds: [0.5, 1, 0.2],
      weights: [1, 2, 5],
    },
  ],
};

const cases = datasets.flatMap((dataset) =>
  [{}, ...(variations[dataset.id] ?? [])].map((params) => ({
    name: `${dataset.id} ${JSON.stringify(params)}`,
    source: dataset.create(parseDatasetParams(dataset, params)),
  })),
);

it('varies only datasets that there are', () => {
  expect(datasets.map(({ id }) => id)).toEqual(expect.arrayContaining(Object.keys(variations)));
});

describe.each(cases)('$name', ({ source }) => {
  const { dim, modes } = source;
  const points = source.sample(new Rng(1, 'datasets'), COUNT);

  it('gives as many finite points as asked', () => {
    expect(points).toHaveLength(COUNT * dim);
    expect(points.every(Number.isFinite)).toBe(true);
    expect(source.sample(new Rng(1, 'datasets'), 0)).toHaveLength(0);
  });

  it('draws by the cursor alone', () => {
    const draw = (seed: number, step: number) => source.sample(new Rng(seed, 'datasets').at(step), 64);
    expect(draw(7, 3)).toEqual(draw(7, 3));
    expect(draw(7, 4)).not.toEqual(draw(7, 3));
    expect(draw(8, 3)).not.toEqual(draw(7, 3));
  });

  it('goes on where its cursor stands', () => {
    const rng = new Rng(7, 'datasets');
    expect(source.sample(rng, 64)).not.toEqual(source.sample(rng, 64));
  });

  it('has mean 0 and unit standard deviation', () => {
    for (let j = 0; j < dim; j++) expectAverage(COUNT, (i) => points[i * dim + j]!, 0);
    // With the mean known to be 0, the average square of a coordinate is the variance.
    expectAverage(COUNT, (i) => squaredNorm(points, i, dim) / dim, 1);
  });

  if (modes)
    it('reaches its modes in the shares that it claims', () => {
      const { count, shares, modeOf } = modes;
      expect(shares).toHaveLength(count);
      // Counted shares are whole multiples of 2^-17 and sum without rounding; formulas round once each.
      expect(sumOf(shares)).toBeLessThanOrEqual(1 + 1e-12);
      const found = Int32Array.from({ length: COUNT }, (_, i) => modeOf(points, i * dim));
      expect(Math.min(...new Set(found))).toBeGreaterThanOrEqual(-1);
      expect(Math.max(...new Set(found))).toBeLessThan(count);
      shares.forEach((share, mode) => {
        // Five standard errors of a share that was itself counted, on 2^17 points.
        const slack = 5 * Math.sqrt((share * (1 - share)) / 2 ** 17);
        expectAverage(COUNT, (i) => (found[i] === mode ? 1 : 0), share, slack);
      });
    });

  if (source.mixture)
    it('samples the density that it claims', () => {
      const { mass, entropy } = integrals(source);
      // The trapezoid rule on Gaussians at half a standard deviation errs by 2 exp(-8 pi^2); the box
      // leaves out exp(-32).
      expect(mass).toBeCloseTo(1, 9);
      const logDensity = source.mixture!.logDensity(points);
      expectAverage(COUNT, (i) => logDensity[i]!, -entropy);

      const { mean, covariance } = momentsOf(source.mixture!);
      for (let j = 0; j < dim; j++) {
        expectAverage(COUNT, (i) => points[i * dim + j]!, mean[j]!);
        for (let k = 0; k <= j; k++) {
          const product = (i: number) =>
            (points[i * dim + j]! - mean[j]!) * (points[i * dim + k]! - mean[k]!);
          expectAverage(COUNT, product, covariance[j]![k]!);
        }
      }
    });
});

describe('the registry', () => {
  it('names each dataset once', () => {
    expect(new Set(datasets.map(({ id }) => id)).size).toBe(datasets.length);
    for (const { id } of datasets) expect(datasetById(id).id).toBe(id);
  });

  it.each(datasets)('$id keeps its promises about dimension, density and modes', (dataset) => {
    const source = dataset.create(parseDatasetParams(dataset, {}));
    expect(source.dim).toBe(dataset.dim);
    expect(source.mixture !== undefined).toBe(dataset.analytic);
    expect(dataset.imported).toBe(false);
    if (dataset.analytic) expect(source.modes!.count).toBe(source.mixture!.count);
  });

  it.each(datasets)('$id describes its parameters to a form', ({ params, title, summary }) => {
    expect(title).not.toBe('');
    expect(summary).toMatch(/\.$/);
    const schema = z.toJSONSchema(params, { io: 'input' });
    expect(schema.additionalProperties).toBe(false);
    const fields = Object.values(schema.properties ?? {}) as Record<string, unknown>[];
    expect(fields.length).toBeGreaterThan(0);
    for (const field of fields) {
      expect(field.label).toMatch(/^[A-Z]/);
      expect(field.help).toMatch(/\.$/);
      expect(field).toHaveProperty('default');
    }
  });

  it('finds imported datasets beside its own', () => {
    const points = { count: 2, dim: 1, values: Float64Array.of(0, 1) };
    const brought = importedDataset('mine', 'mine.csv', points);
    expect(datasetById('mine', [brought])).toBe(brought);
  });

  it('says which datasets there are when one is unknown', () => {
    expect(() => datasetById('moons')).toThrow(
      expect.objectContaining({
        code: 'dataset/unknown',
        message: expect.stringMatching(/checkerboard.*two-moons.*"moons"/) as string,
      }),
    );
  });
});

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function squaredNorm(points: Float32Array, i: number, dim: number): number {
  let sum = 0;
  for (let j = 0; j < dim; j++) sum += points[i * dim + j]! ** 2;
  return sum;
}

/** Mass and entropy of a planar density by the trapezoid rule on a box of 8 stds around every mean. */
function integrals({ mixture }: DataSource): { mass: number; entropy: number } {
  const { means, stds, count, dim } = mixture!;
  const step = 0.5 * Math.min(...stds);
  const bounds = (axis: number) => {
    const at = Array.from({ length: count }, (_, k) => [means[k * dim + axis]!, 8 * stds[k]!] as const);
    return [Math.min(...at.map(([m, r]) => m - r)), Math.max(...at.map(([m, r]) => m + r))] as const;
  };
  const [left, right] = bounds(0);
  const [bottom, top] = bounds(1);
  let mass = 0;
  let entropy = 0;
  for (let y = bottom; y <= top; y += step) {
    const row: number[] = [];
    for (let x = left; x <= right; x += step) row.push(x, y);
    for (const logDensity of mixture!.logDensity(row)) {
      const weight = Math.exp(logDensity) * step ** 2;
      mass += weight;
      if (weight > 0) entropy -= weight * logDensity;
    }
  }
  return { mass, entropy };
}

/** Mean and covariance of a mixture by the law of total variance. */
function momentsOf({ weights, means, stds, dim }: GaussianMixture) {
  const axes = Array.from({ length: dim }, (_, j) => j);
  const average = (term: (k: number) => number) => weights.reduce((sum, w, k) => sum + w * term(k), 0);
  const mean = axes.map((j) => average((k) => means[k * dim + j]!));
  const covariance = axes.map((i) =>
    axes.map((j) =>
      average(
        (k) =>
          (means[k * dim + i]! - mean[i]!) * (means[k * dim + j]! - mean[j]!) + (i === j ? stds[k]! ** 2 : 0),
      ),
    ),
  );
  return { mean, covariance };
}
