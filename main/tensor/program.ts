/** A traced function, compiled: what methods, samplers and views run. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Executor, HostArrays, Traffic } from './executors/executor.ts';
import { stateOutputName } from './executors/names.ts';
import { type TensorSpec, trace } from './trace.ts';

type Specs = Readonly<Record<string, TensorSpec>>;
type Tensors = Record<string, Tensor>;

export interface ProgramSpec {
  /** State that stays with the executor between runs; same names and shapes in and out. */
  readonly state?: Specs;
  /** What every run brings. */
  readonly inputs: Specs;
  /** Traced once. Returns the whole new state (if any) and the outputs of a run. */
  readonly run: (state: Tensors, inputs: Tensors) => { state?: Tensors; outputs: Tensors };
}

export interface Program {
  /** TensorFlow.js kernels that the processor runs because the device cannot, if any. */
  readonly fallbacks?: readonly string[];
  /** Runs once. The returned arrays are reused by the run after the next. */
  run(inputs: HostArrays): Promise<HostArrays>;
  readState(): Promise<HostArrays>;
  writeState(state: HostArrays): Promise<void>;
  /** Returns to the state before the last run; once per run. */
  undo(): void;
  traffic(): Traffic;
  dispose(): Promise<void>;
}

export async function compileProgram(executor: Executor, spec: ProgramSpec): Promise<Program> {
  const stateNames = Object.keys(spec.state ?? {});
  const graph = trace({ ...spec.state, ...spec.inputs }, (tensors) => {
    const pick = (names: readonly string[]): Tensors =>
      Object.fromEntries(names.map((name) => [name, tensors[name]!]));
    const { state = {}, outputs } = spec.run(pick(stateNames), pick(Object.keys(spec.inputs)));
    const next = stateNames.map((name): [string, Tensor] => {
      const tensor = state[name];
      const shape = spec.state![name]!.shape;
      if (tensor === undefined || tensor.shape.join() !== shape.join()) {
        throw new RangeError(
          `state ${name}: expected shape [${shape.join(', ')}], found [${tensor?.shape.join(', ') ?? 'nothing'}]`,
        );
      }
      return [stateOutputName(name), tensor];
    });
    return { ...outputs, ...Object.fromEntries(next) };
  });
  return executor.compile(graph, { state: stateNames });
}
