import * as tf from '@tensorflow/tfjs-core';
import { broadcastShapes } from '../../shape.ts';
import {
  type HostTensor,
  type ParityCase,
  type ParityFamily,
  SHAPES,
  SHAPE_PAIRS,
  bools,
  floats,
  given,
  ints,
  reverseOfPair,
} from '../parity.ts';
import { elementwiseKernels } from '../../kernels/elementwise.ts';

interface Domain {
  readonly low?: number;
  readonly high?: number;
  readonly gap?: number;
}

const POSITIVE: Domain = { low: 0.4, high: 3 };
const INSIDE_ONE: Domain = { low: -0.8, high: 0.8 };
/** Away from whole numbers by more than the central differences reach. */
const NO_KINKS: Domain = { low: -3, high: 8, gap: 0.02 };
const NO_ZERO: Domain = { low: 0.5, high: 2.5 };

type Unary = (x: tf.Tensor) => tf.Tensor;
const runKernel = (name: string, inputs: Record<string, tf.Tensor>, attrs: tf.NamedAttrMap = {}): tf.Tensor =>
  tf.engine().runKernel(name, inputs, attrs);

const UNARY: Readonly<Record<string, readonly [Unary, Domain]>> = {
  Abs: [tf.abs, NO_KINKS],
  Neg: [tf.neg, {}],
  Exp: [tf.exp, {}],
  Expm1: [tf.expm1, {}],
  Log: [tf.log, POSITIVE],
  Log1p: [tf.log1p, INSIDE_ONE],
  Sqrt: [tf.sqrt, POSITIVE],
  Rsqrt: [tf.rsqrt, POSITIVE],
  Square: [tf.square, {}],
  Reciprocal: [tf.reciprocal, NO_ZERO],
  Sigmoid: [tf.sigmoid, {}],
  Tanh: [tf.tanh, {}],
  Sin: [tf.sin, { low: -7, high: 7 }],
  Cos: [tf.cos, { low: -7, high: 7 }],
  Tan: [tf.tan, INSIDE_ONE],
  Asin: [tf.asin, INSIDE_ONE],
  Acos: [tf.acos, INSIDE_ONE],
  Atan: [tf.atan, {}],
  Sinh: [tf.sinh, {}],
  Cosh: [tf.cosh, {}],
  Asinh: [tf.asinh, {}],
  Acosh: [tf.acosh, { low: 1.5, high: 4 }],
  Atanh: [tf.atanh, INSIDE_ONE],
  Erf: [tf.erf, {}],
  Softplus: [tf.softplus, { low: -6, high: 6 }],
  Relu: [tf.relu, NO_KINKS],
  Relu6: [tf.relu6, NO_KINKS],
  Elu: [tf.elu, NO_KINKS],
  Selu: [tf.selu, NO_KINKS],
  LeakyRelu: [(x) => tf.leakyRelu(x, 0.3), NO_KINKS],
  ClipByValue: [(x) => tf.clipByValue(x, -1, 4), NO_KINKS],
  Sign: [tf.sign, NO_KINKS],
  Floor: [tf.floor, NO_KINKS],
  Ceil: [tf.ceil, NO_KINKS],
  Round: [(x) => tf.round(tf.add(x, 0.5)), NO_KINKS],
  Step: [(x) => tf.step(x, 0.25), NO_KINKS],
  Identity: [tf.clone, {}],
  ZerosLike: [tf.zerosLike, {}],
  OnesLike: [tf.onesLike, {}],
  IsNan: [tf.isNaN, {}],
  IsInf: [tf.isInf, {}],
  IsFinite: [tf.isFinite, {}],
};

type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

const BINARY: Readonly<Record<string, readonly [Binary, Domain, Domain]>> = {
  Add: [tf.add, {}, {}],
  Sub: [tf.sub, {}, {}],
  Multiply: [tf.mul, {}, {}],
  RealDiv: [tf.div, {}, NO_ZERO],
  SquaredDifference: [tf.squaredDifference, {}, {}],
  Pow: [tf.pow, POSITIVE, { low: -2, high: 3 }],
  // Disjoint fractional parts, so that no pair is close to a tie.
  Maximum: [tf.maximum, { low: 0.1, high: 0.4 }, { low: 0.05, high: 0.09 }],
  Minimum: [tf.minimum, { low: 0.1, high: 0.4 }, { low: 0.05, high: 0.09 }],
  // Quotients between 2.1 and 2.9, away from the jumps.
  Mod: [tf.mod, { low: 2.25, high: 2.75 }, { low: 0.95, high: 1.05 }],
  FloorDiv: [tf.floorDiv, { low: 0.15, high: 0.3 }, { low: 1, high: 2 }],
  Atan2: [tf.atan2, NO_ZERO, NO_ZERO],
  EluGrad: [(dy, y) => runKernel('EluGrad', { dy, y }), {}, { low: -0.9, high: 0.9, gap: 0.02 }],
  Prelu: [tf.prelu, NO_KINKS, {}],
  Equal: [tf.equal, {}, {}],
  NotEqual: [tf.notEqual, {}, {}],
  Less: [tf.less, {}, {}],
  LessEqual: [tf.lessEqual, {}, {}],
  Greater: [tf.greater, {}, {}],
  GreaterEqual: [tf.greaterEqual, {}, {}],
};

