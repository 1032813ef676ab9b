/**
 * Forward-mode differentiation of a traced function: the nodes that the function records are walked
 * once more, each kernel's rule pushing tangents from inputs to outputs. The tangent computation is
 * recorded into the same graph, so primal values are shared and unused parts fall to the passes.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { WorkbenchError } from '#contract/errors.ts';
import type { Attributes, Node, Value } from './graph.ts';
import { kernelTable } from './kernels/index.ts';
import { currentGraph, tensorOf, valueOf } from './trace.ts';

/**
 * Jacobian-vector product: y = f(x) and dy = J_f(x) dx.
 *
 * Usable only while tracing. The tangents are constants to an enclosing gradient tape: where a loss
 * holds a JVP, as FreeFlow's target does, stop its gradient as the method says.
 *
 * @param fn  a function of tensors, any number in and out
 * @param primals  where to evaluate  @param tangents  direction, shapes of the primals
 * @throws WorkbenchError `tensor/no-jvp-rule` naming the kernel
 */
export function jvp(
  fn: (...inputs: Tensor[]) => Tensor[],
  primals: readonly Tensor[],
  tangents: readonly Tensor[],
): { outputs: Tensor[]; tangents: Tensor[] } {
  const known = new Map<Value, Tensor>();
  // Fresh values for the primals keep what was computed before fn from depending on the direction.
  const inputs = primals.map((primal) => tf.clone(primal));
  inputs.forEach((input, i) => known.set(valueOf(input), tangents[i]!));
  const graph = currentGraph();
  const start = graph.nodes.length;
  const outputs = fn(...inputs);
  // Asked for now: a handle of another shape than its value adds a reshape, to be walked like the rest.
  const values = outputs.map(valueOf);
  for (const node of graph.nodes.slice(start)) pushTangents(node, known);
  return {
    outputs,
    tangents: outputs.map((output, i) => known.get(values[i]!) ?? tf.zerosLike(output)),
  };
}

function pushTangents(node: Node, known: Map<Value, Tensor>): void {
  const tangents = node.inputs.map((value) => known.get(value) ?? null);
  if (tangents.every((tangent) => tangent === null)) return;
  const rule = kernelTable.get(node.kernel);
  if (rule?.jvp === undefined) {
    throw new WorkbenchError('tensor/no-jvp-rule', `The op ${node.kernel} has no forward derivative rule.`, {
      kernel: node.kernel,
    });
  }
  const results = rule.jvp({
    inputs: node.inputs.map(tensorOf),
    outputs: node.outputs.map(tensorOf),
    tangents,
    attrs: node.attrs,
    again: (inputs, attrs) => runAgain(node, inputs, attrs ?? node.attrs),
  });
  node.outputs.forEach((value, i) => {
    const tangent = results[i];
    if (tangent) known.set(value, tangent);
  });
}

function runAgain({ kernel, inputNames }: Node, inputs: readonly Tensor[], attrs: Attributes): Tensor[] {
  const named =
    inputNames[0] === '0' ? [...inputs] : Object.fromEntries(inputNames.map((name, i) => [name, inputs[i]!]));
  const result: Tensor | Tensor[] = tf
    .engine()
    .runKernel(kernel, named as unknown as tf.NamedTensorMap, attrs as tf.NamedAttrMap);
  return Array.isArray(result) ? result : [result];
}
