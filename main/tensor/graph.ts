/**
 * The intermediate representation of a traced function: a list of TensorFlow.js kernel calls in
 * execution order. Every value has a static shape. A node is exactly what TensorFlow.js would have
 * run (kernel name, named inputs, attributes), so any TensorFlow.js backend can interpret a graph
 * and the ONNX lowering has one vocabulary to translate.
 */
import { sizeOf } from './shape.ts';

export type DType = 'float32' | 'int32' | 'bool';
export type Shape = readonly number[];
export type ConstantData = Float32Array | Int32Array | Uint8Array;

/** A tensor in a graph. Identity is the object itself; `id` orders and prints. */
export interface Value {
  readonly id: number;
  readonly dtype: DType;
  readonly shape: Shape;
  /** Host data when the value is known at trace time. A splat holds one element for any shape. */
  readonly constant: { readonly data: ConstantData; readonly isSplat: boolean } | null;
}

export type Attributes = Readonly<Record<string, unknown>>;

/** One kernel call. */
export interface Node {
  readonly kernel: string;
  /** Argument names as TensorFlow.js passes them; array arguments are named '0', '1', ... */
  readonly inputNames: readonly string[];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attrs: Attributes;
}

export class Graph {
  readonly inputs: { name: string; value: Value }[] = [];
  readonly outputs: { name: string; value: Value }[] = [];
  nodes: Node[] = [];
  private nextId = 0;

  /** An empty graph whose new values do not repeat the ids of another's. */
  static continuing(graph: Graph): Graph {
    const next = new Graph();
    next.nextId = graph.nextId;
    return next;
  }

  value(dtype: DType, shape: Shape): Value {
    return { id: this.nextId++, dtype, shape, constant: null };
  }

  /** A constant; data of equal elements is kept as a splat of one. */
  constant(data: ConstantData, dtype: DType, shape: Shape): Value {
    const first = data[0];
    const isSplat = data.length > 0 && sizeOf(shape) > 0 && data.every((x) => Object.is(x, first));
    return {
      id: this.nextId++,
      dtype,
      shape,
      constant: isSplat ? { data: data.slice(0, 1), isSplat } : { data, isSplat },
    };
  }

  /** A constant of one repeated number. */
  splat(value: number, dtype: DType, shape: Shape): Value {
    const data = typedArrayOf(dtype, 1);
    data[0] = value;
    return { id: this.nextId++, dtype, shape, constant: { data, isSplat: sizeOf(shape) > 0 } };
  }

  append(node: Node): void {
    this.nodes.push(node);
  }
}

/** A zeroed host array for `size` elements of a dtype; booleans are bytes. */
export function typedArrayOf(dtype: DType, size: number): ConstantData {
  if (dtype === 'float32') return new Float32Array(size);
  return dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size);
}

/** The constant's elements at full size; null if the value is not known at trace time. */
export function constantElements(value: Value): ConstantData | null {
  if (value.constant === null) return null;
  const size = sizeOf(value.shape);
  if (!value.constant.isSplat) return value.constant.data;
  return typedArrayOf(value.dtype, size).fill(value.constant.data[0]!);
}

/** The repeated number of a splat constant (a scalar counts as one), else null. */
export function splatNumber(value: Value): number | null {
  return value.constant !== null && (value.constant.isSplat || value.constant.data.length === 1)
    ? value.constant.data[0]!
    : null;
}