/** EluGrad takes equal shapes; the slope of Prelu may be smaller than x, not larger. */
function fits(kernel: string, a: readonly number[], b: readonly number[]): boolean {
  if (kernel === 'EluGrad') return a.join() === b.join();
  return kernel !== 'Prelu' || broadcastShapes(a, b).join() === a.join();
}

const caseOf = (
  kernel: string,
  about: string,
  inputs: Record<string, HostTensor>,
  compute: ParityCase['compute'],
  more: Partial<ParityCase> = {},
): ParityCase => ({ kernel, about, inputs, compute, ...more });

const unaryCases = Object.entries(UNARY).flatMap(([kernel, [op, domain]]) =>
  SHAPES.map((shape, seed) =>
    caseOf(kernel, `[${shape.join()}]`, { x: floats(shape, { ...domain, seed }) }, ({ x }) => op(x!)),
  ),
);

const binaryCases = Object.entries(BINARY).flatMap(([kernel, [op, first, second]]) =>
  SHAPE_PAIRS.filter(([a, b]) => fits(kernel, a, b)).map(([a, b], seed) =>
    caseOf(
      kernel,
      `[${a.join()}] with [${b.join()}]`,
      { a: floats(a, { ...first, seed }), b: floats(b, { ...second, seed: seed + 50 }) },
      (t) => op(t['a']!, t['b']!),
      { reverse: reverseOfPair(a, b) },
    ),
  ),
);

const integerCases = [
  ...(
    [
      ['Abs', tf.abs],
      ['Neg', tf.neg],
      ['Square', tf.square],
      ['Sign', tf.sign],
      ['Relu', tf.relu],
      ['Relu6', tf.relu6],
      ['ClipByValue', (x) => tf.clipByValue(x, -2, 3)],
      ['Step', (x) => tf.step(x)],
      ['Identity', tf.clone],
      ['ZerosLike', tf.zerosLike],
      ['OnesLike', tf.onesLike],
      ['IsNan', tf.isNaN],
      ['IsInf', tf.isInf],
      ['IsFinite', tf.isFinite],
    ] as [string, Unary][]
  ).map(([kernel, op]) => caseOf(kernel, 'int32', { x: ints([2, 5], -9, 9) }, ({ x }) => op(x!))),
  ...(['Add', 'Sub', 'Multiply', 'SquaredDifference', 'Maximum', 'Minimum', 'Mod', 'FloorDiv'] as const)
    .concat(['Equal', 'NotEqual', 'Less', 'LessEqual', 'Greater', 'GreaterEqual'] as never[])
    .map((kernel) =>
      caseOf(
        kernel,
        'int32, broadcast',
        // No zero divisors; both signs of both operands.
        { a: ints([4, 1, 6], -9, 9), b: given([3, 1], [-4, 3, 7], 'int32') },
        (t) => BINARY[kernel]![0](t['a']!, t['b']!),
      ),
    ),
  caseOf('Pow', 'int32', { a: ints([5], -3, 3), b: ints([5], 0, 4) }, (t) => tf.pow(t['a']!, t['b']!)),
  caseOf('RealDiv', 'int32 by float32', { a: ints([5]), b: floats([5], NO_ZERO) }, (t) =>
    tf.div(t['a']!, t['b']!),
  ),
  caseOf(
    'FloorDiv',
    'div of int32',
    { a: ints([6], -9, 9), b: given([6], [2, -2, 3, -3, 5, 1], 'int32') },
    (t) => tf.div(t['a']!, t['b']!),
  ),
];

const logicalCases = SHAPE_PAIRS.flatMap(([a, b]) => [
  caseOf('LogicalAnd', `[${a.join()}] with [${b.join()}]`, { a: bools(a, 1), b: bools(b, 2) }, (t) =>
    tf.logicalAnd(t['a']!, t['b']!),
  ),
  caseOf('LogicalOr', `[${a.join()}] with [${b.join()}]`, { a: bools(a, 3), b: bools(b, 4) }, (t) =>
    tf.logicalOr(t['a']!, t['b']!),
  ),
  caseOf('LogicalNot', `[${a.join()}]`, { a: bools(a, 5) }, (t) => tf.logicalNot(t['a']!)),
]);

