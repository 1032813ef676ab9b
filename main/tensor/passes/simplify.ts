/**
 * Algebra on single nodes: what TensorFlow.js's tape leaves behind (identities, reshapes of reshapes,
 * products with ones, sums with zeros) becomes nothing or something smaller.
 *
 * Multiplying by a known zero gives zero here, although NaN times zero is NaN: a stopped gradient is
 * such a zero, and it must stop.
 */
import { type Node, type Value, splatNumber } from '../graph.ts';
import { normalizedAxes, shapesEqual, sizeOf } from '../shape.ts';
import type { Rewriter } from './rewrite.ts';

export function simplify(node: Node, rewriter: Rewriter): Value[] | null {
  const rule = RULES[node.kernel];
  return (
    keepsElements(node, rewriter) ??
    rule?.(node, rewriter) ??
    (BROADCASTING.has(node.kernel) ? narrowOperands(node, rewriter) : null)
  );
}

/** Elementwise kernels of two arguments, which broadcast by themselves. */
const BROADCASTING = new Set([
  'Add',
  'Sub',
  'Multiply',
  'RealDiv',
  'SquaredDifference',
  'Maximum',
  'Minimum',
  'Pow',
  'Equal',
  'NotEqual',
  'Less',
  'LessEqual',
  'Greater',
  'GreaterEqual',
  'LogicalAnd',
  'LogicalOr',
]);

const isNumber = (value: Value, number: number): boolean => splatNumber(value) === number;
const same = (a: Value, b: { shape: Value['shape'] }): boolean => shapesEqual(a.shape, b.shape);

/** Kernels that hand their input through unchanged for these attributes. */
function keepsElements(node: Node, rewriter: Rewriter): Value[] | null {
  const [x] = node.inputs;
  const [y] = node.outputs;
  if (x === undefined || y === undefined || node.outputs.length !== 1) return null;
  const passes =
    node.kernel === 'Identity' ||
    (node.kernel === 'Cast' && x.dtype === y.dtype) ||
    (node.kernel === 'Concat' && node.inputs.length === 1) ||
    (MOVING.has(node.kernel) && same(x, y) && movesNothing(node));
  if (passes) return [x];
  // A splat that is moved, cut or repeated is a splat of another shape.
  const number = splatNumber(x);
  if (MOVING.has(node.kernel) && number !== null && sizeOf(y.shape) > 0 && fillsWith(node, number)) {
    return [rewriter.splat(number, y.dtype, y.shape)];
  }
  return null;
}

const MOVING = new Set(['Reshape', 'ExpandDims', 'Transpose', 'Tile', 'Slice', 'PadV2', 'Reverse']);

function movesNothing({ kernel, attrs }: Node): boolean {
  if (kernel === 'Transpose') return (attrs['perm'] as number[]).every((axis, i) => axis === i);
  if (kernel === 'Reverse') return (attrs['dims'] as number[]).length === 0;
  return true;
}

function fillsWith({ kernel, attrs }: Node, number: number): boolean {
  return kernel !== 'PadV2' || attrs['constantValue'] === number;
}

type NodeRule = (node: Node, rewriter: Rewriter) => Value[] | null;

function constantLike(number: number): NodeRule {
  return ({ outputs: [y] }, rewriter) =>
    sizeOf(y!.shape) > 0 ? [rewriter.splat(number, y!.dtype, y!.shape)] : null;
}

/** A zero factor makes a zero product of the output's shape. */
const zeroProduct: NodeRule = ({ inputs, outputs: [y] }, rewriter) =>
  inputs.some((value) => isNumber(value, 0)) && sizeOf(y!.shape) > 0
    ? [rewriter.splat(0, y!.dtype, y!.shape)]
    : null;

