/** Models of runs that are not training: loaded from a checkpoint when a view asks, kept for the next. */
import type { WarningSink } from '#contract/errors.ts';
import { WorkbenchError } from '#contract/errors.ts';
import type { RunFolder } from '../store/index.ts';
import { executorById } from '../tensor/device.ts';
import type { Plan } from './plan.ts';
import { SamplingModel, type SampledState } from './sampling.ts';
import { statesFromTensors } from './state-tensors.ts';

export interface LoadedModel {
  readonly plan: Plan;
  readonly model: SamplingModel;
  readonly state: SampledState;
  readonly step: number;
}

/** A comparison has several runs side by side. */
const MOST_MODELS = 12;

export class ModelShelf {
  private readonly loaded = new Map<string, { key: string; value: Promise<LoadedModel> }>();
  private readonly warn: WarningSink;

  constructor(warn: WarningSink) {
    this.warn = warn;
  }

  /**
   * @param step  which checkpoint; the newest good one unless said
   * @throws WorkbenchError `run/no-checkpoint`, ...
   */
  get(folder: RunFolder, planOf: () => Plan, step?: number): Promise<LoadedModel> {
    const newest = folder.checkpoints.entries(this.warn).at(-1);
    const key = `${step ?? newest?.step ?? 'none'} ${step === undefined ? newest?.sha256 : ''}`;
    const known = this.loaded.get(folder.path);
    if (known?.key === key) return known.value;
    void known?.value.then(({ model }) => model.dispose()).catch(() => {});
    this.loaded.delete(folder.path);
    this.evictOldest();
    const value = this.load(folder, planOf(), step);
    this.loaded.set(folder.path, { key, value });
    value.catch(() => this.loaded.delete(folder.path));
    return value;
  }

  async dispose(): Promise<void> {
    const all = await Promise.allSettled([...this.loaded.values()].map(({ value }) => value));
    this.loaded.clear();
    for (const one of all) if (one.status === 'fulfilled') await one.value.model.dispose();
  }

  private async load(folder: RunFolder, plan: Plan, step?: number): Promise<LoadedModel> {
    const { checkpoints } = folder;
    const saved = step === undefined ? checkpoints.latestGood(this.warn) : checkpoints.load(step, this.warn);
    if (saved === null) {
      throw new WorkbenchError('run/no-checkpoint', `Run ${folder.id} has no checkpoint yet.`);
    }
    const model = new SamplingModel(plan, await executorById(plan.config.executor));
    const state = statesFromTensors(plan.bound.layout, saved.tensors, plan.bound.sampledState);
    return { plan, model, state, step: saved.step };
  }

  private evictOldest(): void {
    if (this.loaded.size < MOST_MODELS) return;
    const [path, { value }] = this.loaded.entries().next().value!;
    this.loaded.delete(path);
    void value.then(({ model }) => model.dispose()).catch(() => {});
  }
}
