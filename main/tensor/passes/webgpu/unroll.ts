/** Loops as copies of their body: ONNX Runtime's WebGPU provider has no Loop. */
import { Graph, type Node, type Value } from '../../graph.ts';
import type { RepeatAttributes } from '../../kernels/repeat.ts';

/** Copies beyond which a loop stays one: opening the session would take minutes. */
const MOST_NODES = 20_000;

/** The graph with every Repeat, inner ones first, written out; but for those that would be too long. */
export function unrolled(graph: Graph, mostNodes = MOST_NODES): Graph {
  if (!graph.nodes.some(({ kernel }) => kernel === 'Repeat')) return graph;
  const next = Graph.continuing(graph);
  const replacement = new Map<Value, Value>();
  const resolve = (value: Value): Value => replacement.get(value) ?? value;
  for (const original of graph.nodes) {
    const node = { ...original, inputs: original.inputs.map(resolve) };
    if (node.kernel !== 'Repeat') {
      next.append(node);
      continue;
    }
    const attrs = node.attrs as unknown as RepeatAttributes;
    const body = unrolled(attrs.body, mostNodes);
    if (attrs.count * body.nodes.length > mostNodes) next.append({ ...node, attrs: { ...attrs, body } });
    else {
      const last = writtenOut(next, node, { ...attrs, body });
      node.outputs.forEach((output, i) => replacement.set(output, last[i]!));
    }
  }
  next.inputs.push(...graph.inputs);
  next.outputs.push(...graph.outputs.map(({ name, value }) => ({ name, value: resolve(value) })));
  return next;
}

/** @returns the carried values after the last round */
function writtenOut(into: Graph, node: Node, { body, carried, count }: RepeatAttributes): Value[] {
  const invariant = node.inputs.slice(carried);
  // Of another graph, whose ids may be those of values here.
  const constants = new Map<Value, Value>();
  const constantOf = (value: Value): Value => {
    const known = constants.get(value) ?? {
      ...into.value(value.dtype, value.shape),
      constant: value.constant,
    };
    constants.set(value, known);
    return known;
  };
  let state = node.inputs.slice(0, carried);
  for (let round = 0; round < count; round++) {
    const given = [into.splat(round, 'float32', []), ...state, ...invariant];
    const values = new Map<Value, Value>(body.inputs.map(({ value }, i) => [value, given[i]!]));
    const resolve = (value: Value): Value => values.get(value) ?? constantOf(value);
    for (const each of body.nodes) {
      const outputs = each.outputs.map(({ dtype, shape }) => into.value(dtype, shape));
      into.append({ ...each, inputs: each.inputs.map(resolve), outputs });
      each.outputs.forEach((output, i) => values.set(output, outputs[i]!));
    }
    state = body.outputs.map(({ value }) => resolve(value));
  }
  return [...state];
}
