/**
 * The order in which a graph is run kernel by kernel on a backend of TensorFlow.js: constants are put there
 * once, and every value is let go after its last use.
 */
import * as tf from '@tensorflow/tfjs-core';
import { type ConstantData, type Graph, type Node, type Value, constantElements } from '../graph.ts';
import type { RepeatAttributes } from '../kernels/repeat.ts';
import type { Slot } from './session.ts';

/** The nodes of a graph in order, and after each the values that nobody needs any more. */
export class Schedule {
  private readonly nodes: readonly Node[];
  private readonly dead: readonly (readonly Value[])[];
  /** Schedules of the bodies of loops. */
  private readonly bodies = new Map<Node, Schedule>();
  private readonly constants = new Map<Value, tf.Tensor>();

  constructor(graph: Graph) {
    this.nodes = graph.nodes;
    this.dead = lastUses(graph);
    for (const node of graph.nodes) {
      if (node.kernel === 'Repeat') this.bodies.set(node, new Schedule(repeatOf(node).body));
    }
  }

  /**
   * @param given  the inputs, which stay the caller's
   * @returns the tensor of any output; owned by the scope of the caller
   */
  run(given: Map<Value, tf.Tensor>): (value: Value) => tf.Tensor {
    const values = new Map(given);
    const tensorOf = (value: Value): tf.Tensor => values.get(value) ?? this.constantOf(value);
    this.nodes.forEach((node, i) => {
      const results = this.runNode(node, tensorOf);
      node.outputs.forEach((value, k) => values.set(value, results[k]!));
      for (const value of this.dead[i]!) {
        values.get(value)!.dispose();
        values.delete(value);
      }
    });
    return tensorOf;
  }

  dispose(): void {
    disposed([...this.constants.values()]);
    this.constants.clear();
    for (const body of this.bodies.values()) body.dispose();
  }

  private runNode(node: Node, tensorOf: (value: Value) => tf.Tensor): tf.Tensor[] {
    const inputs = node.inputs.map(tensorOf);
    const body = this.bodies.get(node);
    // Ours, so no backend has a kernel of that name.
    if (body !== undefined) return body.repeat(inputs, repeatOf(node));
    // A kernel that has nothing to do may hand its input back, which is let go on its own account.
    return runKernel(node, inputs).map((made) => (inputs.includes(made) ? tf.clone(made) : made));
  }

  /** The rounds of a Repeat whose body this is, one after the other. */
  private repeat(inputs: readonly tf.Tensor[], { body, carried, count }: RepeatAttributes): tf.Tensor[] {
    const invariant = inputs.slice(carried);
    let state = inputs.slice(0, carried).map((tensor) => tf.clone(tensor));
    for (let round = 0; round < count; round++) {
      const next = tf.tidy(() => {
        const given = [tf.scalar(round), ...state, ...invariant];
        const tensorOf = this.run(new Map(body.inputs.map(({ value }, i) => [value, given[i]!])));
        return body.outputs.map(({ value }) => tf.clone(tensorOf(value)));
      });
      disposed(state);
      state = next;
    }
    return state;
  }

  private constantOf(value: Value): tf.Tensor {
    const known = this.constants.get(value);
    if (known !== undefined) return known;
    const tensor = tf.keep(constantTensor(value));
    this.constants.set(value, tensor);
    return tensor;
  }
}

/** After each node, the values whose last use it was: what nodes made, not inputs, constants or outputs. */
function lastUses(graph: Graph): Value[][] {
  const dead: Value[][] = graph.nodes.map(() => []);
  const seen = new Set<Value>([...graph.inputs, ...graph.outputs].map(({ value }) => value));
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const { inputs, outputs } = graph.nodes[i]!;
    for (const value of [...inputs, ...outputs]) {
      if (seen.has(value) || value.constant !== null) continue;
      seen.add(value);
      dead[i]!.push(value);
    }
  }
  return dead;
}

const repeatOf = ({ attrs }: Node): RepeatAttributes => attrs as unknown as RepeatAttributes;

/** Calls the kernel of a node on whatever backend is active. */
export function runKernel(node: Node, tensors: readonly tf.Tensor[]): tf.Tensor[] {
  const isList = node.inputNames[0] === '0';
  const inputs = isList ? tensors : Object.fromEntries(node.inputNames.map((name, i) => [name, tensors[i]!]));
  const result: tf.Tensor | tf.Tensor[] = tf
    .engine()
    .runKernel(node.kernel, inputs as unknown as tf.NamedTensorMap, node.attrs as tf.NamedAttrMap);
  return Array.isArray(result) ? result : [result];
}

export function constantTensor(value: Value): tf.Tensor {
  const data = constantElements(value);
  if (data === null) throw new Error(`value ${value.id} is used before it is computed`);
  return tensorFrom(data, value);
}

type Spec = Pick<Slot, 'dtype' | 'shape'>;

/** A tensor holds its own copy: TensorFlow.js may keep the array it is given. */
export function tensorFrom(data: ConstantData, { shape, dtype }: Spec): tf.Tensor {
  return tf.tensor(data.slice(), [...shape], dtype);
}

export function disposed(tensors: readonly tf.Tensor[] | null): null {
  for (const tensor of tensors ?? []) tensor.dispose();
  return null;
}
