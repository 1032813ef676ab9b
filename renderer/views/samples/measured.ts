/** A scalar of a run with the training step at which it was measured. */
export interface Measured {
  readonly id: string;
  readonly title: string;
  readonly value: number;
  /** Null where only the newest value is known. */
  readonly step: number | null;
}

interface Series {
  readonly steps: Float64Array;
  readonly values: Float64Array;
}

/**
 * The newest measurement at or before a step: what a picture of that step can be described by.
 *
 * @returns null where nothing had been measured by then
 */
export function measuredAt({ steps, values }: Series, step: number): { value: number; step: number } | null {
  for (let i = steps.length - 1; i >= 0; i -= 1) {
    const at = steps[i] ?? Infinity;
    if (at <= step) return { value: values[i] ?? NaN, step: at };
  }
  return null;
}

/**
 * What is known of the quality of a run at a step; metrics that were never measured are left out.
 *
 * @param seriesOf  the series of a metric, null where none is followed
 * @param latest    the newest values of the run, used for a run that is not followed
 */
export function measuredQuality(
  metrics: readonly { id: string; title: string }[],
  seriesOf: (id: string) => Series | null,
  latest: Readonly<Record<string, number>>,
  step: number | null,
): Measured[] {
  return metrics.flatMap(({ id, title }): Measured[] => {
    const series = seriesOf(id);
    if (series !== null) {
      const found = measuredAt(series, step ?? Infinity);
      return found === null ? [] : [{ id, title, ...found }];
    }
    const value = latest[id];
    return value === undefined ? [] : [{ id, title, value, step: null }];
  });
}
