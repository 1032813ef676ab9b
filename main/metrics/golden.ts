import { WorkbenchError } from '#contract/errors.ts';
import { energyDistance } from './energy-distance.ts';
import { frechetDistance } from './frechet.ts';
import { kernelInceptionDistance } from './kid.ts';
import { mmdSquared } from './mmd.ts';
import type { Points } from './points.ts';
import { prdc } from './prdc.ts';
import type { Prdc } from './prdc.ts';
import { slicedWasserstein2 } from './sliced-wasserstein.ts';
import { wasserstein2 } from './wasserstein.ts';

/** A matrix of points as a tensor file gives it. */
interface PointMatrix {
  /** [rows, dim] */
  shape: readonly number[];
  data: Points;
}

interface GoldenComparison {
  name: string;
  expected: number;
  found: number;
  /** |found - expected| / |expected|, the divisor kept above 1e-12 */
  relativeError: number;
}

/**
 * Recomputes each value of a `metrics-*.json` file from the points beside it.
 *
 * @param expected  the parsed file: any of frechet, kid, mmdRbf {bandwidth, value}, energyDistance,
 *                  slicedWasserstein2, prdc {k, precision, recall, density, coverage}, wasserstein2
 * @throws `golden/bad-metrics` when the file is not of that form, or names a metric this build has not
 */
export function checkMetricsGolden(
  expected: unknown,
  real: PointMatrix,
  fake: PointMatrix,
  projections: PointMatrix,
): GoldenComparison[] {
  const dim = real.shape[1];
  if (real.shape.length !== 2 || dim === undefined || fake.shape[1] !== dim || projections.shape[1] !== dim) {
    throw badMetrics(
      `real, fake and projections must be matrices of one width, found shapes ` +
        [real, fake, projections].map(({ shape }) => `[${shape.join(', ')}]`).join(', '),
    );
  }
  const x = real.data;
  const y = fake.data;
  const comparisons: GoldenComparison[] = [];
  const compare = (name: string, from: Record<string, unknown>, field: string, found: number): void => {
    const value = numberAt(from, field, name);
    const relativeError = Math.abs(found - value) / Math.max(Math.abs(value), 1e-12);
    comparisons.push({ name, expected: value, found, relativeError });
  };

  const file = objectAt(expected, 'the file');
  for (const name of Object.keys(file)) {
    if (name === 'frechet') compare(name, file, name, frechetDistance(x, y, dim));
    else if (name === 'kid') compare(name, file, name, kernelInceptionDistance(x, y, dim));
    else if (name === 'energyDistance') compare(name, file, name, energyDistance(x, y, dim));
    else if (name === 'wasserstein2') compare(name, file, name, wasserstein2(x, y, dim));
    else if (name === 'slicedWasserstein2') {
      compare(name, file, name, slicedWasserstein2(x, y, dim, projections.data));
    } else if (name === 'mmdRbf') {
      const mmd = objectAt(file[name], name);
      compare(name, mmd, 'value', mmdSquared(x, y, dim, numberAt(mmd, 'bandwidth', `${name}.bandwidth`)));
    } else if (name === 'prdc') {
      const shares = objectAt(file[name], name);
      const found = prdc(x, y, dim, numberAt(shares, 'k', 'prdc.k'));
      for (const field of Object.keys(found) as (keyof Prdc)[]) {
        compare(`prdc.${field}`, shares, field, found[field]);
      }
    } else throw badMetrics(`unknown metric "${name}"`);
  }
  if (comparisons.length === 0) throw badMetrics('the file names no metric');
  return comparisons;
}

function objectAt(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badMetrics(`${name} must be an object`);
  }
  return value as Record<string, unknown>;
}

function numberAt(from: Record<string, unknown>, field: string, name: string): number {
  const value = from[field];
  if (typeof value !== 'number') throw badMetrics(`${name} must be a number, found ${typeof value}`);
  return value;
}

function badMetrics(what: string): WorkbenchError {
  return new WorkbenchError('golden/bad-metrics', `Not a golden metrics file: ${what}`);
}