const boolCases = [
  caseOf('Identity', 'bool', { x: bools([2, 3]) }, ({ x }) => tf.clone(x!)),
  caseOf('ZerosLike', 'bool', { x: bools([2, 3]) }, ({ x }) => tf.zerosLike(x!)),
  caseOf('OnesLike', 'bool', { x: bools([2, 3]) }, ({ x }) => tf.onesLike(x!)),
  caseOf('Equal', 'bool', { a: bools([4], 1), b: bools([4], 2) }, (t) => tf.equal(t['a']!, t['b']!)),
  caseOf('NotEqual', 'bool', { a: bools([4], 1), b: bools([4], 2) }, (t) => tf.notEqual(t['a']!, t['b']!)),
];

/** Arguments where formulas lose digits or leave the finite numbers. */
const EXTREMES = given([12], [0, -0, 1e-6, -1e-6, 1e-3, 30, -30, 88, -88, Infinity, -Infinity, NaN]);
const extremeCases = (
  ['Expm1', 'Exp', 'Tanh', 'Sigmoid', 'Atan', 'Step', 'Relu', 'Elu', 'IsNan', 'IsInf', 'IsFinite'] as const
).map((kernel) =>
  caseOf(kernel, 'extremes', { x: EXTREMES }, ({ x }) => UNARY[kernel]![0](x!), {
    forward: 'none',
    reverse: 'none',
  }),
);

