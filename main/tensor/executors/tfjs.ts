/**
 * The interpreting executor on the pure JavaScript `cpu` backend of TensorFlow.js: `reference`, the oracle
 * every other executor must agree with. It runs the graph as traced, before any pass.
 */
import os from 'node:os';
import type { ConstantData, Node } from '../graph.ts';
import type { Executor } from './executor.ts';
import { Interpreter, hostArray, withBackend } from './tfjs-interpreter.ts';
import { constantTensor, runKernel } from './tfjs-schedule.ts';

const BACKEND = 'cpu';

export function referenceExecutor(): Executor {
  return {
    id: 'reference',
    device: {
      name: os.cpus()[0]?.model.trim() ?? 'CPU',
      memoryBytes: os.totalmem(),
      features: ['1 thread'],
      isSoftware: false,
    },
    compile: async (graph, options) => new Interpreter(graph, BACKEND, options?.state ?? []),
  };
}

/** Computes one node on constants; what constant folding uses. */
export function evaluateConstantNode(node: Node): ConstantData[] {
  return withBackend(BACKEND, () =>
    runKernel(node, node.inputs.map(constantTensor)).map((tensor, i) => hostArray(tensor, node.outputs[i]!)),
  );
}
