/**
 * The interpreting executor: runs a graph node by node with the kernels of a TensorFlow.js backend.
 * On the pure JavaScript `cpu` backend it is `reference`, the oracle every other executor must agree
 * with; it runs the graph as traced, before any pass.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  type ConstantData,
  type Graph,
  type Node,
  type Value,
  constantElements,
  typedArrayOf,
} from '../graph.ts';
import type { RepeatAttributes } from '../kernels/repeat.ts';
import { sizeOf } from '../shape.ts';
import { activate } from '../trace.ts';
import type { Executable, Executor, ExecutorId, HostArrays } from './executor.ts';
import { stateOutputName } from './names.ts';

function tfjsExecutor(id: ExecutorId, backendName: string): Executor {
  return {
    id,
    compile: (graph, options) => Promise.resolve(new Interpreter(graph, backendName, options?.state ?? [])),
  };
}

export function referenceExecutor(): Executor {
  return tfjsExecutor('reference', 'cpu');
}

class Interpreter implements Executable {
  private state: HostArrays;
  private before: HostArrays = {};
  private readonly graph: Graph;
  private readonly backendName: string;

  constructor(graph: Graph, backendName: string, stateNames: readonly string[]) {
    this.graph = graph;
    this.backendName = backendName;
    this.state = Object.fromEntries(
      graph.inputs
        .filter(({ name }) => stateNames.includes(name))
        .map(({ name, value }) => [name, typedArrayOf(value.dtype, sizeOf(value.shape))]),
    );
  }

  run(inputs: HostArrays): Promise<HostArrays> {
    const outputs = evaluate(this.graph, { ...this.state, ...inputs }, this.backendName);
    this.before = this.state;
    this.state = {};
    for (const name of Object.keys(this.before)) {
      this.state[name] = outputs[stateOutputName(name)]!;
      delete outputs[stateOutputName(name)];
    }
    return Promise.resolve(outputs);
  }

  readState(): Promise<HostArrays> {
    return Promise.resolve(this.state);
  }

  writeState(state: HostArrays): Promise<void> {
    this.state = Object.fromEntries(Object.keys(this.state).map((name) => [name, state[name]!.slice()]));
    return Promise.resolve();
  }

  undo(): void {
    this.state = this.before;
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}

/** Runs a whole graph on a TensorFlow.js backend and reads every output back. */
function evaluate(graph: Graph, inputs: HostArrays, backendName: string): HostArrays {
  return withBackend(backendName, () => {
    const values = new Map<Value, tf.Tensor>();
    for (const { name, value } of graph.inputs) {
      const given = inputs[name];
      if (given === undefined) throw new RangeError(`program input ${name} is missing`);
      values.set(value, tensorFrom(given, value));
    }
    for (const node of graph.nodes) {
      const results = runNode(node, (value) => values.get(value) ?? constantTensor(value));
      node.outputs.forEach((value, i) => values.set(value, results[i]!));
    }
    return Object.fromEntries(
      graph.outputs.map(({ name, value }) => {
        const tensor = values.get(value) ?? constantTensor(value);
        return [name, hostArray(tensor, value)];
      }),
    );
  });
}

/** Computes one node on constants; what constant folding uses. */
export function evaluateConstantNode(node: Node): ConstantData[] {
  return withBackend('cpu', () =>
    runNode(node, constantTensor).map((tensor, i) => hostArray(tensor, node.outputs[i]!)),
  );
}

function withBackend<T>(name: string, work: () => T): T {
  const previous = (tf.getBackend() as string | undefined) ?? 'cpu';
  activate(name);
  tf.engine().startScope();
  try {
    return work();
  } finally {
    tf.engine().endScope();
    activate(previous);
  }
}

function runNode(node: Node, tensorOf: (value: Value) => tf.Tensor): tf.Tensor[] {
  const isList = node.inputNames[0] === '0';
  const tensors = node.inputs.map(tensorOf);
  // Ours, so no backend has a kernel of that name.
  if (node.kernel === 'Repeat') return runRepeat(tensors, node.attrs as unknown as RepeatAttributes);
  const inputs = isList ? tensors : Object.fromEntries(node.inputNames.map((name, i) => [name, tensors[i]!]));
  const result: tf.Tensor | tf.Tensor[] = tf
    .engine()
    .runKernel(node.kernel, inputs as unknown as tf.NamedTensorMap, node.attrs as tf.NamedAttrMap);
  return Array.isArray(result) ? result : [result];
}

/** The rounds of a Repeat, one after the other, on whatever backend interprets the graph. */
function runRepeat(inputs: readonly tf.Tensor[], { body, carried, count }: RepeatAttributes): tf.Tensor[] {
  let state = inputs.slice(0, carried);
  const invariant = inputs.slice(carried);
  for (let round = 0; round < count; round++) {
    const given = [tf.scalar(round), ...state, ...invariant];
    const values = new Map<Value, tf.Tensor>(body.inputs.map(({ value }, i) => [value, given[i]!]));
    const tensorOf = (value: Value): tf.Tensor => values.get(value) ?? constantTensor(value);
    for (const node of body.nodes) {
      runNode(node, tensorOf).forEach((tensor, i) => values.set(node.outputs[i]!, tensor));
    }
    state = body.outputs.map(({ value }) => tensorOf(value));
  }
  return state;
}

function constantTensor(value: Value): tf.Tensor {
  const data = constantElements(value);
  if (data === null) throw new Error(`value ${value.id} is used before it is computed`);
  return tensorFrom(data, value);
}

// A tensor holds its own copy: TensorFlow.js may keep the array it is given.
function tensorFrom(data: ConstantData, { shape, dtype }: Value): tf.Tensor {
  return tf.tensor(data.slice(), [...shape], dtype);
}

function hostArray(tensor: tf.Tensor, { shape, dtype }: Value): ConstantData {
  const out = typedArrayOf(dtype, sizeOf(shape));
  out.set(tensor.dataSync());
  return out;
}
