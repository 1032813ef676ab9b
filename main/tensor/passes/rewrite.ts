/** Walks a graph once, in order, offering every node to a rule that may replace it. */
import { type Attributes, type DType, Graph, type Node, type Shape, type Value } from '../graph.ts';
import { sizeOf } from '../shape.ts';

/** What a rule may do besides returning values: make constants and add nodes before the current one. */
export interface Rewriter {
  readonly graph: Graph;
  /** The node that computes a value, after rewriting; undefined for inputs and constants. */
  producerOf(value: Value): Node | undefined;
  splat(value: number, dtype: DType, shape: Shape): Value;
  add(
    kernel: string,
    inputs: Readonly<Record<string, Value>>,
    output: { dtype: DType; shape: Shape },
    attrs?: Attributes,
  ): Value;
}

/** Values to use instead of the node's outputs, or null to keep the node. */
export type Rule = (node: Node, rewriter: Rewriter) => readonly Value[] | null;

/** A new graph over the same inputs in which `rule` was applied to every node once. */
export function rewritten(graph: Graph, rule: Rule): { graph: Graph; changed: boolean } {
  const next = Graph.continuing(graph);
  const replacement = new Map<Value, Value>();
  const producers = new Map<Value, Node>();
  const resolve = (value: Value): Value => replacement.get(value) ?? value;
  let changed = false;

  const append = (node: Node): void => {
    next.append(node);
    for (const output of node.outputs) producers.set(output, node);
  };
  const rewriter: Rewriter = {
    graph: next,
    producerOf: (value) => producers.get(value),
    splat: (value, dtype, shape) => next.splat(value, dtype, shape),
    add(kernel, inputs, { dtype, shape }, attrs = {}) {
      const output = next.value(dtype, shape);
      append({
        kernel,
        inputNames: Object.keys(inputs),
        inputs: Object.values(inputs),
        outputs: [output],
        attrs,
      });
      return output;
    },
  };

  for (const original of graph.nodes) {
    const node = original.inputs.some((value) => replacement.has(value))
      ? { ...original, inputs: original.inputs.map(resolve) }
      : original;
    const values = rule(node, rewriter);
    if (values === null) {
      append(node);
      continue;
    }
    changed = true;
    node.outputs.forEach((output, i) => {
      const value = values[i]!;
      if (sizeOf(value.shape) !== sizeOf(output.shape)) {
        throw new Error(`pass changed the shape of ${node.kernel}`);
      }
      replacement.set(output, value);
    });
  }
  next.inputs.push(...graph.inputs);
  next.outputs.push(...graph.outputs.map(({ name, value }) => ({ name, value: resolve(value) })));
  return { graph: next, changed };
}
