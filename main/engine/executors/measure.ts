/** How fast an executor trains, and whether it computes what `ort-cpu` does. */
import type { ExecutorScore } from '#contract/engines.ts';
import { WorkbenchError } from '#contract/errors.ts';
import type { CancelSignal } from '#contract/workbench.ts';
import type { Executor } from '../../tensor/executors/executor.ts';
import type { Trainer, TrainingArrays } from '../../training/trainer.ts';
import { workloadOn } from './workload.ts';

/**
 * Most that parameters, their averages and the moments of their gradients may differ by after one step, each
 * relative to its length. Products summed in another order make some 1e-6; a gradient that is as good as zero
 * may have another sign, and moves its parameter by as much as any other: some 1e-5 for each of those.
 */
export const MOST_DIFFERENCE = 1e-4;

/** Steps before the clock starts: allocation, shaders, thread start. */
const WARM_UP = 3;

interface Options {
  /** How long the clock runs; a step that is under way is finished. */
  readonly seconds: number;
  /** Looked at between steps. */
  readonly signal: CancelSignal;
}

/** The state after one step of the workload: what executors must agree on. */
export async function stateAfterOneStep(executor: Executor): Promise<TrainingArrays> {
  const trainer = await workloadOn(executor);
  try {
    return await oneStep(trainer);
  } finally {
    await trainer.dispose();
  }
}

/**
 * @param expected  the state after one step on `ort-cpu`
 * @throws WorkbenchError `engine/...` where it cannot do a step, `engine/not-finite`, `rpc/cancelled`
 */
export async function measureExecutor(
  executor: Executor,
  expected: TrainingArrays,
  { seconds, signal }: Options,
): Promise<ExecutorScore> {
  const measuredAt = new Date().toISOString();
  const trainer = await workloadOn(executor);
  try {
    stopIfCancelled(signal);
    const difference = largestDifference(await oneStep(trainer), expected);
    const warmUpUntil = performance.now() + 1000 * seconds;
    for (let k = 1; k <= WARM_UP && performance.now() < warmUpUntil; k++) await advance(trainer, signal);
    const began = performance.now();
    const times: number[] = [];
    for (let now = began; now - began < 1000 * seconds;) {
      await advance(trainer, signal);
      const after = performance.now();
      times.push(after - now);
      now = after;
    }
    times.sort((x, y) => x - y);
    return {
      // The median: whatever else the machine did meanwhile made some steps longer.
      stepsPerSec: 1000 / times[times.length >> 1]!,
      seconds: times.reduce((sum, time) => sum + time, 0) / 1000,
      difference,
      agrees: difference <= MOST_DIFFERENCE,
      measuredAt,
    };
  } finally {
    await trainer.dispose();
  }
}

/** |a - b| / |b| of each vector of the state, and of those the largest. */
export function largestDifference(found: TrainingArrays, expected: TrainingArrays): number {
  let largest = 0;
  for (const [name, wanted] of Object.entries(expected)) {
    const given = found[name];
    if (given?.length !== wanted.length) return Infinity;
    let [squares, scale] = [0, 0];
    wanted.forEach((value, i) => {
      squares += (given[i]! - value) ** 2;
      scale += value ** 2;
    });
    // Of a vector of zeros nothing can be relative.
    largest = Math.max(largest, Math.sqrt(squares / (scale || 1)));
  }
  return largest;
}

async function oneStep(trainer: Trainer): Promise<TrainingArrays> {
  await advance(trainer);
  const state = await trainer.state();
  // On the CPU these are live buffers.
  return Object.fromEntries(Object.entries(state).map(([name, values]) => [name, values.slice()]));
}

async function advance(trainer: Trainer, signal?: CancelSignal): Promise<void> {
  if (signal !== undefined) stopIfCancelled(signal);
  const { isGood, step, scalars } = await trainer.advance();
  if (isGood) return;
  throw new WorkbenchError(
    'engine/not-finite',
    `Step ${step} of a training that is finite elsewhere made loss ${scalars['loss']}, gradient norm ${scalars['gradNorm']}.`,
  );
}

function stopIfCancelled({ aborted }: CancelSignal): void {
  if (aborted) throw new WorkbenchError('rpc/cancelled', 'The measurement was cancelled');
}
