/**
 * The seam between a traced program and what runs it. An executor compiles a graph once; the
 * executable then runs it many times, keeping named state where it computes (donated: the buffers
 * of the old state are reused for the new), so that parameters never travel between steps.
 */
import type { ConstantData, Graph } from '../graph.ts';

export type ExecutorId = 'ort-cpu' | 'ort-webgpu' | 'tensorflow' | 'reference';
export type HostArrays = Record<string, ConstantData>;

export interface CompileOptions {
  /**
   * Names that are both an input and an output of the graph: state. It starts at zero, is fed back
   * after every run and leaves only through `readState`.
   */
  readonly state?: readonly string[];
}

export interface Executable {
  /**
   * Runs once.
   * @param inputs  every input that is not state, in the input's dtype and size
   * @returns every output that is not state. The arrays are reused by the run after the next.
   */
  run(inputs: HostArrays): Promise<HostArrays>;
  /** The current state. On the CPU these are the live buffers: copy what must outlast the next run. */
  readState(): Promise<HostArrays>;
  /** Replaces the state; every state name must be given. */
  writeState(state: HostArrays): Promise<void>;
  /**
   * Returns to the state before the last run, whose buffers still hold it: how a step that made NaN
   * is taken back. Once per run.
   */
  undo(): void;
  dispose(): Promise<void>;
}

export interface Executor {
  readonly id: ExecutorId;
  compile(graph: Graph, options?: CompileOptions): Promise<Executable>;
}
