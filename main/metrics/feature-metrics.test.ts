import { describe, expect, it } from 'vitest';
import { Rng } from '../tensor/rng.ts';
import { BlockMoments, resampledCounts, spreads } from './bootstrap.ts';
import { energyDistance } from './energy-distance.ts';
import { type ScoreReference, scoreFeatures } from './feature-score.ts';
import { frechetDistance, frechetFrom, frechetReference } from './frechet.ts';
import { metrics } from './index.ts';
import { kernelInceptionDistance } from './kid.ts';
import { memorisation, usualNearness } from './memorisation.ts';
import { MomentAccumulator } from './moments.ts';
import { pairReference, pairsAgainst } from './pair-metrics.ts';
import { pivotedCholesky } from './pivoted-cholesky.ts';
import { prdc } from './prdc.ts';
import { symmetricEigenvalues } from './symmetric-eigenvalues.ts';
import { finished, inTurns } from './turns.ts';

const normals = (n: number, dim: number, stream: string, step = 0): Float64Array =>
  new Rng(11, stream).at(step).fillNormal(new Float64Array(n * dim));

/** Columns of random numbers made orthonormal by Gram and Schmidt, [d, d]. */
function rotation(d: number): Float64Array {
  const q = normals(d, d, 'rotation');
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < i; j++) {
      let dot = 0;
      for (let c = 0; c < d; c++) dot += q[i * d + c]! * q[j * d + c]!;
      for (let c = 0; c < d; c++) q[i * d + c]! -= dot * q[j * d + c]!;
    }
    const norm = Math.hypot(...q.subarray(i * d, (i + 1) * d));
    for (let c = 0; c < d; c++) q[i * d + c]! /= norm;
  }
  return q;
}

/** Rows times a matrix, [n, d]. */
function turned(rows: Float64Array, q: Float64Array, d: number): Float64Array {
  return rows.map((_, at) => {
    const start = Math.floor(at / d) * d;
    let sum = 0;
    for (let c = 0; c < d; c++) sum += rows[start + c]! * q[c * d + (at % d)]!;
    return sum;
  });
}

/** Neither round nor around zero, and of rank d - 1: the last number repeats the first. */
function skewed(n: number, d: number, stream: string): Float64Array {
  const rows = normals(n, d, stream);
  for (let at = 0; at < rows.length; at++) rows[at] = rows[at]! * (1 + (at % d)) * 0.3 + 2;
  for (let i = 0; i < n; i++) rows[i * d + d - 1] = rows[i * d]!;
  return rows;
}

describe('the eigenvalues of a symmetric matrix', () => {
  it.each([1, 2, 3, 8, 33])('are those it was made of, d = %i', (d) => {
    const q = rotation(d);
    const values = Float64Array.from({ length: d }, (_, i) => (i % 3 === 0 ? 0 : i - d / 2));
    const matrix = new Float64Array(d * d);
    for (let k = 0; k < d; k++) {
      for (let i = 0; i < d; i++) {
        for (let j = 0; j < d; j++) matrix[i * d + j]! += values[k]! * q[k * d + i]! * q[k * d + j]!;
      }
    }
    const found = finished(symmetricEigenvalues(matrix, d)).sort();
    // A few ulps of the largest eigenvalue, which is below 17.
    values.sort().forEach((value, i) => expect(found[i]).toBeCloseTo(value, 12));
  });

  it('are found where the matrix is diagonal or zero', () => {
    expect([...finished(symmetricEigenvalues(Float64Array.of(0, 0, 0, 0), 2))]).toEqual([0, 0]);
    const diagonal = Float64Array.of(3, 0, 0, 0, -1, 0, 0, 0, 2);
    expect([...finished(symmetricEigenvalues(diagonal, 3))].sort((a, b) => a - b)).toEqual([-1, 2, 3]);
  });
});

it('a pivoted factor rebuilds a singular matrix and knows its rank', () => {
  const d = 7;
  const { covariance } = new MomentAccumulator(d).add(skewed(40, d, 'factor')).moments();
  const { rank, columns } = finished(pivotedCholesky(covariance, d));
  expect(rank).toBe(d - 1);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      let sum = 0;
      for (let k = 0; k < rank; k++) sum += columns[k * d + i]! * columns[k * d + j]!;
      expect(sum).toBeCloseTo(covariance[i * d + j]!, 12);
    }
  }
  expect(finished(pivotedCholesky(new Float64Array(9), 3)).rank).toBe(0);
});