const otherCases = [
  // NaN is left out: TensorFlow.js makes it 0, ONNX Runtime keeps it.
  caseOf(
    'Sign',
    'zeros and infinities',
    { x: given([5], [0, -0, 1e-30, Infinity, -Infinity]) },
    ({ x }) => tf.sign(x!),
    {
      forward: 'none',
    },
  ),
  caseOf('Log1p', 'small and large', { x: given([7], [1e-7, -1e-7, 1e-4, 0.49, 0.51, 1e3, 0]) }, ({ x }) =>
    tf.log1p(x!),
  ),
  caseOf('Expm1', 'small', { x: given([5], [1e-7, -1e-7, 1e-4, -1e-3, 0]) }, ({ x }) => tf.expm1(x!)),
  // x^b at and below zero: the derivative in b is taken as 0 there.
  caseOf('Pow', 'zero and negative base', { x: given([4], [-1.5, -0.5, -2, 1.25]) }, ({ x }) =>
    tf.pow(x!, tf.scalar(3)),
  ),
  caseOf(
    'Pow',
    'zero base',
    { x: given([3], [0, 0, 0]), b: given([3], [2, 1, 3]) },
    (t) => tf.pow(t['x']!, t['b']!),
    {
      forward: 'none',
    },
  ),
  caseOf('Mod', 'signs', { a: given([4], [5.5, -5.5, 5.5, -5.5]), b: given([4], [3, 3, -3, -3]) }, (t) =>
    tf.mod(t['a']!, t['b']!),
  ),
  caseOf('FloorDiv', 'signs', { a: given([4], [5.5, -5.5, 5.5, -5.5]), b: given([4], [3, 3, -3, -3]) }, (t) =>
    tf.floorDiv(t['a']!, t['b']!),
  ),
  caseOf(
    'Atan2',
    'quadrants',
    { y: given([6], [1, 1, -1, -1, 1, -1]), x: given([6], [1, -1, -1, 1, 0.1, -0.1]) },
    (t) => tf.atan2(t['y']!, t['x']!),
  ),
  caseOf(
    'Atan2',
    'axes',
    { y: given([5], [1, -1, 0, 0, 0]), x: given([5], [0, 0, 1, -1, 0]) },
    (t) => tf.atan2(t['y']!, t['x']!),
    { forward: 'none', reverse: 'none' },
  ),
  caseOf(
    'Round',
    'halves',
    { x: given([8], [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.4999, 3]) },
    ({ x }) => tf.round(x!),
    {
      forward: 'none',
      reverse: 'none',
    },
  ),
  caseOf(
    'Maximum',
    'both sides win',
    { a: given([2, 2], [1, -1, 2, 0.5]), b: given([2, 2], [0.2, 0.3, 3, 0.6]) },
    (t) => tf.maximum(t['a']!, t['b']!),
  ),
  caseOf(
    'Minimum',
    'both sides win',
    { a: given([2, 2], [1, -1, 2, 0.5]), b: given([2, 2], [0.2, 0.3, 3, 0.6]) },
    (t) => tf.minimum(t['a']!, t['b']!),
  ),
  caseOf('Equal', 'equal values', { a: given([3], [1, 2, NaN]), b: given([3], [1, 3, NaN]) }, (t) =>
    tf.equal(t['a']!, t['b']!),
  ),
  caseOf('ClipByValue', 'unbounded on one side', { x: floats([6], NO_KINKS) }, ({ x }) =>
    tf.clipByValue(x!, -Infinity, 2),
  ),

  ...SHAPES.map((shape) =>
    caseOf(
      'AddN',
      `[${shape.join()}]`,
      { a: floats(shape, { seed: 1 }), b: floats(shape, { seed: 2 }), c: floats(shape, { seed: 3 }) },
      (t) => tf.addN([t['a']!, t['b']!, t['c']!]),
    ),
  ),
  caseOf('AddN', 'one', { a: floats([3]) }, ({ a }) => tf.addN([a!])),
  caseOf('AddN', 'int32', { a: ints([3], 0, 5, 1), b: ints([3], 0, 5, 2) }, (t) =>
    tf.addN([t['a']!, t['b']!]),
  ),

  ...(['float32', 'int32', 'bool'] as const).flatMap((to) => [
    caseOf(
      'Cast',
      `float32 to ${to}`,
      { x: given([6], [0.2, -0.7, 1.6, -2.4, 3, 0]) },
      ({ x }) => tf.cast(x!, to),
      {
        forward: 'none',
      },
    ),
    caseOf('Cast', `int32 to ${to}`, { x: ints([2, 3], -1, 1) }, ({ x }) => tf.cast(x!, to)),
    caseOf('Cast', `bool to ${to}`, { x: bools([3]) }, ({ x }) => tf.cast(x!, to)),
    caseOf('Cast', `empty to ${to}`, { x: floats([0, 2]) }, ({ x }) => tf.cast(x!, to)),
  ]),
  caseOf('Cast', 'float32 to itself in the tape', { x: floats([3]) }, ({ x }) =>
    tf.square(tf.cast(x!, 'float32')),
  ),

  ...SHAPE_PAIRS.map(([a, b]) =>
    caseOf(
      'Select',
      `[${a.join()}] with [${b.join()}]`,
      { mask: bools(a, 7), a: floats(a, { seed: 8 }), b: floats(b, { seed: 9 }) },
      (t) => tf.where(t['mask']!, t['a']!, t['b']!),
      // TensorFlow.js leaves an operand as it is where it should be broadcast to nothing.
      { reverse: a.includes(0) && !b.includes(0) ? 'none' : undefined },
    ),
  ),
  caseOf('Select', 'int32', { m: bools([4]), a: ints([4], 0, 9, 1), b: ints([4], 0, 9, 2) }, (t) =>
    tf.where(t['m']!, t['a']!, t['b']!),
  ),
  caseOf('Select', 'bool', { m: bools([4], 1), a: bools([4], 2), b: bools([4], 3) }, (t) =>
    tf.where(t['m']!, t['a']!, t['b']!),
  ),
  caseOf('Select', 'int32 and float32', { m: bools([4]), a: ints([4], 0, 9, 1), b: floats([4]) }, (t) =>
    tf.where(t['m']!, t['a']!, t['b']!),
  ),
  ...(
    [
      [0, 5, 1, 'float32'],
      [2, -3, -2, 'float32'],
      [0, 1, 0.3, 'float32'],
      [3, 9, 2, 'int32'],
      [4, 4, 1, 'float32'],
    ] as const
  ).map(([start, stop, step, dtype]) =>
    caseOf(
      'Range',
      `${start} to ${stop} by ${step}`,
      { x: floats([1]) },
      () => tf.range(start, stop, step, dtype),
      {
        forward: 'none',
        reverse: 'none',
      },
    ),
  ),
  ...(
    [
      [[], 1.5, 'float32'],
      [[2, 1, 3], -2, 'float32'],
      [[3], 7, 'int32'],
      [[2, 2], 1, 'bool'],
      [[0, 2], 3, 'float32'],
    ] as const
  ).map(([shape, value, dtype]) =>
    caseOf(
      'Fill',
      `${dtype} [${shape.join()}]`,
      { x: floats([1]) },
      () => tf.fill([...shape], value, dtype),
      {
        forward: 'none',
        reverse: 'none',
      },
    ),
  ),
];

export const elementwiseParity: ParityFamily = {
  name: 'elementwise',
  kernels: Object.keys(elementwiseKernels),
  cases: [
    ...unaryCases,
    ...binaryCases,
    ...integerCases,
    ...logicalCases,
    ...boolCases,
    ...extremeCases,
    ...otherCases,
  ],
};
