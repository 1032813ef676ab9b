/** What every executor on ONNX Runtime needs: sessions of models, and tensors over host arrays. */
import path from 'node:path';
import * as ort from 'onnxruntime-node';
import { WorkbenchError } from '#contract/errors.ts';
import { type ConstantData, type DType, type Graph, typedArrayOf } from '../graph.ts';
import { sizeOf } from '../shape.ts';
import { stateOutputName } from './names.ts';

/** An input or output of a program. */
export interface Slot {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** Inputs, state and outputs of a program, told apart. */
export interface Slots {
  /** Inputs that every run brings. */
  readonly inputs: readonly Slot[];
  readonly state: readonly Slot[];
  /** Outputs that are not state. */
  readonly outputs: readonly Slot[];
}

/** Programs with more bytes of constants than this are fed them instead of having them written in. */
export const LARGEST_BAKED = 2 ** 30;

export function slotsOf(graph: Graph, stateNames: readonly string[]): Slots {
  const slots = (list: Graph['inputs']): Slot[] =>
    list.map(({ name, value }) => ({ name, dtype: value.dtype, shape: value.shape }));
  const inputs = slots(graph.inputs);
  const stateOutputs = stateNames.map(stateOutputName);
  return {
    inputs: inputs.filter(({ name }) => !stateNames.includes(name)),
    state: inputs.filter(({ name }) => stateNames.includes(name)),
    outputs: slots(graph.outputs).filter(({ name }) => !stateOutputs.includes(name)),
  };
}

/** @throws WorkbenchError `engine/compile-failed` */
export async function openSession(
  model: Uint8Array,
  options: ort.InferenceSession.SessionOptions,
): Promise<ort.InferenceSession> {
  try {
    return await ort.InferenceSession.create(model, { logSeverityLevel: 3, ...options });
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw new WorkbenchError(
      'engine/compile-failed',
      `ONNX Runtime could not compile the program: ${found}`,
      undefined,
      { cause: error },
    );
  }
}

/** Options of a session that keeps a profile, which ONNX Runtime writes when the session is released. */
export function profileOptions(folder: string | undefined): ort.InferenceSession.SessionOptions {
  return folder === undefined
    ? {}
    : { enableProfiling: true, profileFilePrefix: path.join(folder, 'profile') };
}

/** @throws RangeError naming the slot */
export function checkArray(slot: Slot, array: ConstantData | undefined): asserts array is ConstantData {
  const wanted = sizeOf(slot.shape);
  if (array === undefined || array.length !== wanted) {
    throw new RangeError(
      `program input ${slot.name}: expected ${wanted} elements of shape [${slot.shape.join(', ')}], found ${array?.length ?? 'nothing'}`,
    );
  }
}

export function allocate(slot: Slot): ort.Tensor {
  return tensorOf(slot, typedArrayOf(slot.dtype, sizeOf(slot.shape)));
}

/** Over the array itself: ONNX Runtime reads and writes it where it lies. */
export function tensorOf({ dtype, shape }: Omit<Slot, 'name'>, data: ConstantData): ort.Tensor {
  return new ort.Tensor(dtype, data as Float32Array, shape);
}

export function bytesOf(slots: readonly Slot[]): number {
  return slots.reduce((sum, { dtype, shape }) => sum + sizeOf(shape) * (dtype === 'bool' ? 1 : 4), 0);
}
