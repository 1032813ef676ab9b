/** The passes every compiled graph goes through, until nothing changes. */
import type { Graph, Node } from '../graph.ts';
import type { RepeatAttributes } from '../kernels/repeat.ts';
import { foldConstants } from './fold.ts';
import { hoisted } from './hoist.ts';
import { rewritten } from './rewrite.ts';
import { shareEqualNodes, withoutDeadNodes } from './share.ts';
import { simplify } from './simplify.ts';

/** Each round can open work for the next; real graphs settle in three or four. */
const MOST_ROUNDS = 12;

/** An equal graph with fewer nodes. Values are exactly those of the input but for rounding. */
export function optimized(graph: Graph): Graph {
  const settled = simplified(graph);
  settled.nodes = settled.nodes.map(withOptimizedBody);
  const lifted = hoisted(settled);
  return lifted.changed ? simplified(lifted.graph) : settled;
}

function simplified(graph: Graph): Graph {
  let current = withoutDeadNodes(graph);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    let changed = false;
    for (const rule of [simplify, foldConstants, shareEqualNodes()]) {
      const result = rewritten(current, rule);
      changed ||= result.changed;
      current = result.graph;
    }
    current = withoutDeadNodes(current);
    if (!changed) break;
  }
  return current;
}

/** The body of a loop is run most often of all. */
function withOptimizedBody(node: Node): Node {
  if (node.kernel !== 'Repeat') return node;
  const attrs = node.attrs as unknown as RepeatAttributes;
  return { ...node, attrs: { ...attrs, body: optimized(attrs.body) } };
}