describe('moments', () => {
  const d = 5;
  const rows = skewed(203, d, 'moments').map((value) => value + 1000);
  const whole = new MomentAccumulator(d).add(rows).moments();

  it.each([1, 2, 7, 64, 203])('are the same in batches of %i', (size) => {
    const streamed = new MomentAccumulator(d);
    for (let at = 0; at < rows.length; at += size * d) streamed.add(rows.subarray(at, at + size * d));
    const found = streamed.moments();
    expect(found.count).toBe(203);
    // Around 1000 a naive sum of squares would lose six digits; these lose none.
    found.mean.forEach((value, i) => expect(Math.abs(value - whole.mean[i]!)).toBeLessThan(1e-9));
    found.covariance.forEach((value, i) => expect(Math.abs(value - whole.covariance[i]!)).toBeLessThan(1e-9));
  });

  it('are merged in any order', () => {
    const parts = [0, 40, 41, 150].map((from, i, all) =>
      new MomentAccumulator(d).add(rows.subarray(from * d, (all[i + 1] ?? 203) * d)),
    );
    const mergedIn = (order: number[]) =>
      order.reduce((sum, i) => sum.merge(parts[i]!), new MomentAccumulator(d)).moments();
    for (const found of [mergedIn([0, 1, 2, 3]), mergedIn([3, 1, 0, 2])]) {
      found.covariance.forEach((value, i) =>
        expect(Math.abs(value - whole.covariance[i]!)).toBeLessThan(1e-9),
      );
    }
    expect(new MomentAccumulator(d).merge(new MomentAccumulator(d)).count).toBe(0);
  });

  it('are the textbook sums', () => {
    const { mean, covariance } = new MomentAccumulator(2).add(Float64Array.of(1, 2, 3, 6, 5, 1)).moments();
    expect([...mean]).toEqual([3, 3]);
    expect([...covariance]).toEqual([4, -1, -1, 7]);
  });

  it('refuse what has no moments', () => {
    const bad = (act: () => unknown, code: string) => expect(act).toThrow(expect.objectContaining({ code }));
    bad(() => new MomentAccumulator(2).add(Float64Array.of(1, 2)).moments(), 'metrics/too-few-points');
    bad(() => new MomentAccumulator(2).add(Float64Array.of(1, 2, 3)), 'metrics/bad-shape');
    bad(() => new MomentAccumulator(1).add(Float64Array.of(NaN)), 'metrics/non-finite');
    bad(() => new MomentAccumulator(2).merge(new MomentAccumulator(3)), 'metrics/bad-shape');
  });
});

describe('the Frechet distance', () => {
  const d = 6;
  const x = skewed(80, d, 'x');
  const y = skewed(60, d, 'y').map((value) => 1.4 * value - 0.7);

  it('of a set to itself is zero, singular as it is', () => {
    expect(Math.abs(frechetDistance(x, x, d))).toBeLessThan(1e-9);
  });

  it('grows by the squared length of a translation', () => {
    const moved = x.map((value, at) => value + (at % d));
    expect(frechetDistance(x, moved, d)).toBeCloseTo(0 + 1 + 4 + 9 + 16 + 25, 9);
  });

  it('is symmetric and does not change when both sets are turned', () => {
    const q = rotation(d);
    const found = frechetDistance(x, y, d);
    expect(found).toBeGreaterThan(0.1);
    // Zero eigenvalues come back as rounding, whose root is some 1e-8.
    expect(frechetDistance(y, x, d)).toBeCloseTo(found, 6);
    expect(frechetDistance(turned(x, q, d), turned(y, q, d), d)).toBeCloseTo(found, 6);
  });

  it('of a scaled set is that of the scales: (s - 1)^2 tr C', () => {
    const centred = new MomentAccumulator(d).add(x).moments();
    const scaled = x.map((value, at) => centred.mean[at % d]! + 3 * (value - centred.mean[at % d]!));
    let trace = 0;
    for (let i = 0; i < d; i++) trace += centred.covariance[i * d + i]!;
    expect(frechetDistance(x, scaled, d)).toBeCloseTo(4 * trace, 8);
  });

  it('from blocks that came in batches is that from all rows at once', () => {
    const blocks = new BlockMoments(d, 60);
    for (const [from, to] of [
      [0, 1],
      [1, 30],
      [30, 33],
      [33, 60],
    ] as const) {
      blocks.add(y.subarray(from * d, to * d));
    }
    const reference = finished(frechetReference(new MomentAccumulator(d).add(x).moments()));
    const streamed = finished(frechetFrom(reference, blocks.all().moments()));
    expect(Math.abs(streamed - frechetDistance(x, y, d))).toBeLessThan(1e-9);
  });
});

