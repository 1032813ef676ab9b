import type { ModelSummary } from '#contract/checkpoints.ts';

/**
 * Parameters times samples times evaluations from which a view asks before it computes: some ten seconds
 * of a transformer on two cores.
 */
const mostUnasked = 2e10;

/** Whether samples of an imported model are worth a question first; runs of one's own never are. */
export function isCostly(model: ModelSummary | null, count: number, nfe: number): boolean {
  return model !== null && model.parameters * count * nfe > mostUnasked;
}
