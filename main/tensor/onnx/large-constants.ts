/**
 * Constants too large to be written into a model: protobuf ends at 2 GiB, and a model is copied several
 * times before it runs. They become inputs that are fed from the memory they lie in.
 */
import { type ConstantData, type DType, type Graph, type Value, constantElements } from '../graph.ts';
import type { RepeatAttributes } from '../kernels/repeat.ts';

/** Below this a constant is no weight, and kernels may want to know it when they compile. */
const LEAST_BYTES = 1024;

export interface FedConstant {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: ConstantData;
}

/**
 * What to feed of a graph whose constants have more than `threshold` bytes in all, the bodies of loops
 * counted; nothing of any other.
 *
 * @returns the input that stands for each value; values of the same memory and shape share one
 */
export function fedConstants(graph: Graph, threshold: number): ReadonlyMap<Value, FedConstant> {
  const values = new Set<Value>();
  collect(graph, values);
  const large = [...values].filter((value) => bytesOfValue(value) >= LEAST_BYTES);
  // The same memory under two values counts twice: a model would hold it twice.
  if (large.reduce((sum, value) => sum + bytesOfValue(value), 0) <= threshold) return new Map();

  const taken = new Set([...graph.inputs, ...graph.outputs].map(({ name }) => name));
  const known = new Map<ConstantData, FedConstant[]>();
  const fed = new Map<Value, FedConstant>();
  for (const value of large) {
    const { dtype, shape } = value;
    const memory = value.constant!.data;
    const same = known.get(memory) ?? [];
    known.set(memory, same);
    let one = same.find((each) => each.shape.join() === shape.join() && each.dtype === dtype);
    if (one === undefined) {
      let name = `fed_${taken.size}`;
      while (taken.has(name)) name += '_';
      taken.add(name);
      one = { name, dtype, shape, data: constantElements(value)! };
      same.push(one);
    }
    fed.set(value, one);
  }
  return fed;
}

/** Bytes of the graph's constants as a model would hold them. */
export function constantBytes(graph: Graph): number {
  const values = new Set<Value>();
  collect(graph, values);
  return [...values].reduce((sum, value) => sum + bytesOfValue(value), 0);
}

function collect({ nodes, outputs }: Graph, into: Set<Value>): void {
  const add = (value: Value): void => {
    if (value.constant !== null) into.add(value);
  };
  for (const { kernel, inputs, attrs } of nodes) {
    inputs.forEach(add);
    if (kernel === 'Repeat') collect((attrs as unknown as RepeatAttributes).body, into);
  }
  outputs.forEach(({ value }) => add(value));
}

function bytesOfValue({ shape, dtype }: Value): number {
  return shape.reduce((product, n) => product * n, 1) * (dtype === 'bool' ? 1 : 4);
}
