/** Kernels that work element by element, with NumPy broadcasting for those of two arguments. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Attributes, DType, Node } from '../graph.ts';
import { broadcastShapes } from '../shape.ts';
import {
  type JvpContext,
  type KernelRule,
  type KernelTable,
  type OnnxEmitter,
  constantJvp,
  where,
} from './rule.ts';

type Lower = (emit: OnnxEmitter, x: string, attrs: Attributes, node: Node) => string;
/** dy/dx given x and y; null for a derivative that is zero almost everywhere. */
type Slope = ((x: Tensor, y: Tensor, attrs: Attributes) => Tensor) | null;

function unary(lower: string | Lower, slope: Slope, dtype?: DType): KernelRule {
  return {
    infer: ([x]) => [{ dtype: dtype ?? x!.dtype, shape: x!.shape }],
    lower: (emit, [x], node) => [
      typeof lower === 'string' ? emit.op(lower, [x!]) : lower(emit, x!, node.attrs, node),
    ],
    jvp: ({ inputs, outputs, tangents, attrs }) => {
      const dx = tangents[0];
      return [dx && slope ? tf.mul(dx, slope(inputs[0]!, outputs[0]!, attrs)) : null];
    },
  };
}

type Lower2 = (emit: OnnxEmitter, a: string, b: string, node: Node) => string;
/** Tangent of f(a, b) from those of a and b, each null where zero. */
type Tangent2 = (a: Tensor, b: Tensor, da: Tensor | null, db: Tensor | null, y: Tensor) => Tensor | null;

function binary(lower: string | Lower2, tangent: Tangent2 | null, dtype?: DType): KernelRule {
  return {
    infer: ([a, b]) => [{ dtype: dtype ?? a!.dtype, shape: broadcastShapes(a!.shape, b!.shape) }],
    lower: (emit, [a, b], node) => [
      typeof lower === 'string' ? emit.op(lower, [a!, b!]) : lower(emit, a!, b!, node),
    ],
    jvp: ({ inputs: [a, b], outputs: [y], tangents: [da, db] }) => {
      if (tangent === null || (!da && !db)) return [null];
      const dy = tangent(a!, b!, da ?? null, db ?? null, y!);
      // A term may be smaller than the output where the other operand broadcast it.
      return [dy && !tf.util.arraysEqual(dy.shape, y!.shape) ? tf.broadcastTo(dy, y!.shape) : dy];
    },
  };
}

function addTerms(...terms: (Tensor | null)[]): Tensor | null {
  return terms.reduce((sum, term) => (sum && term ? tf.add(sum, term) : (sum ?? term)), null);
}

/** 1 where the mask holds, as float32. */
function indicator(mask: Tensor): Tensor {
  return tf.cast(mask, 'float32');
}

const one = (emit: OnnxEmitter) => emit.scalar(1);

/** Clip takes bounds of its input's type; integers know no infinity. */
function clip(emit: OnnxEmitter, x: string, low: number, high: number, { inputs }: Node): string {
  const { dtype } = inputs[0]!;
  const bound = (value: number) =>
    emit.scalar(dtype === 'int32' ? Math.min(2 ** 31 - 1, Math.max(-(2 ** 31), value)) : value, dtype);
  return emit.op('Clip', [x, bound(low), bound(high)]);
}

/** A test for special floats; integers pass it as floats. */
function floatTest(test: (emit: OnnxEmitter, x: string) => string): KernelRule {
  return unary(
    (emit, x, _, { inputs }) => test(emit, inputs[0]!.dtype === 'float32' ? x : emit.cast(x, 'float32')),
    null,
    'bool',
  );
}

/** One number in the shape of the output. */
function filled(value: number): KernelRule {
  return unary((emit, _x, _attrs, { outputs: [y] }) => {
    const scalar = emit.scalar(value, y!.dtype);
    return y!.shape.length === 0
      ? emit.op('Identity', [scalar])
      : emit.op('Expand', [scalar, emit.ints(y!.shape)]);
  }, null);
}

const comparison = (op: string): KernelRule => binary(op, null, 'bool');

/** max/min: the tangent follows the operand that won; a tie is shared by the first. */
function extremum(op: string, firstWins: (a: Tensor, b: Tensor) => Tensor): KernelRule {
  return binary(op, (a, b, da, db) => {
    const first = indicator(firstWins(a, b));
    return addTerms(da && tf.mul(da, first), db && tf.mul(db, tf.sub(1, first)));
  });
}

const SELU_ALPHA = 1.7580993408473768;
const SELU_SCALE = 1.0507009873554805;

