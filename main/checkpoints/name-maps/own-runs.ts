import type { Recognition } from '#contract/checkpoints.ts';
import { factOf } from './weights.ts';
import type { About } from './weights.ts';

/** Folders of our runs are known by their format; `run.json`, not their tensors, says what they are. */
export function readRun(about: About): Recognition | null {
  if (about.format !== 'fewstep-run') return null;
  const method = factOf(about, ['method', 'method.id'])?.value ?? 'unknown';
  const dataset = factOf(about, ['dataset', 'dataset.id'])?.value ?? 'unknown';
  return {
    kind: 'fewstep-run',
    title: `Fewstep run, ${method} on ${dataset}`,
    group: '',
    config: { network: 'run', method, dataset },
    convention: null,
    alternatives: [],
    assumed: [],
    keys: about.tensors.map(({ name, shape }) => ({
      key: name,
      verdict: 'matched' as const,
      own: name,
      found: [...shape],
    })),
    use: 'run',
  };
}
