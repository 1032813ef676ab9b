/** What an experiment needs: train a method on data or from a teacher, and draw from what it learnt. */
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { WorkbenchError } from '#contract/errors.ts';
import { type DataSource, datasetById, parseDatasetParams } from '../datasets/index.ts';
import type { VelocityField } from '../maths/sampleable.ts';
import { methodById, parseMethodParams } from '../methods/index.ts';
import { samplerById } from '../samplers/index.ts';
import type { Executor } from '../tensor/executors/executor.ts';
import { type Program, compileProgram } from '../tensor/program.ts';
import { Rng } from '../tensor/rng.ts';
import { Trainer } from '../training/trainer.ts';
import { Trained } from './trained.ts';

/** Steps between looks at whether the experiment is to stop. */
const STEPS_BETWEEN_LOOKS = 20;

export interface Experiment {
  readonly method: string;
  readonly params?: Record<string, unknown>;
  readonly source: DataSource;
  readonly steps: number;
  readonly seed: number;
  /** An exact teacher. */
  readonly teacher?: () => VelocityField;
  /** A trained one, of which a student may take its classes and where it starts. */
  readonly from?: Trained;
  /** In whose features it learns. */
  readonly encoder?: Trained;
  /** Called with the step and its scalars. */
  readonly onStep?: (step: number, scalars: Readonly<Record<string, number>>) => Promise<void> | void;
}

export type Arrays = Readonly<Record<string, Float32Array>>;

/** Where arrays are kept by name, so that one that was stopped need not make them again, nor another. */
export interface Shelf {
  readArrays(name: string): Arrays | null;
  writeArrays(name: string, arrays: Arrays): void;
}

export class Lab {
  private readonly executor: Executor;
  private readonly signal: { readonly aborted: boolean };
  private readonly shelf: Shelf | null;
  private readonly known = new Map<string, Promise<Arrays>>();

  constructor(executor: Executor, signal: { readonly aborted: boolean }, shelf: Shelf | null = null) {
    this.executor = executor;
    this.signal = signal;
    this.shelf = shelf;
  }

  /** @throws WorkbenchError `reproduction/stopped` where the person wants no more */
  async train(experiment: Experiment): Promise<Trained> {
    const { source, steps, seed } = experiment;
    const { method, bound, sampleShape } = bindingOf(experiment);
    const began = performance.now();
    const trainer = await Trainer.create({
      method: bound,
      source,
      sampleShape,
      executor: this.executor,
      seed,
    });
    try {
      for (let step = 1; step <= steps; step++) {
        if (step % STEPS_BETWEEN_LOOKS === 0) this.throwIfStopped();
        const report = await trainer.advance();
        if (!report.isGood) {
          throw new WorkbenchError('reproduction/diverged', `${method.title} diverged at step ${step}`);
        }
        await experiment.onStep?.(step, report.scalars);
      }
      const state = await trainer.state();
      const kept = bound.sampledState.map((name): [string, Float32Array] => [name, state[name]!.slice()]);
      const seconds = (performance.now() - began) / 1000;
      return new Trained(this.executor, method, bound, sampleShape, Object.fromEntries(kept), seconds);
    } finally {
      await trainer.dispose();
    }
  }

  /**
   * What {@link train} made under this name before, in this process or an earlier one, or makes now.
   * @param name  says all that the experiment depends on
   */
  async trainOnce(name: string, experiment: Experiment): Promise<Trained> {
    const { method, bound, sampleShape } = bindingOf(experiment);
    const kept = await this.keep(name, async () => {
      const { state, seconds } = await this.train(experiment);
      return { ...state, seconds: Float32Array.of(seconds) };
    });
    const { seconds, ...state } = kept;
    return new Trained(this.executor, method, bound, sampleShape, state, seconds![0]!);
  }

  /** What was kept under a name, or what `make` makes, which is then kept. */
  keep(name: string, make: () => Promise<Arrays>): Promise<Arrays> {
    const known = this.known.get(name) ?? this.kept(name, make);
    this.known.set(name, known);
    // What was stopped or failed is made again when it is next asked for.
    known.catch(() => this.known.delete(name));
    return known;
  }

  private async kept(name: string, make: () => Promise<Arrays>): Promise<Arrays> {
    const found = this.shelf?.readArrays(name) ?? null;
    if (found !== null) return found;
    const made = await make();
    this.shelf?.writeArrays(name, made);
    return made;
  }

  /** Any function of tensors, compiled; whoever asked for it disposes of it. */
  program(
    inputs: Readonly<Record<string, readonly number[]>>,
    run: (tensors: Record<string, Tensor>) => Record<string, Tensor>,
  ): Promise<Program> {
    this.throwIfStopped();
    return compileProgram(this.executor, {
      inputs: Object.fromEntries(Object.entries(inputs).map(([name, shape]) => [name, { shape }])),
      run: (_, tensors) => ({ outputs: run(tensors) }),
    });
  }

  throwIfStopped(): void {
    if (this.signal.aborted) throw new WorkbenchError('reproduction/stopped', 'The reproduction was stopped');
  }

  /** Where a teacher takes noise: [count * dim], by a sampler of so many steps. */
  async teacherEnds(
    teacher: () => VelocityField,
    noise: Float32Array,
    dim: number,
    { sampler, steps }: { readonly sampler: 'euler' | 'heun' | 'rk4'; readonly steps: number },
  ): Promise<Float64Array> {
    const count = noise.length / dim;
    const program = await compileProgram(this.executor, {
      inputs: { x: { shape: [count, dim] }, t: { shape: [count] } },
      run: (_, { x, t }) => ({ outputs: { v: teacher().velocity(x!, t as Tensor1D) } }),
    });
    try {
      const path = await samplerById(sampler).sample(
        async (x, t) => {
          this.throwIfStopped();
          const { v } = await program.run({ x: Float32Array.from(x), t: new Float32Array(count).fill(t) });
          return Float64Array.from(v!);
        },
        Float64Array.from(noise),
        { steps, dim, rng: new Rng(0, 'reproduction/sampler'), record: 'end' },
      );
      return path.states.at(-1)!;
    } finally {
      await program.dispose();
    }
  }
}

/** The method of an experiment with what it learns from. */
function bindingOf({ source, steps, teacher, from, encoder, ...experiment }: Experiment) {
  const method = methodById(experiment.method);
  const sampleShape: readonly number[] = source.shape ?? [source.dim];
  const classes = from?.classes ?? source.classes ?? source.modes?.count ?? 0;
  const params = parseMethodParams(method, experiment.params ?? {}, { sampleShape, classes });
  const bound = method.bind(params, {
    sampleShape,
    totalSteps: steps,
    teacher: teacher ?? from?.teacher ?? null,
    teacherNetwork: from?.network ?? null,
    encoder: encoder?.features ?? null,
    classes,
  });
  return { method, bound, sampleShape };
}

export function sourceOf(id: string, params: Record<string, unknown> = {}): DataSource {
  const dataset = datasetById(id);
  return dataset.create(parseDatasetParams(dataset, params));
}
