/** Models of runs that are not training: loaded from a checkpoint when a view asks, kept for the next. */
import type { WarningSink } from '#contract/errors.ts';
import { WorkbenchError } from '#contract/errors.ts';
import type { RunFolder } from '../../store/index.ts';
import { executorById, executorOrAuto } from '../../tensor/device.ts';
import type { ModelSummary } from '#contract/checkpoints.ts';
import { stateOfModel } from '../plan/imported-network.ts';
import { planOfModel } from '../plan/imported-plan.ts';
import type { Plan } from '../plan/plan.ts';
import { statesFromTensors } from '../plan/state-tensors.ts';
import { Decoder } from './decoder.ts';
import type { SampledState } from './model-programs.ts';
import { SamplingModel } from './sampling.ts';

export interface LoadedModel {
  readonly plan: Plan;
  readonly model: SamplingModel;
  readonly state: SampledState;
  readonly step: number;
}

/** A comparison has several runs side by side. */
const MOST_MODELS = 12;
/** Of large ones fewer: the rest of the machine wants memory too. The newest is kept however large. */
const MOST_BYTES = 4 * 2 ** 30;

export class ModelShelf {
  private readonly loaded = new Map<string, Kept>();
  /** One autoencoder serves all that is shown. */
  private decoding: { readonly key: string; readonly decoder: Decoder } | null = null;
  private readonly warn: WarningSink;
  private readonly ready: () => Promise<void>;

  /** @param ready  resolves when it is known on what to compute */
  constructor(warn: WarningSink, ready: () => Promise<void> = () => Promise.resolve()) {
    this.warn = warn;
    this.ready = ready;
  }

  /**
   * @param step  which checkpoint; the newest good one unless said
   * @throws WorkbenchError `run/no-checkpoint`, ...
   */
  get(folder: RunFolder, planOf: () => Plan, step?: number): Promise<LoadedModel> {
    const newest = folder.checkpoints.entries(this.warn).at(-1);
    const key = `${step ?? newest?.step ?? 'none'} ${step === undefined ? newest?.sha256 : ''}`;
    return this.kept(folder.path, key, 0, () => this.load(folder, planOf(), step));
  }

  /** @throws WorkbenchError `model/makes-no-samples`, `model/bad-file` */
  imported(model: ModelSummary): Promise<LoadedModel> {
    const { folder, createdAt, bytes } = model;
    return this.kept(folder, createdAt, bytes, async () => {
      const plan = planOfModel(model);
      await this.ready();
      const executor = await executorOrAuto(plan.config.executor);
      return { plan, model: new SamplingModel(plan, executor), state: stateOfModel(model), step: 0 };
    });
  }

  /** @throws WorkbenchError `model/no-decoder`, `model/bad-file` */
  async decoder(model: ModelSummary): Promise<Decoder> {
    await this.ready();
    if (this.decoding?.key !== model.folder) {
      void this.decoding?.decoder.dispose();
      const decoder = new Decoder(model, await executorById('auto'));
      this.decoding = { key: model.folder, decoder };
    }
    return this.decoding.decoder;
  }

  /** Lets go of a model whose folder goes. */
  forget(folder: string): void {
    const known = this.loaded.get(folder);
    this.loaded.delete(folder);
    if (known !== undefined) letGo(known);
    if (this.decoding?.key !== folder) return;
    void this.decoding.decoder.dispose();
    this.decoding = null;
  }

  /** Lets go of all: their device is gone, and others must be loaded on another. */
  forgetAll(): void {
    for (const folder of [...this.loaded.keys()]) this.forget(folder);
    void this.decoding?.decoder.dispose().catch(() => undefined);
    this.decoding = null;
  }

  async dispose(): Promise<void> {
    const all = await Promise.allSettled([...this.loaded.values()].map(({ value }) => value));
    this.loaded.clear();
    await this.decoding?.decoder.dispose();
    for (const one of all) if (one.status === 'fulfilled') await one.value.model.dispose();
  }

  private kept(
    folder: string,
    key: string,
    bytes: number,
    load: () => Promise<LoadedModel>,
  ): Promise<LoadedModel> {
    const known = this.loaded.get(folder);
    if (known?.key === key) return known.value;
    this.forget(folder);
    this.evictFor(bytes);
    const kept = { key, bytes, value: load() };
    this.loaded.set(folder, kept);
    kept.value.catch(() => {
      if (this.loaded.get(folder) === kept) this.loaded.delete(folder);
    });
    return kept.value;
  }

  private async load(folder: RunFolder, plan: Plan, step?: number): Promise<LoadedModel> {
    const { checkpoints } = folder;
    const saved = step === undefined ? checkpoints.latestGood(this.warn) : checkpoints.load(step, this.warn);
    if (saved === null) {
      throw new WorkbenchError('run/no-checkpoint', `Run ${folder.id} has no checkpoint yet.`);
    }
    await this.ready();
    const model = new SamplingModel(plan, await executorOrAuto(plan.config.executor));
    const state = statesFromTensors(plan.bound.layout, saved.tensors, plan.bound.sampledState);
    return { plan, model, state, step: saved.step };
  }

  private evictFor(bytes: number): void {
    let held = [...this.loaded.values()].reduce((sum, each) => sum + each.bytes, bytes);
    for (const [folder, each] of [...this.loaded]) {
      if (this.loaded.size < MOST_MODELS && held <= MOST_BYTES) return;
      held -= each.bytes;
      this.forget(folder);
    }
  }
}

interface Kept {
  readonly key: string;
  /** Of its weights, where they are many. */
  readonly bytes: number;
  readonly value: Promise<LoadedModel>;
}

/** Once whoever draws with it is done. */
function letGo({ value }: Kept): void {
  void value.then(({ model }) => model.dispose()).catch(() => {});
}
