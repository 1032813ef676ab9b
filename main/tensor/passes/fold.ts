/** Constant folding: what is known at trace time is computed then, by the reference kernels. */
import { type Node, type Value, splatNumber } from '../graph.ts';
import { evaluateConstantNode } from '../executors/tfjs.ts';
import { sizeOf } from '../shape.ts';
import type { Rewriter } from './rewrite.ts';
import { isElementwise } from './simplify.ts';

/** Larger results are left to the executor: holding them would cost more than making them. */
const LARGEST_RESULT = 1 << 16;

export function foldConstants(node: Node, rewriter: Rewriter): Value[] | null {
  return emptyResult(node, rewriter) ?? foldedSplat(node, rewriter) ?? folded(node, rewriter);
}

const isKnown = (value: Value): boolean => value.constant !== null || sizeOf(value.shape) === 0;

/** A tensor without elements needs no computation, and providers disagree on computing it. */
function emptyResult(node: Node, { graph }: Rewriter): Value[] | null {
  return node.outputs.every((value) => sizeOf(value.shape) === 0)
    ? node.outputs.map(({ dtype, shape }) => graph.constant(new Float32Array(0), dtype, shape))
    : null;
}

/** An elementwise kernel on splats is a splat, whatever its size. */
function foldedSplat(node: Node, rewriter: Rewriter): Value[] | null {
  const [y] = node.outputs;
  if (!isElementwise(node.kernel) || sizeOf(y!.shape) === 0) return null;
  const numbers = node.inputs.map(splatNumber);
  if (numbers.some((number) => number === null)) return null;
  const scalars = node.inputs.map((value, i) => rewriter.splat(numbers[i]!, value.dtype, []));
  const scalar = { ...y!, shape: [] };
  const [result] = evaluateConstantNode({ ...node, inputs: scalars, outputs: [scalar] });
  return [rewriter.splat(result![0]!, y!.dtype, y!.shape)];
}

function folded(node: Node, { graph }: Rewriter): Value[] | null {
  const size = node.outputs.reduce((sum, value) => sum + sizeOf(value.shape), 0);
  if (node.kernel === 'Repeat' || size > LARGEST_RESULT || !node.inputs.every(isKnown)) return null;
  const inputs = node.inputs.map((value) =>
    value.constant === null ? graph.constant(new Float32Array(0), value.dtype, value.shape) : value,
  );
  const results = evaluateConstantNode({ ...node, inputs });
  return node.outputs.map(({ dtype, shape }, i) => graph.constant(results[i]!, dtype, shape));
}
