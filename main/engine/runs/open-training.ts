/** A run taken up to be trained: its lock, its compiled step, and the checkpoint that it goes on from. */
import type { WarningSink } from '#contract/errors.ts';
import { type RunFolder, RunWriter } from '../../store/index.ts';
import { trainedOnFrom, trainedOnOf } from '../../store/run-file.ts';
import { deviceText, executorById } from '../../tensor/device.ts';
import type { Executor } from '../../tensor/executors/executor.ts';
import { Trainer } from '../../training/trainer.ts';
import type { Asked } from '../executors/asked.ts';
import type { Plan } from '../plan/plan.ts';
import { statesFromTensors } from '../plan/state-tensors.ts';

export interface OpenTraining {
  readonly writer: RunWriter;
  readonly trainer: Trainer;
  readonly executor: Executor;
}

/**
 * Takes the run's lock, compiles its step and goes back to its newest good checkpoint.
 * @param on  what to compute on
 * @throws WorkbenchError `run/locked`, `engine/...`, `store/...`; the lock is free again then
 */
export async function openTraining(
  plan: Plan,
  folder: RunFolder,
  warn: WarningSink,
  { executor: id, precision }: Asked,
): Promise<OpenTraining> {
  const writer = RunWriter.open(folder, { warn });
  let trainer: Trainer | undefined;
  try {
    const executor = await executorById(id, { precision });
    trainer = await Trainer.create({
      method: plan.bound,
      source: plan.source ?? NO_POINTS,
      sampleShape: plan.sampleShape,
      executor,
      seed: plan.config.seed,
    });
    const saved = writer.resume();
    if (saved !== null)
      await trainer.restore(saved.step, statesFromTensors(plan.bound.layout, saved.tensors));
    const device = [deviceText(executor.device), ...(precision === 'float16' ? [precision] : [])].join(', ');
    const now = { executor: executor.id, device };
    folder.update({
      status: 'running',
      step: trainer.step,
      error: null,
      ...now,
      trainedOn: trainedOnFrom(trainedOnOf(folder.file), trainer.step, now),
    });
    return { writer, trainer, executor };
  } catch (error) {
    writer.close();
    // A device that is gone cannot even let go.
    await trainer?.dispose().catch(() => undefined);
    throw error;
  }
}

/** Of a run without data, whose draws need none: see planOf. */
const NO_POINTS = {
  sample(): never {
    throw new Error('a draw of data in a run without data');
  },
};
