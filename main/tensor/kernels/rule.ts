/**
 * One rule per TensorFlow.js kernel, all in one table: how its output shape follows from its inputs,
 * how it is said in ONNX, and how a tangent passes through it. A kernel without a rule cannot be
 * traced; a rule without `jvp` can be traced but not differentiated forward.
 */
import { type Tensor, add, zerosLike } from '@tensorflow/tfjs-core';
import type { Attributes, DType, Graph, Node, Shape, Value } from '../graph.ts';

export interface OutputSpec {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** ONNX attribute values by their JavaScript type: integers and their lists, floats tagged. */
export type OnnxAttribute =
  | number
  | readonly number[]
  | string
  | { readonly float: number }
  /** A GraphProto, which only the lowering makes. */
  | { readonly graph: object };

/** What a lowering may emit. Every method returns the name of an ONNX value. */
export interface OnnxEmitter {
  op(type: string, inputs: readonly string[], attrs?: Readonly<Record<string, OnnxAttribute>>): string;
  /** As `op`, for nodes with several outputs. */
  multi(
    type: string,
    inputs: readonly string[],
    outputs: number,
    attrs?: Readonly<Record<string, OnnxAttribute>>,
  ): string[];
  /** A product of floats, which may be computed in float16: MatMul, Gemm, Conv or ConvTranspose. */
  product(
    type: string,
    factors: readonly [string, string],
    attrs?: Readonly<Record<string, OnnxAttribute>>,
  ): string;
  /** int64 1-D constant: shapes, axes, starts. */
  ints(values: readonly number[]): string;
  /** Scalar constant. */
  scalar(value: number, dtype?: DType): string;
  /** float32 constant of any shape. */
  floats(values: Float32Array, shape: Shape): string;
  cast(input: string, dtype: DType | 'int64'): string;
  reshape(input: string, shape: Shape): string;
  transpose(input: string, perm: readonly number[]): string;
  /**
   * A loop over a graph whose inputs are the round's number, the carried values and the invariants.
   * @returns the carried values after `count` rounds
   */
  loop(body: Graph, count: number, carried: readonly string[], invariant: readonly string[]): string[];
}

/** What a JVP rule sees. `tangents[i]` is null where input i does not depend on the direction. */
export interface JvpContext {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly tangents: readonly (Tensor | null)[];
  readonly attrs: Attributes;
  /** Calls the same kernel on other tensors; a linear kernel's tangent is itself on the tangent. */
  readonly again: (inputs: readonly Tensor[], attrs?: Attributes) => Tensor[];
}

export interface KernelRule {
  /** @throws RangeError if the inputs do not fit */
  infer(inputs: readonly Value[], attrs: Attributes, names: readonly string[]): OutputSpec[];
  /** @param inputs  ONNX names of the node's inputs  @returns names of its outputs */
  lower(emit: OnnxEmitter, inputs: readonly string[], node: Node): string[];
  jvp?(context: JvpContext): (Tensor | null)[];
  /** TensorFlow.js expects an array from this kernel even when it has one output. */
  readonly returnsList?: true;
}

export type KernelTable = Readonly<Record<string, KernelRule>>;

/** Elementwise choice. ONNX Runtime has no Where for booleans, so those are put together by logic. */
export function where(
  emit: OnnxEmitter,
  dtype: DType,
  mask: string,
  then: string,
  otherwise: string,
): string {
  if (dtype !== 'bool') return emit.op('Where', [mask, then, otherwise]);
  const unmasked = emit.op('And', [emit.op('Not', [mask]), otherwise]);
  return emit.op('Or', [emit.op('And', [mask, then]), unmasked]);
}

/** The JVP of a kernel that is linear in all its inputs together (Reshape, Sum, Concat, ...). */
export function linearJvp({ inputs, tangents, again }: JvpContext): (Tensor | null)[] {
  return again(inputs.map((x, i) => tangents[i] ?? zerosLike(x)));
}

/** The JVP of a kernel that is linear in its first input and takes the others as they are. */
export function linearInFirstJvp({ inputs, tangents, again }: JvpContext): (Tensor | null)[] {
  const [dx] = tangents;
  return dx ? again([dx, ...inputs.slice(1)]) : [null];
}

/** The JVP of a kernel that is linear in each of its two inputs (matrix product, convolution). */
export function bilinearJvp({ inputs, tangents, again }: JvpContext): (Tensor | null)[] {
  const [a, b] = inputs as [Tensor, Tensor];
  const [da, db] = tangents;
  const parts = [...(da ? again([da, b]) : []), ...(db ? again([a, db]) : [])];
  return [parts.length === 2 ? add(parts[0]!, parts[1]!) : (parts[0] ?? null)];
}

/** The JVP of piecewise constant and of integer kernels. */
export function constantJvp({ outputs }: JvpContext): null[] {
  return outputs.map(() => null);
}
