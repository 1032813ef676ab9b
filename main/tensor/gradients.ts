/**
 * Tape gradients that replace TensorFlow.js's own where those refuse a shape, call a kernel outside
 * the table or unroll into a node per row: a repeat to 2,048 rows would become 2,048 slices.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { sizeOf } from './shape.ts';

// A repetition is detached: what it computed is a constant to the tape.
tf.registerGradient({
  kernelName: 'Repeat',
  saveAllInputs: true,
  gradFunc: (_dy, saved) =>
    Object.fromEntries(saved.map((input, i) => [i, () => tf.zeros(input.shape)])) as never,
});

/** Sums a gradient over the axes along which an operand of `shape` was broadcast. */
function summedTo(grad: Tensor, shape: readonly number[]): Tensor {
  const lead = grad.rank - shape.length;
  const axes = grad.shape.flatMap((n, i) => (i < lead || (shape[i - lead] === 1 && n !== 1) ? [i] : []));
  return axes.length === 0 ? grad : tf.reshape(tf.sum(grad, axes), [...shape]);
}

function register(
  kernelName: string,
  inputsToSave: string[],
  gradFunc: (dy: Tensor, saved: Tensor[], attrs: Record<string, unknown>) => Record<string, () => Tensor>,
): void {
  tf.registerGradient({
    kernelName,
    inputsToSave,
    gradFunc: (dy, saved, attrs) =>
      gradFunc(dy as Tensor, saved, attrs as unknown as Record<string, unknown>),
  });
}

/** Maximum and Minimum: all of dy goes to the operand that won, a tie to the first. */
function registerExtremum(kernelName: string, firstWins: (a: Tensor, b: Tensor) => Tensor): void {
  register(kernelName, ['a', 'b'], (dy, [a, b]) => {
    const first = (): Tensor => tf.cast(firstWins(a!, b!), 'float32');
    return {
      a: () => summedTo(tf.mul(dy, first()), a!.shape),
      b: () => summedTo(tf.mul(dy, tf.sub(1, first())), b!.shape),
    };
  });
}

// Masks are piecewise constant. Without these a loss that holds a comparison has no gradient at all.
for (const comparison of ['Equal', 'NotEqual', 'Less', 'LessEqual', 'Greater', 'LogicalAnd', 'LogicalOr']) {
  register(comparison, ['a', 'b'], (_dy, [a, b]) => ({
    a: () => tf.zeros(a!.shape),
    b: () => tf.zeros(b!.shape),
  }));
}
register('LogicalNot', ['x'], (_dy, [x]) => ({ x: () => tf.zeros(x!.shape) }));

registerExtremum('Maximum', (a, b) => tf.greaterEqual(a, b));
registerExtremum('Minimum', (a, b) => tf.lessEqual(a, b));

register('SquaredDifference', ['a', 'b'], (dy, [a, b]) => {
  const slope = (): Tensor => tf.mul(dy, tf.mul(tf.sub(a!, b!), 2));
  return { a: () => summedTo(slope(), a!.shape), b: () => summedTo(tf.neg(slope()), b!.shape) };
});

register('BatchMatMul', ['a', 'b'], (dy, [a, b], { transposeA, transposeB }) => {
  const [flipA, flipB] = [transposeA === true, transposeB === true];
  return {
    a: () => summedTo(flipA ? tf.matMul(b!, dy, flipB, true) : tf.matMul(dy, b!, false, !flipB), a!.shape),
    b: () => summedTo(flipB ? tf.matMul(dy, a!, true, flipA) : tf.matMul(a!, dy, !flipA, false), b!.shape),
  };
});

// Each axis is [reps, n] in memory order; the repeats are summed away.
register('Tile', ['x'], (dy, [x], { reps }) => ({
  x: () => {
    const split: number[] = [];
    const axes: number[] = [];
    x!.shape.forEach((n, i) => {
      const times = (reps as number[])[i]!;
      if (times !== 1) axes.push(split.push(times) - 1);
      if (times === 1 || n !== 1) split.push(n);
    });
    return axes.length === 0 ? tf.clone(dy) : tf.reshape(tf.sum(tf.reshape(dy, split), axes), x!.shape);
  },
}));

// The transpose of a running sum is the running sum from the other end.
register('Cumsum', ['x'], (dy, _saved, { axis, exclusive, reverse }) => ({
  x: () => tf.cumsum(dy, axis as number, exclusive === true, reverse !== true),
}));

// With one part the tape hands over a tensor instead of a list.
register('Unpack', [], (dy, _saved, { axis }) => ({ value: () => tf.stack([dy].flat(), axis as number) }));
register('SplitV', [], (dy, _saved, { axis }) => ({ x: () => tf.concat([dy].flat(), axis as number) }));

/** Where a reflected axis of n elements reads each of its positions from. */
function reflectedFrom(n: number, [before, after]: readonly [number, number]): number[] {
  return Array.from({ length: before + n + after }, (_, i) => {
    const at = Math.abs(i - before);
    return at < n ? at : 2 * (n - 1) - at;
  });
}

// Axis by axis, what was reflected is added back to where it was read.
register('MirrorPad', ['x'], (dy, [x], { paddings }) => ({
  x: () =>
    (paddings as [number, number][]).reduce((grad, padding, axis) => {
      if (padding[0] === 0 && padding[1] === 0) return grad;
      const swapped = grad.shape.map((_, i) => (i === 0 ? axis : i === axis ? 0 : i));
      const source = tf.tensor1d(reflectedFrom(x!.shape[axis]!, padding), 'int32');
      const summed = tf.unsortedSegmentSum(tf.transpose(grad, swapped), source, x!.shape[axis]!);
      return tf.transpose(summed, swapped);
    }, dy),
}));

/**
 * d prod / dx_i is the product of the others. Zeros are replaced by ones before dividing: with one
 * zero only its own derivative remains, with two none.
 */
register('Prod', ['x'], (dy, [x], { axis }) => ({
  x: () => {
    const isZero = tf.cast(tf.equal(x!, 0), 'float32');
    const filled = tf.add(x!, isZero);
    const axes = axis as number[];
    const zeros = tf.sum(isZero, axes, true);
    const otherZeros = tf.sub(zeros, isZero);
    const others = tf.mul(
      tf.div(tf.prod(filled, axes, true), filled),
      tf.cast(tf.equal(otherZeros, 0), 'float32'),
    );
    return tf.mul(tf.reshape(dy, zeros.shape), others);
  },
}));

// With batch dimensions the rows of all batches are numbered through, so that one sum serves them all.
const plainGather = tf.getGradient('GatherV2');
register('GatherV2', ['x', 'indices'], (dy, [x, indices], attrs) => {
  const batchDims = (attrs['batchDims'] as number | undefined) ?? 0;
  if (batchDims === 0) return plainGather.gradFunc(dy, [x!, indices!], attrs as unknown as tf.NamedAttrMap);
  return {
    x: () => {
      const batch = sizeOf(x!.shape.slice(0, batchDims));
      const rows = x!.shape[batchDims]!;
      const inner = x!.shape.slice(batchDims + 1);
      const firstRows = tf.reshape(tf.mul(tf.range(0, batch, 1, 'int32'), tf.scalar(rows, 'int32')), [
        batch,
        1,
      ]);
      const ids = tf.reshape(tf.add(tf.reshape(indices!, [batch, -1]), firstRows), [-1]) as tf.Tensor1D;
      const flat = tf.unsortedSegmentSum(tf.reshape(dy, [ids.size, ...inner]), ids, batch * rows);
      return tf.reshape(flat, x!.shape);
    },
    indices: () => indices!,
  };
});
