/** Which kernels of a program a device has no way to run, found by opening each kind of them alone. */
import { Graph, type Node, type Value } from '../graph.ts';

/**
 * @param runs  whether the device runs all of a graph by itself
 * @returns names of TensorFlow.js kernels, sorted
 */
export async function fallbackKernels(
  graph: Graph,
  runs: (graph: Graph) => Promise<boolean>,
): Promise<string[]> {
  const kinds = new Map<string, Node>();
  for (const node of graph.nodes) kinds.set(kindOf(node), node);
  const found = new Set<string>();
  for (const node of kinds.values()) {
    if (found.has(node.kernel)) continue;
    // A loop is run by the processor wherever its body is.
    if (node.kernel === 'Repeat' || !(await runs(alone(graph, node)))) found.add(node.kernel);
  }
  return [...found].sort();
}

/** What decides whether a device has a kernel: types, ranks and attributes, not sizes. */
function kindOf({ kernel, inputs, attrs }: Node): string {
  const types = inputs.map(({ dtype, shape, constant }) => `${dtype}${shape.length}${constant ? 'c' : ''}`);
  return `${kernel} ${types.join()} ${kernel === 'Repeat' ? '' : Object.keys(attrs).join()}`;
}

function alone(graph: Graph, node: Node): Graph {
  const next = Graph.continuing(graph);
  const inputs = new Set<Value>(node.inputs.filter(({ constant }) => constant === null));
  next.inputs.push(...[...inputs].map((value, i) => ({ name: `x${i}`, value })));
  next.append(node);
  next.outputs.push(...node.outputs.map((value, i) => ({ name: `y${i}`, value })));
  return next;
}
