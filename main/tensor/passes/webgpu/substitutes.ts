/**
 * Kernels that ONNX Runtime's WebGPU provider lacks, or computes too coarsely, by others that it has.
 * What has no rule here and no kernel there runs on the processor, and is named as falling back.
 */
import type { Node, Value } from '../../graph.ts';
import { normalizedAxes, sizeOf } from '../../shape.ts';
import type { Rewriter } from '../rewrite.ts';
import { Building } from './building.ts';
import { depthwiseInputGradient, maxPoolGradient } from './image-gradients.ts';
import { cosine, sine } from './trigonometry.ts';

type Substitute = (build: Building, node: Node, rewriter: Rewriter) => Value | null;

/** Elements of the one-hot matrix that adds rows by number; larger ones would cost more than they save. */
const LARGEST_ONE_HOT = 2 ** 26;

export function substituted(node: Node, rewriter: Rewriter): readonly Value[] | null {
  const substitute = SUBSTITUTES[node.kernel];
  const isPlain = node.outputs.length === 1 && sizeOf(node.outputs[0]!.shape) > 0;
  if (substitute === undefined || !isPlain) return null;
  const value = substitute(new Building(rewriter), node, rewriter);
  return value === null ? null : [value];
}

/** Of an elementwise kernel with one argument. */
function ofFloats(make: (build: Building, x: Value, node: Node) => Value): Substitute {
  return (build, node) => (node.inputs[0]!.dtype === 'float32' ? make(build, node.inputs[0]!, node) : null);
}

const SUBSTITUTES: Readonly<Record<string, Substitute>> = {
  Sin: ofFloats(sine),
  Cos: ofFloats(cosine),
  Tan: ofFloats((build, x) => build.binary('RealDiv', sine(build, x), cosine(build, x))),
  // WGSL computes it from the arc tangent of a large quotient.
  Acos: ofFloats((build, x) => build.binary('Sub', Math.PI / 2, build.unary('Asin', x))),

  Sign: ofFloats((build, x) => {
    const isOf = (comparison: string): Value => build.cast(build.binary(comparison, x, 0, 'bool'), 'float32');
    return build.binary('Sub', isOf('Greater'), isOf('Less'));
  }),
  // Without the test for NaN, which WGSL has no reliable way to make.
  Step: ofFloats((build, x, { attrs }) => {
    const alpha = (attrs['alpha'] as number | undefined) ?? 0;
    const isPositive = build.binary('Greater', x, 0, 'bool');
    return alpha === 0 ? build.cast(isPositive, 'float32') : build.select(isPositive, 1, alpha);
  }),
  // Halves go to the even neighbour.
  Round: ofFloats((build, x) => {
    const up = build.unary('Floor', build.binary('Add', x, 0.5));
    const isTie = build.cast(build.binary('Equal', build.binary('Sub', up, x), 0.5, 'bool'), 'float32');
    const half = build.binary('Multiply', up, 0.5);
    const odd = build.binary('Multiply', build.binary('Sub', half, build.unary('Floor', half)), 2);
    return build.binary('Sub', up, build.binary('Multiply', isTie, odd));
  }),
  LogicalOr: (build, { inputs: [a, b] }) => {
    const not = (value: Value): Value => build.unary('LogicalNot', value);
    return not(build.binary('LogicalAnd', not(a!), not(b!), 'bool'));
  },

  ArgMax: (build, node) => firstWhere(build, node, 'Max'),
  ArgMin: (build, node) => firstWhere(build, node, 'Min'),
  DepthwiseConv2dNativeBackpropInput: (_, node, rewriter) => depthwiseInputGradient(node, rewriter),
  MaxPoolGrad: (_, node, rewriter) => maxPoolGradient(node, rewriter),
  // A product with the one-hot matrix of the segments; the order of its sums is always the same.
  UnsortedSegmentSum: (build, { inputs: [x, segments], attrs }) => {
    const count = attrs['numSegments'] as number;
    const rows = x!.shape[0]!;
    if (x!.dtype !== 'float32' || count * rows > LARGEST_ONE_HOT) return null;
    const numbers = build.counting('int32', [count, 1]);
    const isIn = build.binary('Equal', build.reshape(segments!, [1, rows]), numbers, 'bool');
    const flat = build.reshape(x!, [rows, sizeOf(x!.shape) / rows]);
    const sums = build.product(build.cast(isIn, 'float32'), flat);
    return build.reshape(sums, [count, ...x!.shape.slice(1)]);
  },
};

/** The first position of an extreme element: the smallest number of a position that holds it. */
function firstWhere(build: Building, { inputs: [x], attrs }: Node, extremum: 'Max' | 'Min'): Value | null {
  if (x!.dtype !== 'float32') return null;
  const [axis] = normalizedAxes(attrs['axis'] ?? 0, x!.shape.length) as [number];
  const extreme = build.reduced(extremum, x!, axis, true);
  const isHit = build.binary('Equal', x!, extreme, 'bool');
  const size = x!.shape[axis]!;
  const positions = build.counting(
    'float32',
    x!.shape.map((_, i) => (i === axis ? size : 1)),
  );
  return build.cast(build.reduced('Min', build.select(isHit, positions, size), axis, false), 'int32');
}