describe('metrics of pairs', () => {
  const d = 3;
  const x = normals(50, d, 'pairs x');
  const y = normals(40, d, 'pairs y').map((value) => 0.8 * value + 0.2);
  const found = finished(pairsAgainst(finished(pairReference(x, d, 3)), y)).measure(null);

  it('are those of the functions that take points', () => {
    const expected = {
      ...prdc(x, y, d, 3),
      kid: kernelInceptionDistance(x, y, d),
      energyDistance: energyDistance(x, y, d),
    };
    for (const [name, value] of Object.entries(expected)) expect(found[name], name).toBeCloseTo(value, 11);
    expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
  });

  it('with weights are those of the rows as often as they count, in the balls of the whole set', () => {
    const once = new Uint16Array(40).fill(1);
    const pairs = finished(pairsAgainst(finished(pairReference(x, d, 3)), y));
    const weighted = pairs.measure(once);
    for (const [name, value] of Object.entries(found)) expect(weighted[name], name).toBeCloseTo(value, 12);
    // Twenty rows twice: shares are those of the twenty rows.
    const twice = Uint16Array.from({ length: 40 }, (_, j) => (j < 20 ? 2 : 0));
    const half = pairs.measure(twice);
    const doubled = new Float64Array(40 * d);
    doubled.set(y.subarray(0, 20 * d));
    doubled.set(y.subarray(0, 20 * d), 20 * d);
    const plain = prdc(x, doubled, d, 3);
    expect(half.precision).toBeCloseTo(plain.precision, 12);
    expect(half.density).toBeCloseTo(plain.density, 12);
    expect(half.coverage).toBeCloseTo(plain.coverage, 12);
    expect(half.energyDistance).toBeCloseTo(energyDistance(x, doubled, d), 12);
  });

  it('far apart score nothing, and one set against itself everything', () => {
    const reference = finished(pairReference(x, d, 3));
    const far = finished(
      pairsAgainst(
        reference,
        y.map((value) => value + 100),
      ),
    ).measure(null);
    expect([far.precision, far.recall, far.density, far.coverage]).toEqual([0, 0, 0, 0]);
    const same = finished(pairsAgainst(reference, x)).measure(null);
    expect([same.precision, same.recall, same.coverage]).toEqual([1, 1, 1]);
    expect(same.energyDistance).toBeCloseTo(0, 12);
  });

  it('KID has mean zero over draws of one law', () => {
    const draws = Array.from({ length: 300 }, (_, step) => {
      const reference = finished(pairReference(normals(14, 2, 'kid x', step), 2, 1));
      return finished(pairsAgainst(reference, normals(11, 2, 'kid y', step))).measure(null);
    });
    const average = draws.reduce((sum, { kid }) => sum + kid, 0) / draws.length;
    // Four standard errors of the mean.
    expect(Math.abs(average)).toBeLessThan(4 * (spreads(draws)['kid']! / Math.sqrt(draws.length)));
  });
});