const RULES: Readonly<Record<string, NodeRule>> = {
  ZerosLike: constantLike(0),
  OnesLike: constantLike(1),
  Fill: (node, rewriter) => constantLike(node.attrs['value'] as number)(node, rewriter),

  Reshape: reshapeOnce,
  ExpandDims: reshapeOnce,

  Transpose: ({ inputs: [x], outputs: [y], attrs }, rewriter) => {
    const inner = rewriter.producerOf(x!);
    const perm = attrs['perm'] as number[];
    if (inner?.kernel === 'Transpose') {
      const first = inner.attrs['perm'] as number[];
      return [rewriter.add('Transpose', { x: inner.inputs[0]! }, y!, { perm: perm.map((i) => first[i]!) })];
    }
    // Moving only axes of size 1 is a reshape.
    const moved = perm.filter((axis) => x!.shape[axis] !== 1);
    const inOrder = moved.every((axis, i) => i === 0 || axis > moved[i - 1]!);
    return inOrder ? [rewriter.add('Reshape', { x: x! }, y!, { shape: [...y!.shape] })] : null;
  },

  Add: ({ inputs: [a, b], outputs: [y] }, rewriter) => {
    if (isNumber(a!, 0) && same(b!, y!)) return [b!];
    if (isNumber(b!, 0) && same(a!, y!)) return [a!];
    const negated = rewriter.producerOf(b!);
    if (negated?.kernel === 'Neg') return [rewriter.add('Sub', { a: a!, b: negated.inputs[0]! }, y!)];
    const negatedA = rewriter.producerOf(a!);
    if (negatedA?.kernel === 'Neg') return [rewriter.add('Sub', { a: b!, b: negatedA.inputs[0]! }, y!)];
    return null;
  },
  Sub: ({ inputs: [a, b], outputs: [y] }, rewriter) => {
    if (isNumber(b!, 0) && same(a!, y!)) return [a!];
    if (isNumber(a!, 0) && same(b!, y!)) return [rewriter.add('Neg', { x: b! }, y!)];
    const negated = rewriter.producerOf(b!);
    return negated?.kernel === 'Neg' ? [rewriter.add('Add', { a: a!, b: negated.inputs[0]! }, y!)] : null;
  },
  Multiply: (node, rewriter) => {
    const { inputs, outputs } = node;
    const [a, b] = inputs as [Value, Value];
    const [y] = outputs as [Value];
    const zero = zeroProduct(node, rewriter);
    if (zero) return zero;
    for (const [x, factor] of [
      [a, b],
      [b, a],
    ] as const) {
      if (isNumber(factor, 1)) return same(x, y) ? [x] : [expanded(x, y, rewriter)];
      if (isNumber(factor, -1) && same(x, y)) return [rewriter.add('Neg', { x }, y)];
      const merged = mergedFactors(x, factor, y, rewriter);
      if (merged) return merged;
    }
    return null;
  },
  RealDiv: ({ inputs: [a, b], outputs: [y] }, rewriter) => {
    if (isNumber(b!, 1) && same(a!, y!) && a!.dtype === 'float32') return [a!];
    return isNumber(a!, 0) && sizeOf(y!.shape) > 0 && a!.dtype === 'float32'
      ? [rewriter.splat(0, y!.dtype, y!.shape)]
      : null;
  },
  Neg: ({ inputs: [x], outputs: [y] }, rewriter) => {
    if (isNumber(x!, 0)) return [rewriter.splat(0, y!.dtype, y!.shape)];
    const inner = rewriter.producerOf(x!);
    if (inner?.kernel === 'Neg') return [inner.inputs[0]!];
    return inner?.kernel === 'Sub'
      ? [rewriter.add('Sub', { a: inner.inputs[1]!, b: inner.inputs[0]! }, y!)]
      : null;
  },
  Pow: ({ inputs: [x, exponent], outputs: [y] }, rewriter) => {
    if (!same(x!, y!) || x!.dtype !== 'float32') return null;
    if (isNumber(exponent!, 1)) return [x!];
    if (isNumber(exponent!, 2)) return [rewriter.add('Square', { x: x! }, y!)];
    return isNumber(exponent!, 0.5) ? [rewriter.add('Sqrt', { x: x! }, y!)] : null;
  },
  Sum: ({ inputs: [x], outputs: [y], attrs }, rewriter) => {
    const axes = normalizedAxes(attrs['axis'], x!.shape.length);
    if (x!.dtype === 'bool') return null;
    if (axes.every((axis) => x!.shape[axis] === 1)) {
      return [rewriter.add('Reshape', { x: x! }, y!, { shape: [...y!.shape] })];
    }
    const number = splatNumber(x!);
    if (number === null || sizeOf(y!.shape) === 0) return null;
    return [
      rewriter.splat(number * axes.reduce((count, axis) => count * x!.shape[axis]!, 1), y!.dtype, y!.shape),
    ];
  },
  BatchMatMul: (node, rewriter) => zeroProduct(node, rewriter) ?? absorbTransposes(node, rewriter),
  Tile: ({ inputs: [x], outputs: [y], attrs }, rewriter) => {
    // Repeats of repeats of size-1 axes are one repeat.
    const inner = rewriter.producerOf(x!);
    if (inner?.kernel !== 'Tile') return null;
    const first = inner.attrs['reps'] as number[];
    const second = attrs['reps'] as number[];
    const source = inner.inputs[0]!;
    return source.shape.every((n, i) => n === 1 || (first[i] === 1 && second[i] === 1))
      ? [rewriter.add('Tile', { x: source }, y!, { reps: first.map((n, i) => n * second[i]!) })]
      : null;
  },
};

