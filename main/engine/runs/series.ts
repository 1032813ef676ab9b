/** Records of a step's scalars as one series per scalar, which is what a chart reads. */
import type { ScalarSeries } from '#contract/runs.ts';

export interface ScalarRecord {
  readonly step: number;
  readonly scalars: Readonly<Record<string, number>>;
}

export function seriesFromRecords(records: readonly ScalarRecord[]): ScalarSeries[] {
  const collected = new Map<string, { steps: number[]; values: number[] }>();
  for (const { step, scalars } of records) {
    for (const [name, value] of Object.entries(scalars)) {
      const series = collected.get(name) ?? { steps: [], values: [] };
      collected.set(name, series);
      series.steps.push(step);
      series.values.push(value);
    }
  }
  return [...collected].map(([name, { steps, values }]) => ({
    name,
    steps: Float64Array.from(steps),
    values: Float64Array.from(values),
  }));
}
