/** What a run computes on, when it has its turn. */
import { executorId } from '#contract/engines.ts';
import type { RunConfig } from '#contract/runs.ts';
import type { RunFile } from '../../store/run-file.ts';
import { pinnedExecutor } from '../../tensor/device.ts';
import type { Executors } from './executors.ts';

/** What a run is to compute on. */
export type Asked = Pick<RunConfig, 'executor' | 'precision'>;

/**
 * What a person resumed it on, else what its config says. Where that is `auto`, it stays with what it was
 * trained on while that is there, because other executors round otherwise; a new run waits until it is
 * measured what is fastest.
 */
export async function askedOf(file: RunFile, executors: Executors): Promise<Asked> {
  const { config, resumedOn = config.executor, step } = file;
  const { precision } = config;
  if (precision === 'float16') {
    // What it was configured for may be gone; resumed elsewhere, it goes on without.
    if (file.resumedOn === undefined) return { executor: resumedOn, precision };
    const hasIt = resumedOn === 'auto' && (await executors.has('ort-webgpu'));
    if (hasIt || resumedOn === 'ort-webgpu') return { executor: 'ort-webgpu', precision };
  } else if (resumedOn === 'auto' && file.resumedOn === undefined && step > 0) {
    const before = executorId.safeParse(file.executor).data;
    const mayStay = before !== undefined && pinnedExecutor() === null;
    if (mayStay && (await executors.has(before))) return { executor: before };
  }
  if (resumedOn === 'auto') await executors.ready();
  return { executor: resumedOn };
}
