/**
 * The seam between a traced program and what runs it. An executor compiles a graph once; the
 * executable then runs it many times, keeping named state where it computes (donated: the buffers
 * of the old state are reused for the new), so that parameters never travel between steps.
 */
import type { ExecutorDevice, ExecutorId } from '#contract/engines.ts';
import type { ConstantData, Graph } from '../graph.ts';

export type { ExecutorId };
export type HostArrays = Record<string, ConstantData>;

export interface CompileOptions {
  /**
   * Names that are both an input and an output of the graph: state. It starts at zero, is fed back
   * after every run and leaves only through `readState`.
   */
  readonly state?: readonly string[];
  /**
   * An existing folder, into which executors on ONNX Runtime write a profile of all runs when the executable
   * is disposed of: a JSON file of trace events. It slows runs; other executors write none.
   */
  readonly profileTo?: string;
}

/** Bytes that passed between the host and the device since compilation. */
export interface Traffic {
  readonly runs: number;
  /** Inputs of runs. */
  readonly uploadedBytes: number;
  /** Outputs that runs brought back. */
  readonly readBytes: number;
  /** State that was read or written because somebody asked; the first writing included. */
  readonly stateBytes: number;
}

export interface Executable {
  /** TensorFlow.js kernels that the device has no way to run and the processor runs in its stead, if any. */
  readonly fallbacks?: readonly string[];
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
  traffic(): Traffic;
  dispose(): Promise<void>;
}

export interface Executor {
  readonly id: ExecutorId;
  /** What it runs on. */
  readonly device: ExecutorDevice;
  /**
   * @throws WorkbenchError `engine/compile-failed` naming the operators that it has no way to run;
   *   runs throw `engine/device-lost`, `engine/out-of-memory` or `engine/device-hung`
   */
  compile(graph: Graph, options?: CompileOptions): Promise<Executable>;
}
