/** One run's program and its place in the sequence of steps. No files, no clock, no queue. */
import type { Scalar } from '@tensorflow/tfjs-core';
import type { BoundMethod, Draw, PointSource } from '../methods/method.ts';
import type { Executor, HostArrays } from '../tensor/executors/executor.ts';
import { type Program, compileProgram } from '../tensor/program.ts';
import { Rng } from '../tensor/rng.ts';
import { sizeOf } from '../tensor/shape.ts';

/** Where `data` draws come from: `count` samples, flat, depending only on the rng. */
export interface SampleSource {
  sample(rng: Rng, count: number): Float32Array;
  /** The same samples for the same rng, with their classes beside, where the data knows them. */
  labelled?(rng: Rng, count: number): { readonly values: Float32Array; readonly labels: ArrayLike<number> };
  /** How many classes `labelled` tells apart. */
  readonly classes?: number;
  /** Classes of data that knows none but can tell where a point lies; `modeOf` is -1 for a point of none. */
  readonly modes?: { readonly count: number; modeOf(points: ArrayLike<number>, offset: number): number };
}

export interface TrainerOptions {
  readonly method: BoundMethod;
  readonly source: SampleSource;
  readonly sampleShape: readonly number[];
  readonly executor: Executor;
  readonly seed: number;
}

/** Scalars of one step; `isGood` is false if its loss or gradient norm was NaN or infinite. */
export interface StepReport {
  readonly step: number;
  readonly scalars: Record<string, number>;
  readonly isGood: boolean;
}

export type TrainingArrays = Record<string, Float32Array>;

/**
 * Advances a method step by step. Step k depends on the state after k-1 and on draws of
 * (seed, stream, k) alone, which is what makes resuming exact.
 */
export class Trainer {
  private readonly options: TrainerOptions;
  private readonly program: Program;
  private readonly inputs: HostArrays = {};
  private readonly streams: Record<string, Rng>;
  /** Of the draws that the method makes itself. */
  private readonly makers: Record<string, (step: number) => Float32Array> = {};
  private done = 0;

  private constructor(options: TrainerOptions, program: Program) {
    this.options = options;
    this.program = program;
    const names = Object.keys(options.method.draws);
    const points: PointSource = {
      sample: (rng, count) => options.source.sample(rng, count),
      labelled: (rng, count) => this.labelled(rng, count),
    };
    this.streams = Object.fromEntries(names.map((name) => [name, new Rng(options.seed, `draw/${name}`)]));
    for (const [name, draw] of Object.entries(options.method.draws)) {
      if (draw.kind === 'normal' || draw.kind === 'uniform')
        this.inputs[name] = new Float32Array(sizeOf(draw.shape));
      if (draw.kind === 'made') this.makers[name] = draw.make(points, this.streams[name]!);
    }
    this.inputs['step'] = new Float32Array(1);
  }

  /** Compiles the step and starts from fresh parameters. */
  static async create(options: TrainerOptions): Promise<Trainer> {
    const { method, executor, sampleShape } = options;
    const shapeOf = (draw: Draw): readonly number[] => {
      if (draw.kind === 'data') return [draw.count, ...sampleShape];
      return draw.kind === 'label' ? [countOf(method.draws, draw.of)] : draw.shape;
    };
    const program = await compileProgram(executor, {
      state: Object.fromEntries(
        Object.entries(method.layout).map(([name, packing]) => [name, { shape: [packing.size] }]),
      ),
      inputs: {
        ...Object.fromEntries(
          Object.entries(method.draws).map(([name, draw]) => [name, { shape: shapeOf(draw) }]),
        ),
        step: { shape: [] },
      },
      run: (state, { step, ...batch }) => {
        const result = method.step(state, batch, step as Scalar);
        return { state: result.state, outputs: result.scalars };
      },
    });
    await program.writeState(method.init(new Rng(options.seed, 'init')));
    return new Trainer(options, program);
  }

  /** Steps done so far. */
  get step(): number {
    return this.done;
  }

  /** Does one step. A step that is not good is taken back: state and `step` stay as they were. */
  async advance(): Promise<StepReport> {
    const step = this.done + 1;
    this.draw(step);
    const outputs = await this.program.run(this.inputs);
    const scalars = Object.fromEntries(
      Object.entries(outputs).map(([name, value]) => [name, value[0] as number]),
    );
    const isGood = Number.isFinite(scalars['loss']) && Number.isFinite(scalars['gradNorm']);
    if (isGood) this.done = step;
    else this.program.undo();
    return { step, scalars, isGood };
  }

  /** The state vectors; live buffers, to be copied by whoever keeps them past the next step. */
  async state(): Promise<TrainingArrays> {
    return (await this.program.readState()) as TrainingArrays;
  }

  /** Continues from a saved state as if step `step` had just been done. */
  async restore(step: number, state: TrainingArrays): Promise<void> {
    await this.program.writeState(state);
    this.done = step;
  }

  async dispose(): Promise<void> {
    await this.program.dispose();
  }

  private draw(step: number): void {
    this.inputs['step']![0] = step;
    for (const [name, draw] of Object.entries(this.options.method.draws)) {
      const rng = this.streams[name]!.at(step);
      if (draw.kind === 'data') this.drawData(name, rng, draw.count);
      else if (draw.kind === 'label') continue;
      else if (draw.kind === 'made') this.inputs[name] = this.makers[name]!(step);
      else if (draw.kind === 'normal') rng.fillNormal(this.inputs[name] as Float32Array);
      else rng.fillUniform(this.inputs[name] as Float32Array);
    }
  }

  /** Samples, and their classes for the draw that asks for them. */
  private drawData(name: string, rng: Rng, count: number): void {
    const { method, source } = this.options;
    const asking = Object.entries(method.draws).find(([, draw]) => draw.kind === 'label' && draw.of === name);
    if (asking === undefined) {
      this.inputs[name] = source.sample(rng, count);
    } else {
      const { values, labels } = this.labelled(rng, count);
      this.inputs[name] = values;
      this.inputs[asking[0]] = Float32Array.from(labels);
    }
  }

  private labelled(rng: Rng, count: number): ReturnType<NonNullable<SampleSource['labelled']>> {
    const { source } = this.options;
    if (source.labelled !== undefined) return source.labelled(rng, count);
    const values = source.sample(rng, count);
    return { values, labels: this.labelsOf(values) };
  }

  /** The class of each point; for one of none, the number of classes. */
  private labelsOf(points: Float32Array): Float32Array {
    const { modes } = this.options.source;
    const dim = sizeOf(this.options.sampleShape);
    if (modes === undefined) throw new Error('labels need data with classes or modes');
    return Float32Array.from({ length: points.length / dim }, (_, i) => {
      const mode = modes.modeOf(points, i * dim);
      return mode < 0 ? modes.count : mode;
    });
  }
}

function countOf(draws: BoundMethod['draws'], name: string): number {
  const draw = draws[name];
  if (draw?.kind !== 'data') throw new Error(`no data draw named ${name}`);
  return draw.count;
}