export const elementwiseKernels: KernelTable = {
  Abs: unary('Abs', (x) => tf.sign(x)),
  Neg: unary('Neg', () => tf.scalar(-1)),
  Exp: unary('Exp', (_, y) => y),
  // e^x - 1 without cancellation near 0: tanh(x/2) (e^x + 1).
  Expm1: unary(
    (emit, x) => {
      const half = emit.op('Tanh', [emit.op('Mul', [x, emit.scalar(0.5)])]);
      return emit.op('Mul', [half, emit.op('Add', [emit.op('Exp', [x]), one(emit)])]);
    },
    (_, y) => tf.add(y, 1),
  ),
  Log: unary('Log', (x) => tf.reciprocal(x)),
  // log(1 + x) = 2 artanh(x / (2 + x)) keeps its digits for small x; the plain form for the rest.
  Log1p: unary(
    (emit, x) => {
      const ratio = emit.op('Div', [x, emit.op('Add', [x, emit.scalar(2)])]);
      const near = emit.op('Mul', [emit.op('Atanh', [ratio]), emit.scalar(2)]);
      const far = emit.op('Log', [emit.op('Add', [x, one(emit)])]);
      return emit.op('Where', [emit.op('Less', [emit.op('Abs', [x]), emit.scalar(0.5)]), near, far]);
    },
    (x) => tf.reciprocal(tf.add(x, 1)),
  ),
  Sqrt: unary('Sqrt', (_, y) => tf.div(0.5, y)),
  Rsqrt: unary(
    (emit, x) => emit.op('Reciprocal', [emit.op('Sqrt', [x])]),
    (x, y) => tf.mul(tf.div(y, x), -0.5),
  ),
  Square: unary(
    (emit, x) => emit.op('Mul', [x, x]),
    (x) => tf.mul(x, 2),
  ),
  Reciprocal: unary('Reciprocal', (_, y) => tf.neg(tf.square(y))),
  Sigmoid: unary('Sigmoid', (_, y) => tf.mul(y, tf.sub(1, y))),
  Tanh: unary('Tanh', (_, y) => tf.sub(1, tf.square(y))),
  Sin: unary('Sin', (x) => tf.cos(x)),
  Cos: unary('Cos', (x) => tf.neg(tf.sin(x))),
  Tan: unary('Tan', (_, y) => tf.add(tf.square(y), 1)),
  Asin: unary('Asin', (x) => tf.rsqrt(tf.sub(1, tf.square(x)))),
  Acos: unary('Acos', (x) => tf.neg(tf.rsqrt(tf.sub(1, tf.square(x))))),
  Atan: unary('Atan', (x) => tf.reciprocal(tf.add(tf.square(x), 1))),
  Sinh: unary('Sinh', (x) => tf.cosh(x)),
  Cosh: unary('Cosh', (x) => tf.sinh(x)),
  Asinh: unary('Asinh', (x) => tf.rsqrt(tf.add(tf.square(x), 1))),
  Acosh: unary('Acosh', (x) => tf.rsqrt(tf.sub(tf.square(x), 1))),
  Atanh: unary('Atanh', (x) => tf.reciprocal(tf.sub(1, tf.square(x)))),
  Erf: unary('Erf', (x) => tf.mul(tf.exp(tf.neg(tf.square(x))), 2 / Math.sqrt(Math.PI))),
  Softplus: unary('Softplus', (x) => tf.sigmoid(x)),
  Relu: unary('Relu', (x) => indicator(tf.greater(x, 0))),
  Relu6: unary(
    (emit, x, _, node) => clip(emit, x, 0, 6, node),
    (x) => indicator(tf.logicalAnd(tf.greater(x, 0), tf.less(x, 6))),
  ),
  Elu: unary('Elu', (x, y) => tf.where(tf.greaterEqual(x, 0), tf.onesLike(y), tf.add(y, 1))),
  Selu: unary('Selu', (x, y) =>
    tf.where(tf.greaterEqual(x, 0), tf.fill(y.shape, SELU_SCALE), tf.add(y, SELU_ALPHA)),
  ),
  LeakyRelu: unary(
    (emit, x, attrs) => emit.op('LeakyRelu', [x], { alpha: { float: attrs['alpha'] as number } }),
    (x, y, attrs) =>
      tf.where(tf.greaterEqual(x, 0), tf.onesLike(y), tf.fill(y.shape, attrs['alpha'] as number)),
  ),
  ClipByValue: unary(
    (emit, x, attrs, node) =>
      clip(emit, x, attrs['clipValueMin'] as number, attrs['clipValueMax'] as number, node),
    (x, _, attrs) =>
      indicator(
        tf.logicalAnd(
          tf.greaterEqual(x, attrs['clipValueMin'] as number),
          tf.lessEqual(x, attrs['clipValueMax'] as number),
        ),
      ),
  ),
  Sign: unary('Sign', null),
  Floor: unary('Floor', null),
  Ceil: unary('Ceil', null),
  Round: unary('Round', null),
  // 1 for x > 0, else alpha; a NaN stays one.
  Step: unary((emit, x, attrs, node) => {
    const dtype = node.inputs[0]!.dtype;
    const alpha = emit.scalar((attrs['alpha'] as number | undefined) ?? 0, dtype);
    const stepped = emit.op('Where', [
      emit.op('Greater', [x, emit.scalar(0, dtype)]),
      emit.scalar(1, dtype),
      alpha,
    ]);
    return dtype === 'float32' ? emit.op('Where', [emit.op('IsNaN', [x]), x, stepped]) : stepped;
  }, null),
  LogicalNot: unary('Not', null, 'bool'),
  IsNan: floatTest((emit, x) => emit.op('IsNaN', [x])),
  IsInf: floatTest((emit, x) => emit.op('IsInf', [x])),
  IsFinite: floatTest((emit, x) => emit.op('Less', [emit.op('Abs', [x]), emit.scalar(Infinity)])),
  Identity: unary('Identity', () => tf.scalar(1)),
  ZerosLike: filled(0),
  OnesLike: filled(1),

  Add: binary('Add', (_a, _b, da, db) => addTerms(da, db)),
  Sub: binary('Sub', (_a, _b, da, db) => addTerms(da, db && tf.neg(db))),
  Multiply: binary('Mul', (a, b, da, db) => addTerms(da && tf.mul(da, b), db && tf.mul(db, a))),
  RealDiv: binary(
    (emit, a, b, node) =>
      emit.op(
        'Div',
        node.inputs.map((v, i) => (v.dtype === 'float32' ? [a, b][i]! : emit.cast([a, b][i]!, 'float32'))),
      ),
    (_a, b, da, db, y) => addTerms(da && tf.div(da, b), db && tf.neg(tf.div(tf.mul(db, y), b))),
    'float32',
  ),
  SquaredDifference: binary(
    (emit, a, b) => {
      const difference = emit.op('Sub', [a, b]);
      return emit.op('Mul', [difference, difference]);
    },
    (a, b, da, db) => {
      const difference = tf.mul(tf.sub(a, b), 2);
      return addTerms(da && tf.mul(da, difference), db && tf.neg(tf.mul(db, difference)));
    },
  ),
  Pow: binary('Pow', (a, b, da, db, y) =>
    addTerms(
      da && tf.mul(tf.mul(da, b), tf.pow(a, tf.sub(b, 1))),
      // d/db a^b = a^b log a, taken as 0 where a <= 0, as the reverse rule does.
      db && tf.mul(tf.mul(db, y), tf.where(tf.greater(a, 0), tf.log(tf.maximum(a, 1e-38)), tf.zerosLike(a))),
    ),
  ),
  Maximum: extremum('Max', (a, b) => tf.greaterEqual(a, b)),
  Minimum: extremum('Min', (a, b) => tf.lessEqual(a, b)),
  // Sign of the divisor, as Python; fmod has the sign of the dividend.
  Mod: binary(
    (emit, a, b, node) => {
      if (node.inputs[0]!.dtype === 'int32') return emit.op('Mod', [a, b]);
      const remainder = emit.op('Mod', [a, b], { fmod: 1 });
      return emit.op('Mod', [emit.op('Add', [remainder, b]), b], { fmod: 1 });
    },
    (a, b, da, db) => addTerms(da, db && tf.neg(tf.mul(db, tf.floor(tf.div(a, b))))),
  ),
  // TensorFlow.js gives integers here, whatever it divides.
  FloorDiv: binary(
    (emit, a, b, node) => {
      if (node.inputs[0]!.dtype !== 'int32') {
        return emit.cast(emit.op('Floor', [emit.op('Div', [a, b])]), 'int32');
      }
      // Exact on integers: the remainder with the divisor's sign is taken off first.
      return emit.op('Div', [emit.op('Sub', [a, emit.op('Mod', [a, b])]), b]);
    },
    null,
    'int32',
  ),
  Atan2: binary(
    (emit, y, x) => {
      const zero = emit.scalar(0);
      const plain = emit.op('Atan', [emit.op('Div', [y, x])]);
      const halfTurn = emit.op('Where', [
        emit.op('Less', [y, zero]),
        emit.scalar(-Math.PI),
        emit.scalar(Math.PI),
      ]);
      const left = emit.op('Add', [plain, halfTurn]);
      const onAxis = emit.op('Mul', [emit.op('Sign', [y]), emit.scalar(Math.PI / 2)]);
      const finite = emit.op('Where', [emit.op('Less', [x, zero]), left, plain]);
      return emit.op('Where', [emit.op('Equal', [x, zero]), onAxis, finite]);
    },
    (y, x, dy, dx) => {
      const norm = tf.add(tf.square(x), tf.square(y));
      return addTerms(dy && tf.div(tf.mul(dy, x), norm), dx && tf.neg(tf.div(tf.mul(dx, y), norm)));
    },
  ),
  // Slope of elu in terms of its output, times dy.
  EluGrad: binary(
    (emit, dy, y) => {
      const slope = emit.op('Where', [
        emit.op('GreaterOrEqual', [y, emit.scalar(0)]),
        one(emit),
        emit.op('Add', [y, one(emit)]),
      ]);
      return emit.op('Mul', [dy, slope]);
    },
    (dy, y, ddy, dyOut) => {
      const slope = tf.where(tf.greaterEqual(y, 0), tf.onesLike(y), tf.add(y, 1));
      return addTerms(
        ddy && tf.mul(ddy, slope),
        dyOut && tf.mul(tf.mul(dyOut, dy), indicator(tf.less(y, 0))),
      );
    },
  ),
  Prelu: binary(
    (emit, x, alpha) =>
      emit.op('Where', [emit.op('Less', [x, emit.scalar(0)]), emit.op('Mul', [x, alpha]), x]),
    (x, alpha, dx, dalpha) => {
      const negative = indicator(tf.less(x, 0));
      return addTerms(
        dx && tf.mul(dx, tf.where(tf.less(x, 0), tf.broadcastTo(alpha, x.shape), tf.onesLike(x))),
        dalpha && tf.mul(tf.mul(dalpha, x), negative),
      );
    },
  ),
  Equal: comparison('Equal'),
  NotEqual: binary((emit, a, b) => emit.op('Not', [emit.op('Equal', [a, b])]), null, 'bool'),
  Less: comparison('Less'),
  LessEqual: comparison('LessOrEqual'),
  Greater: comparison('Greater'),
  GreaterEqual: comparison('GreaterOrEqual'),
  LogicalAnd: comparison('And'),
  LogicalOr: comparison('Or'),

  AddN: {
    infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
    lower: (emit, inputs) => [inputs.slice(1).reduce((sum, x) => emit.op('Add', [sum, x]), inputs[0]!)],
    jvp: ({ tangents }) => [addTerms(...tangents)],
  },
  Cast: {
    infer: ([x], attrs) => [{ dtype: attrs['dtype'] as DType, shape: x!.shape }],
    lower: (emit, [x], { attrs }) => [emit.cast(x!, attrs['dtype'] as DType)],
    jvp: ({ tangents: [dx], attrs }) => [dx && attrs['dtype'] === 'float32' ? dx : null],
  },
  Select: {
    infer: ([, t, e]) => [{ dtype: tf.upcastType(t!.dtype, e!.dtype) as DType, shape: t!.shape }],
    lower: (emit, [condition, t, e], node) => {
      const [, then, otherwise] = node.inputs;
      const { dtype } = node.outputs[0]!;
      return [
        where(
          emit,
          dtype,
          condition!,
          then!.dtype === dtype ? t! : emit.cast(t!, dtype),
          otherwise!.dtype === dtype ? e! : emit.cast(e!, dtype),
        ),
      ];
    },
    jvp: ({ inputs: [condition, t, e], tangents: [, dt, de], again }: JvpContext) => {
      if (!dt && !de) return [null];
      return again([condition!, dt ?? tf.zerosLike(t!), de ?? tf.zerosLike(e!)]);
    },
  },
  Range: {
    infer: (_, attrs) => {
      const { start, stop, step } = attrs as { start: number; stop: number; step: number };
      const count = Math.max(0, Math.ceil((stop - start) / step));
      return [{ dtype: (attrs['dtype'] as DType | undefined) ?? 'float32', shape: [count] }];
    },
    lower: (emit, _, { attrs, outputs: [y] }) => {
      const { start, step } = attrs as { start: number; step: number };
      const values = Float32Array.from({ length: y!.shape[0]! }, (_element, i) => start + i * step);
      return [emit.cast(emit.floats(values, y!.shape), y!.dtype)];
    },
    jvp: constantJvp,
  },
  Fill: {
    infer: (_, attrs) => [
      { dtype: (attrs['dtype'] as DType | undefined) ?? 'float32', shape: attrs['shape'] as number[] },
    ],
    lower: (emit, _, node) => {
      const { dtype, shape } = node.outputs[0]!;
      return [emit.op('Expand', [emit.scalar(node.attrs['value'] as number, dtype), emit.ints(shape)])];
    },
    jvp: constantJvp,
  },
};
