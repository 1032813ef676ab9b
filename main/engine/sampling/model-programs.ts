/** A trained model's functions, compiled and run over any number of samples. */
import { type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import { WorkbenchError } from '#contract/errors.ts';
import type { VelocityField } from '../../maths/sampleable.ts';
import type { Condition, Sampleable } from '../../maths/sampleable.ts';
import type { Executor } from '../../tensor/executors/executor.ts';
import { sizeOf } from '../../tensor/shape.ts';
import type { TensorSpec } from '../../tensor/trace.ts';
import type { Plan } from '../plan/plan.ts';
import { ProgramShelf } from './program-shelf.ts';

/** Samples per program call: enough to fill the cores, small enough for the cache. */
const CHUNK = 2048;

export type SampledState = Record<string, Float32Array>;

/** A value for every sample: a row of numbers each, or one number for all. */
export type Column =
  { readonly values: ArrayLike<number>; readonly shape: readonly number[] } | { readonly fill: number };

/** What samples are asked for; see the contract's views. */
export interface Asked {
  /** Stops between two program calls. */
  readonly signal?: { readonly aborted: boolean };
  /** A class; any if left out. */
  readonly label?: number | undefined;
  /** [count] a class for every sample, in place of `label`; the number of classes means any. */
  readonly labels?: ArrayLike<number> | undefined;
  /** Scale w; 1, none, if left out. */
  readonly guidance?: number | undefined;
  /** Guided between these times alone; all if left out. */
  readonly guidanceLow?: number | undefined;
  readonly guidanceHigh?: number | undefined;
  /** Guides the first so many channels; all if left out. */
  readonly guidanceChannels?: number | undefined;
}

/** A model with the parameters of one moment. */
export interface ModelAt {
  readonly programs: ModelPrograms;
  readonly state: SampledState;
}

type Tensors = Record<string, Tensor>;

interface Covering {
  readonly run: (tensors: Tensors) => Tensors;
  /** Rows of one call. */
  readonly most: number;
  readonly signal: Asked['signal'];
}

export class ModelPrograms {
  readonly plan: Plan;
  private readonly shelf: ProgramShelf;

  constructor(plan: Plan, executor: Executor) {
    this.plan = plan;
    this.shelf = new ProgramShelf(executor);
  }

  /** Samples, or states of them, as a column. @param values  [n * D] */
  samples(values: ArrayLike<number>): Column {
    return { values, shape: this.plan.sampleShape };
  }

  /**
   * A function of the model, over rows.
   *
   * @param name  names the function: the same name, the same function
   * @param columns  what it reads beside the parameters; all with the same number of rows, and one at
   *   least that is not a fill
   * @param run  traced once; receives [B, ...shape] of every column, and what is asked for
   * @returns every output, its rows one after the other
   */
  async overRows(
    name: string,
    state: SampledState,
    columns: Readonly<Record<string, Column>>,
    run: (sampleable: Sampleable, tensors: Tensors, condition: Condition | undefined) => Tensors,
    asked: Asked = {},
  ): Promise<Record<string, Float32Array>> {
    const condition = this.conditionColumns(asked);
    const sampled = this.sampledSpecs();
    return this.chunked(`${name}${conditionKey(condition)}`, { ...columns, ...condition }, state, sampled, {
      most: this.plan.rowsPerCall ?? CHUNK,
      signal: asked.signal,
      run: (tensors) => {
        const parameters = Object.fromEntries(Object.keys(sampled).map((key) => [key, tensors[key]!]));
        return run(this.plan.bound.sampleable(parameters), tensors, conditionOf(tensors));
      },
    });
  }

  /** A function of the teacher as this model learns it, over rows. */
  async overTeacher(
    name: string,
    columns: Readonly<Record<string, Column>>,
    run: (teacher: VelocityField, tensors: Tensors, condition: Condition | undefined) => Tensors,
    asked: Asked = {},
  ): Promise<Record<string, Float32Array>> {
    const teacher = this.plan.bound.teacher ?? this.plan.teacher!;
    const condition = this.conditionColumns(asked);
    return this.chunked(
      `teacher ${name}${conditionKey(condition)}`,
      { ...columns, ...condition },
      {},
      {},
      {
        most: this.plan.teacherRows ?? CHUNK,
        signal: asked.signal,
        run: (tensors) => run(teacher(), tensors, conditionOf(tensors)),
      },
    );
  }

  /** A function of the parameters of fixed size, run once. */
  async once(
    name: string,
    state: SampledState,
    inputs: Readonly<Record<string, { readonly values: Float32Array; readonly shape: readonly number[] }>>,
    run: (state: Tensors, inputs: Tensors) => Tensors,
  ): Promise<Record<string, Float32Array>> {
    const sampled = this.sampledSpecs();
    const program = await this.shelf.get(name, {
      inputs: { ...sampled, ...inputs },
      run: (_, tensors) => {
        const parameters = Object.fromEntries(Object.keys(sampled).map((key) => [key, tensors[key]!]));
        return { outputs: run(parameters, tensors) };
      },
    });
    const values = Object.fromEntries(Object.entries(inputs).map(([key, input]) => [key, input.values]));
    const found = await program.run({ ...state, ...values });
    return Object.fromEntries(Object.entries(found).map(([key, value]) => [key, Float32Array.from(value)]));
  }

  /** Does work of several draws under which no program may be let go of: `dispose` waits for it. */
  during<T>(work: () => Promise<T>): Promise<T> {
    return this.shelf.during(work);
  }

  dispose(): Promise<void> {
    return this.shelf.dispose();
  }

  /** Covers all rows in pieces of one size, the last one padded, so that one program serves all. */
  private async chunked(
    name: string,
    columns: Readonly<Record<string, Column>>,
    state: SampledState,
    sampled: Readonly<Record<string, TensorSpec>>,
    { run, most, signal }: Covering,
  ): Promise<Record<string, Float32Array>> {
    const count = rowsOf(columns);
    const chunk = Math.min(count, most);
    const specs = Object.fromEntries(
      Object.entries(columns).map(([key, column]): [string, TensorSpec] => [
        key,
        { shape: 'fill' in column ? [chunk] : [chunk, ...column.shape] },
      ]),
    );
    const program = await this.shelf.get(`${name} ${chunk}`, {
      inputs: { ...sampled, ...specs },
      run: (_, tensors) => ({ outputs: run(tensors) }),
    });
    const out: Record<string, Float32Array> = {};
    for (let start = 0; start < count; start += chunk) {
      if (signal?.aborted === true) {
        throw new WorkbenchError('sampler/cancelled', `cancelled after ${start} of ${count} samples`);
      }
      const size = Math.min(chunk, count - start);
      const blocks = Object.entries(columns).map(([key, column]): [string, Float32Array] => [
        key,
        blockOf(column, start, size, chunk),
      ]);
      const found = await program.run({ ...state, ...Object.fromEntries(blocks) });
      for (const [key, values] of Object.entries(found)) {
        const each = values.length / chunk;
        out[key] ??= new Float32Array(count * each);
        out[key].set((values as Float32Array).subarray(0, size * each), start * each);
      }
    }
    return out;
  }

  private sampledSpecs(): Record<string, TensorSpec> {
    const { sampledState, layout } = this.plan.bound;
    return Object.fromEntries(sampledState.map((key) => [key, { shape: [layout[key]!.size] }]));
  }

  private conditionColumns({ label, labels, guidance = 1 }: Asked): Record<string, Column> {
    if (label === undefined && labels === undefined) return {};
    const askedLabel: Column = labels ? { values: labels, shape: [] } : { fill: label! };
    return { askedLabel, askedGuidance: { fill: guidance } };
  }
}

function conditionKey(columns: Readonly<Record<string, Column>>): string {
  return 'askedLabel' in columns ? ' asked' : '';
}

function conditionOf({ askedLabel, askedGuidance }: Tensors): Condition | undefined {
  if (askedLabel === undefined) return undefined;
  return { label: askedLabel as Tensor1D, guidance: askedGuidance as Tensor1D };
}

function rowsOf(columns: Readonly<Record<string, Column>>): number {
  for (const column of Object.values(columns)) {
    if ('values' in column) return column.values.length / sizeOf(column.shape);
  }
  throw new Error('a function over rows needs one column with rows');
}

function blockOf(column: Column, start: number, size: number, chunk: number): Float32Array {
  if ('fill' in column) return new Float32Array(chunk).fill(column.fill);
  const each = sizeOf(column.shape);
  const block = new Float32Array(chunk * each);
  for (let i = 0; i < size * each; i++) block[i] = column.values[start * each + i]!;
  return block;
}
