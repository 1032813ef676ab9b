/**
 * Splits into many parts as trees of splits into few. ONNX Runtime's WebGPU provider writes all parts
 * in one shader, which may bind no more than `maxStorageBuffersPerShaderStage` buffers: 8 at least, and
 * not many more on most devices.
 */
import { Graph, type Node, type Value } from '../../graph.ts';
import { normalizedAxes } from '../../shape.ts';

/** One of the 8 buffers is what is split. */
const MOST_PARTS = 7;

export function narrowSplits(graph: Graph): Graph {
  if (!graph.nodes.some(isWide)) return graph;
  const next = Graph.continuing(graph);
  for (const node of graph.nodes) {
    if (isWide(node)) split(next, node);
    else next.append(node);
  }
  next.inputs.push(...graph.inputs);
  next.outputs.push(...graph.outputs);
  return next;
}

function isWide({ kernel, outputs }: Node): boolean {
  return (kernel === 'SplitV' || kernel === 'Unpack') && outputs.length > MOST_PARTS;
}

function split(into: Graph, { kernel, inputs, outputs, attrs }: Node): void {
  const [x] = inputs as [Value];
  const [axis] = normalizedAxes(attrs['axis'] ?? 0, x.shape.length) as [number];
  if (kernel === 'SplitV') {
    splitTree(into, x, outputs, axis);
    return;
  }
  const kept = x.shape.map((n, i) => (i === axis ? 1 : n));
  const parts = outputs.map(({ dtype }) => into.value(dtype, kept));
  splitTree(into, x, parts, axis);
  outputs.forEach((output, i) => {
    const shape = [...output.shape];
    into.append({
      kernel: 'Reshape',
      inputNames: ['x'],
      inputs: [parts[i]!],
      outputs: [output],
      attrs: { shape },
    });
  });
}

function splitTree(into: Graph, x: Value, parts: readonly Value[], axis: number): void {
  const perGroup =
    parts.length <= MOST_PARTS ? 1 : Math.max(MOST_PARTS, Math.ceil(parts.length / MOST_PARTS));
  const groups: Value[][] = [];
  for (let at = 0; at < parts.length; at += perGroup) groups.push(parts.slice(at, at + perGroup));
  const sizes = groups.map((group) => group.reduce((sum, { shape }) => sum + shape[axis]!, 0));
  const outputs = groups.map((group, i) =>
    group.length === 1
      ? group[0]!
      : into.value(
          x.dtype,
          x.shape.map((n, k) => (k === axis ? sizes[i]! : n)),
        ),
  );
  into.append({
    kernel: 'SplitV',
    inputNames: ['x'],
    inputs: [x],
    outputs,
    attrs: { numOrSizeSplits: sizes, axis },
  });
  groups.forEach((group, i) => {
    if (group.length > 1) splitTree(into, outputs[i]!, group, axis);
  });
}