describe('memorisation', () => {
  const d = 4;
  const training = normals(300, d, 'training');
  const held = normals(200, d, 'held');
  const usual = finished(usualNearness(held, training, d));
  const score = (rows: Float64Array) =>
    finished(scoreFeatures({ rows, labels: null, blocks: null }, referenceOf(), new Rng(1, 'draws'))).metrics;
  const referenceOf = (): ScoreReference => ({
    frechet: null,
    pairs: finished(pairReference(held, d, 5)),
    nearest: { rows: training, labels: null, usual },
  });

  it('flags copies of training data, however slightly disturbed', () => {
    const copies = training.slice(0, 200 * d).map((value, at) => value + 1e-4 * Math.sin(at));
    const found = score(copies);
    expect(found['memorised']).toBe(1);
    expect(found['nearestRatio']).toBeLessThan(1e-3);
  });

  it('finds nothing in new samples of the same law', () => {
    const found = score(normals(200, d, 'fresh'));
    // Of 200 genuine samples 2 are expected below the 1% quantile; 8 would be four standard deviations more.
    expect(found['memorised']).toBeLessThan(8 / 200);
    // Medians of 200 distances with a spread of about a third of them stray by a few hundredths.
    expect(found['nearestRatio']).toBeGreaterThan(0.85);
    expect(found['nearestRatio']).toBeLessThan(1.15);
  });

  it('says how many copies there are among new samples', () => {
    const mixed = normals(200, d, 'fresh');
    mixed.set(training.subarray(0, 50 * d));
    expect(score(mixed)['memorised']).toBeGreaterThanOrEqual(0.25);
    expect(score(mixed)['memorised']).toBeLessThan(0.25 + 8 / 150);
  });

  it('has no ratio where held-out data are copies themselves', () => {
    const copied = finished(usualNearness(training, training, d));
    expect(memorisation(Float64Array.of(0, 1), copied, null)).toEqual({ nearestRatio: NaN, memorised: 0 });
  });
});

describe('a score', () => {
  const d = 2;
  const classOf = (rows: Float64Array) =>
    Int32Array.from({ length: rows.length / d }, (_, i) => Number(rows[i * d]! > 0));
  const real = normals(400, d, 'score real');
  const training = normals(400, d, 'score training');
  const reference: ScoreReference = {
    frechet: finished(frechetReference(new MomentAccumulator(d).add(real).moments())),
    pairs: finished(pairReference(real, d, 5)),
    nearest: {
      rows: training,
      labels: classOf(training),
      usual: finished(usualNearness(real, training, d)),
    },
  };
  const scoreOf = (rows: Float64Array, labels: Int32Array | null = null) => {
    const blocks = new BlockMoments(d, rows.length / d);
    blocks.add(rows);
    return scoreFeatures({ rows, labels, blocks }, reference, new Rng(3, 'draws'));
  };

  it('has only registered metrics, and an error for each', () => {
    const rows = normals(400, d, 'fake');
    const { metrics: found, errors } = finished(scoreOf(rows, classOf(rows)));
    const known = new Set(metrics.map(({ id }) => id));
    for (const name of Object.keys(found)) expect(known, name).toContain(name);
    expect(Object.keys(errors).sort()).toEqual(Object.keys(found).sort());
    // The nearest of 400 is on the other side of the border for a few samples alone.
    expect(found['classAccuracy']).toBeGreaterThan(0.9);
    const wrong = finished(
      scoreOf(
        rows,
        classOf(rows).map((label) => 1 - label),
      ),
    );
    expect(wrong.metrics['classAccuracy']).toBeCloseTo(1 - found['classAccuracy']!, 12);
  });

  it('is the same in turns, and by the same seed', async () => {
    const rows = normals(300, d, 'fake');
    expect(await inTurns(scoreOf(rows))).toEqual(finished(scoreOf(rows)));
  });

  it('its errors are about what other samples give, and fall like one over the root of their number', () => {
    const errorsAt = (n: number) =>
      finished(scoreOf(normals(n, d, 'error').map((value) => 1.5 * value))).errors;
    const [few, many] = [errorsAt(200), errorsAt(3200)];
    for (const name of ['frechetDistance', 'kid', 'energyDistance', 'density', 'nearestRatio']) {
      const ratio = few[name]! / many[name]!;
      // Four times; an error of 32 draws is itself off by an eighth, two of them by a fifth, at two sigma 0.4.
      expect(ratio, name).toBeGreaterThan(4 / 1.8);
      expect(ratio, name).toBeLessThan(4 * 1.8);
    }
    const others = Array.from({ length: 24 }, (_, step) => {
      const rows = normals(200, d, 'others', step).map((value) => 1.5 * value);
      return finished(scoreOf(rows)).metrics;
    });
    for (const name of ['frechetDistance', 'kid', 'precision']) {
      const ratio = few[name]! / spreads(others)[name]!;
      expect(ratio, name).toBeGreaterThan(1 / 2);
      expect(ratio, name).toBeLessThan(2);
    }
  });

  it('draws as many rows as there are', () => {
    const counts = resampledCounts(50, new Rng(1, 'counts'));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(50);
    expect(counts.some((count) => count === 0)).toBe(true);
  });
});
