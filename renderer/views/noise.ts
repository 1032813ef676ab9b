import type { MethodEntry } from '#contract/catalog.ts';
import type { RunSummary } from '#contract/runs.ts';

/** A generator may have noise of its own size: then its sample i has nothing to do with that of others. */
export function noiseDimOf({ config }: Pick<RunSummary, 'config'>, method: MethodEntry): number | null {
  const properties = method.params['properties'];
  const field = (properties as Record<string, { default?: unknown }> | undefined)?.['noiseDim'];
  if (field === undefined) return null;
  const value = config.params['noiseDim'] ?? field.default;
  return typeof value === 'number' ? value : null;
}

/** Two runs of the same data, whose samples can be laid over each other. */
export function hasSameData(a: Pick<RunSummary, 'config'>, b: Pick<RunSummary, 'config'>): boolean {
  return JSON.stringify(a.config.dataset) === JSON.stringify(b.config.dataset);
}