function reshapeOnce({ kernel, inputs: [x], outputs: [y] }: Node, rewriter: Rewriter): Value[] | null {
  const inner = rewriter.producerOf(x!);
  if (inner?.kernel === 'Reshape') {
    const source = inner.inputs[0]!;
    return same(source, y!)
      ? [source]
      : [rewriter.add('Reshape', { x: source }, y!, { shape: [...y!.shape] })];
  }
  return kernel === 'ExpandDims' ? [rewriter.add('Reshape', { x: x! }, y!, { shape: [...y!.shape] })] : null;
}

/** x repeated to the shape of y, which it broadcasts to. */
function expanded(x: Value, y: Value, rewriter: Rewriter): Value {
  const padded = [...new Array<number>(y.shape.length - x.shape.length).fill(1), ...x.shape];
  const wide =
    padded.length === x.shape.length
      ? x
      : rewriter.add('Reshape', { x }, { dtype: x.dtype, shape: padded }, { shape: padded });
  return rewriter.add('Tile', { x: wide }, y, { reps: y.shape.map((n, i) => n / padded[i]!) });
}

const SMALLEST_NORMAL = 2 ** -126;
const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/** (x * c1) * c2 = x * (c1 c2) for known numbers. */
function mergedFactors(product: Value, factor: Value, y: Value, rewriter: Rewriter): Value[] | null {
  const outer = splatNumber(factor);
  const inner = rewriter.producerOf(product);
  if (outer === null || inner?.kernel !== 'Multiply' || y.dtype !== 'float32') return null;
  const [a, b] = inner.inputs as [Value, Value];
  for (const [x, other] of [
    [a, b],
    [b, a],
  ] as const) {
    const number = splatNumber(other);
    if (number === null || !same(x, y)) continue;
    // The product of the numbers may leave the range of floats where x would have brought it back.
    const size = Math.abs(number * outer);
    if (size !== 0 && (size < SMALLEST_NORMAL || size > LARGEST)) continue;
    return [rewriter.add('Multiply', { a: x, b: rewriter.splat(number * outer, 'float32', []) }, y)];
  }
  return null;
}

/**
 * Operands that were spread to full size before an elementwise kernel are used as they were: splats
 * as scalars, repeats as their source.
 */
function narrowOperands(node: Node, rewriter: Rewriter): Value[] | null {
  const [y] = node.outputs as [Value];
  const narrow = (value: Value, other: Value): Value => {
    if (!same(other, y)) return value;
    const number = splatNumber(value);
    if (number !== null && value.shape.length > 0) return rewriter.splat(number, value.dtype, []);
    const producer = rewriter.producerOf(value);
    if (producer?.kernel !== 'Tile') return value;
    const source = producer.inputs[0]!;
    const reps = producer.attrs['reps'] as number[];
    return source.shape.every((n, i) => n === 1 || reps[i] === 1) ? source : value;
  };
  const [a, b] = node.inputs as [Value, Value];
  const slimB = narrow(b, a);
  const slimA = slimB === b ? narrow(a, b) : a;
  if (slimA === a && slimB === b) return null;
  return [rewriter.add(node.kernel, { a: slimA, b: slimB }, y, node.attrs)];
}

/** A matrix product reads a transposed operand in place. */
function absorbTransposes(node: Node, rewriter: Rewriter): Value[] | null {
  const [a, b] = node.inputs as [Value, Value];
  const swapsLastTwo = (value: Value): Value | null => {
    const producer = rewriter.producerOf(value);
    if (producer?.kernel !== 'Transpose') return null;
    const perm = producer.attrs['perm'] as number[];
    const n = perm.length;
    const isSwap = perm.every((axis, i) => axis === (i === n - 1 ? n - 2 : i === n - 2 ? n - 1 : i));
    return n >= 2 && isSwap ? producer.inputs[0]! : null;
  };
  const plainA = swapsLastTwo(a);
  const plainB = swapsLastTwo(b);
  if (plainA === null && plainB === null) return null;
  return [
    rewriter.add('BatchMatMul', { a: plainA ?? a, b: plainB ?? b }, node.outputs[0]!, {
      transposeA: (node.attrs['transposeA'] === true) !== (plainA !== null),
      transposeB: (node.attrs['transposeB'] === true) !== (plainB !== null),
    }),
  ];
}

/** Kernels whose every output element depends on the matching input elements alone. */
export function isElementwise(kernel: string): boolean {
  return BROADCASTING.has(kernel) || UNARY.has(kernel);
}

const UNARY = new Set([
  'Abs',
  'Cast',
  'Cos',
  'Exp',
  'Floor',
  'Log',
  'LogicalNot',
  'Neg',
  'Reciprocal',
  'Relu',
  'Rsqrt',
  'Sigmoid',
  'Sign',
  'Sin',
  'Sqrt',
  'Square',
  'Step',
  'Tanh',
]);
