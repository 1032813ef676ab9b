/** What a graph goes through after the passes that every graph does, for WebGPU to run it whole. */
import type { Graph, Node } from '../../graph.ts';
import type { RepeatAttributes } from '../../kernels/repeat.ts';
import { rewritten } from '../rewrite.ts';
import { shareEqualNodes, withoutDeadNodes } from '../share.ts';
import { narrowSplits } from './splits.ts';
import { substituted } from './substitutes.ts';

/**
 * The graph without what the provider lacks. Loops are to be written out before, and state cut: what
 * this makes of splits and sums is not recognised any more.
 */
export function forWebGpu(graph: Graph): Graph {
  const { graph: replaced } = rewritten(graph, substituted);
  const { graph: shared } = rewritten(replaced, shareEqualNodes());
  const next = narrowSplits(withoutDeadNodes(shared));
  next.nodes = next.nodes.map(withLoweredBody);
  return next;
}

/** Of a loop that was too long to write out. */
function withLoweredBody(node: Node): Node {
  if (node.kernel !== 'Repeat') return node;
  const attrs = node.attrs as unknown as RepeatAttributes;
  return { ...node, attrs: { ...attrs, body: forWebGpu(attrs.body) } };
}
