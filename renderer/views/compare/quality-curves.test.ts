import { describe, expect, it } from 'vitest';
import type { Measurement } from '../../state/quality.svelte.ts';
import { barName, estimatesOf, linesOf, measuredNfes, metricsOf } from './quality-curves.ts';
import type { MeasuredRun } from './quality-curves.ts';

const results = (values: Readonly<Record<number, readonly number[]>>): Measurement['results'] =>
  Object.entries(values).flatMap(([nfe, list]) =>
    list.map((mmd, seed) => ({ budget: Number(nfe), nfe: Number(nfe), seed, metrics: { mmd } })),
  );
const run = (
  id: string,
  values: Readonly<Record<number, readonly number[]>> | null,
  colour = '--ink',
): MeasuredRun => ({
  id,
  name: id,
  colour,
  measured: values === null ? null : { step: 1, results: results(values) },
});
const metrics = [
  { id: 'energyDistance', title: 'Energy distance', betterWhen: 'lower' },
  { id: 'mmd', title: 'MMD', betterWhen: 'lower' },
] as const;

describe('estimatesOf', () => {
  it('is the mean over seeds and twice its standard error', () => {
    // Of 1, 2 and 3 the sample deviation is 1, so the mean of three has an error of 1 / sqrt(3).
    const [first] = estimatesOf(results({ 4: [1, 2, 3] }), 'mmd');
    expect(first).toMatchObject({ nfe: 4, mean: 2, seeds: 3 });
    expect(first?.error).toBeCloseTo(2 / Math.sqrt(3), 12);
  });

  it('halves its error for four times the seeds of the same spread', () => {
    const few = [1, 3, 1, 3];
    const many = [...few, ...few, ...few, ...few];
    const errorOf = (values: number[]) => estimatesOf(results({ 1: values }), 'mmd')[0]?.error ?? NaN;
    // Deviations with n - 1 differ a little: sqrt(4/3) against sqrt(16/15).
    expect(errorOf(few) / errorOf(many)).toBeCloseTo(2 * Math.sqrt(4 / 3 / (16 / 15)), 9);
  });

  it('knows no error of a single seed, and nothing of a metric that was not measured', () => {
    expect(estimatesOf(results({ 1: [5] }), 'mmd')).toEqual([{ nfe: 1, mean: 5, error: null, seeds: 1 }]);
    expect(estimatesOf(results({ 1: [5] }), 'recall')).toEqual([]);
  });

  it('orders by evaluations as numbers', () => {
    expect(estimatesOf(results({ 16: [1], 2: [1], 8: [1] }), 'mmd').map(({ nfe }) => nfe)).toEqual([
      2, 8, 16,
    ]);
  });
});

describe('linesOf', () => {
  it('has a line with bars for every run that was measured', () => {
    const lines = linesOf(
      [run('a', { 1: [1, 3], 2: [1, 1] }), run('b', null), run('c', { 1: [2] }, '--ink')],
      'mmd',
    );
    expect(lines.map(({ key, dash }) => [key, dash])).toEqual([
      ['a', 0],
      ['c', 2],
    ]);
    expect([...(lines[0]?.source.values ?? [])]).toEqual([2, 1]);
    expect([...(lines[0]?.spread ?? [])]).toEqual([2, 0]);
    expect(lines[0]?.spreadName).toBe(barName);
  });
});

describe('what there is to choose and to tabulate', () => {
  it('is every metric before anything is measured, then those that some run has', () => {
    expect(metricsOf([run('a', null)], [...metrics])).toHaveLength(2);
    expect(metricsOf([run('a', { 1: [1] })], [...metrics]).map(({ id }) => id)).toEqual(['mmd']);
  });

  it('is the union of the evaluations of all runs', () => {
    expect(measuredNfes([run('a', { 8: [1], 1: [1] }), run('b', { 2: [1] })], 'mmd')).toEqual([1, 2, 8]);
  });
});
