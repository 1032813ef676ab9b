/** Nodes by their arguments alone, for rules that put a kernel together from others. */
import type { DType, Value } from '../../graph.ts';
import { broadcastShapes } from '../../shape.ts';
import type { Rewriter } from '../rewrite.ts';

type Operand = Value | number;

export class Building {
  private readonly rewriter: Rewriter;

  constructor(rewriter: Rewriter) {
    this.rewriter = rewriter;
  }

  unary(kernel: string, x: Value, dtype: DType = x.dtype): Value {
    return this.rewriter.add(kernel, { x }, { dtype, shape: x.shape });
  }

  /** Broadcasts; a number is a float32 scalar. */
  binary(kernel: string, first: Operand, second: Operand, dtype?: DType): Value {
    const [a, b] = [this.valueOf(first), this.valueOf(second)];
    const shape = broadcastShapes(a.shape, b.shape);
    return this.rewriter.add(kernel, { a, b }, { dtype: dtype ?? a.dtype, shape });
  }

  cast(x: Value, dtype: DType): Value {
    return this.rewriter.add('Cast', { x }, { dtype, shape: x.shape }, { dtype });
  }

  reshape(x: Value, shape: readonly number[]): Value {
    return this.rewriter.add('Reshape', { x }, { dtype: x.dtype, shape }, { shape: [...shape] });
  }

  select(condition: Value, then: Operand, otherwise: Operand): Value {
    const [t, e] = [this.valueOf(then), this.valueOf(otherwise)];
    return this.rewriter.add('Select', { condition, t, e }, { dtype: t.dtype, shape: condition.shape });
  }

  /** Of two matrices. */
  product(a: Value, b: Value): Value {
    const shape = [a.shape[0]!, b.shape[1]!];
    const attrs = { transposeA: false, transposeB: false };
    return this.rewriter.add('BatchMatMul', { a, b }, { dtype: a.dtype, shape }, attrs);
  }

  reduced(kernel: 'Max' | 'Min', x: Value, axis: number, keepDims: boolean): Value {
    const shape = x.shape.flatMap((n, i) => (i === axis ? (keepDims ? [1] : []) : [n]));
    // Max and Min call their axes by different names.
    const attrs = { reductionIndices: [axis], axis: [axis], keepDims };
    return this.rewriter.add(kernel, { x }, { dtype: x.dtype, shape }, attrs);
  }

  /** 0, 1, ... along one axis of `shape`, whose other sizes are 1. */
  counting(dtype: 'float32' | 'int32', shape: readonly number[]): Value {
    const size = Math.max(...shape);
    const counted = Array.from({ length: size }, (_, i) => i);
    const data = dtype === 'float32' ? Float32Array.from(counted) : Int32Array.from(counted);
    return this.rewriter.graph.constant(data, dtype, shape);
  }

  private valueOf(operand: Operand): Value {
    return typeof operand === 'number' ? this.rewriter.splat(operand, 'float32', []) : operand;
  }
}
