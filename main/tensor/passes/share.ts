/** Common-subexpression and dead-code elimination. */
import { Graph, type Node, type Value, splatNumber } from '../graph.ts';
import type { Rule } from './rewrite.ts';

/** A rule that computes equal nodes once. Make a new one for every walk: it remembers the nodes. */
export function shareEqualNodes(): Rule {
  const seen = new Map<string, readonly Value[]>();
  return (node) => {
    // Two bodies are equal only graph by graph, which is not worth finding out.
    if (node.kernel === 'Repeat') return null;
    const key = keyOf(node);
    const earlier = seen.get(key);
    if (earlier !== undefined) return earlier;
    seen.set(key, node.outputs);
    return null;
  };
}

function keyOf({ kernel, inputs, inputNames, outputs, attrs }: Node): string {
  const named = inputs.map((value, i) => {
    const number = splatNumber(value);
    const identity =
      number === null
        ? `#${value.id}`
        : `${value.dtype}[${value.shape.join()}]=${Object.is(number, -0) ? '-0' : number}`;
    return `${inputNames[i]}:${identity}`;
  });
  // Lists of names and numbers; key order follows the one call site in TensorFlow.js per kernel.
  const attributes = kernel === 'Reshape' ? outputs[0]!.shape.join() : JSON.stringify(attrs, exactNumber);
  return `${kernel}(${named.join()})${attributes}`;
}

/** JSON has neither infinities nor NaN nor -0: they would read as null and 0, and share a key. */
function exactNumber(_key: string, value: unknown): unknown {
  const isPlain = typeof value !== 'number' || (Number.isFinite(value) && !Object.is(value, -0));
  return isPlain ? value : Object.is(value, -0) ? '-0' : String(value);
}

/** The graph without nodes that no output depends on. */
export function withoutDeadNodes(graph: Graph): Graph {
  const live = new Set<Value>(graph.outputs.map(({ value }) => value));
  const kept: Node[] = [];
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i]!;
    if (!node.outputs.some((value) => live.has(value))) continue;
    for (const value of node.inputs) live.add(value);
    kept.push(node);
  }
  const next = Graph.continuing(graph);
  next.inputs.push(...graph.inputs);
  next.outputs.push(...graph.outputs);
  next.nodes = kept.reverse();
  return next;
}
