/** Loop-invariant code motion: what every round of a Repeat would compute alike is computed once, before it. */
import { Graph, type Node, type Value, constantElements, splatNumber } from '../graph.ts';
import type { RepeatAttributes } from '../kernels/repeat.ts';
import { sizeOf } from '../shape.ts';

/**
 * The graph with such nodes in front of their loops. A round then reads their results as invariants of the
 * loop, so a roll-out pays for what its policy makes of one network call once and not at every substep.
 */
export function hoisted(graph: Graph): { graph: Graph; changed: boolean } {
  const next = Graph.continuing(graph);
  next.inputs.push(...graph.inputs);
  next.outputs.push(...graph.outputs);
  let changed = false;
  for (const node of graph.nodes) {
    const loop = node.kernel === 'Repeat' ? lightened(node, next) : null;
    changed ||= loop !== null;
    next.append(loop ?? node);
  }
  return { graph: next, changed };
}

/** A Repeat without what does not change from round to round, which is appended to `outer`; null if all does. */
function lightened(node: Node, outer: Graph): Node | null {
  const attrs = node.attrs as unknown as RepeatAttributes;
  const { body, carried, count } = attrs;
  // The body of no round is never computed, and need not be computable.
  if (count === 0) return null;
  const firstInvariant = 1 + carried;
  /** What a value of the body is called outside, for those that are alike in every round. */
  const outside = new Map<Value, Value>(
    body.inputs.slice(firstInvariant).map(({ value }, i) => [value, node.inputs[carried + i]!]),
  );
  const isAlike = (value: Value): boolean => value.constant !== null || outside.has(value);
  const kept: Node[] = [];
  for (const inner of body.nodes) {
    if (!inner.inputs.every(isAlike)) {
      kept.push(inner);
      continue;
    }
    const outputs = inner.outputs.map(({ dtype, shape }) => outer.value(dtype, shape));
    inner.outputs.forEach((value, i) => outside.set(value, outputs[i]!));
    outer.append({
      ...inner,
      inputs: inner.inputs.map((value) => outside.get(value) ?? copied(value, outer)),
      outputs,
    });
  }
  if (kept.length === body.nodes.length) return null;

  const lighter = Graph.continuing(body);
  lighter.nodes = kept;
  lighter.outputs.push(...body.outputs);
  const isRead = new Set([
    ...kept.flatMap(({ inputs }) => inputs),
    ...body.outputs.map(({ value }) => value),
  ]);
  const invariants = [...outside].filter(([inside]) => isRead.has(inside));
  lighter.inputs.push(
    ...body.inputs.slice(0, firstInvariant),
    ...invariants.map(([value], i) => ({ name: String(firstInvariant + i), value })),
  );
  const inputs = [...node.inputs.slice(0, carried), ...invariants.map(([, value]) => value)];
  return {
    ...node,
    inputs,
    inputNames: inputs.map((_, i) => String(i)),
    attrs: { ...attrs, body: lighter },
  };
}

/** A constant of the body as one of `outer`: ids tell values apart within one graph alone. */
function copied(constant: Value, outer: Graph): Value {
  const { dtype, shape } = constant;
  const number = splatNumber(constant);
  if (number !== null && sizeOf(shape) > 0) return outer.splat(number, dtype, shape);
  return outer.constant(constantElements(constant)!, dtype, shape);
}
