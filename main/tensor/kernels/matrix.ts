/** Matrix products. */
import type { Attributes, Value } from '../graph.ts';
import { broadcastShapes } from '../shape.ts';
import { type KernelTable, type OnnxEmitter, bilinearJvp } from './rule.ts';

function lastTwo(x: Value, isTransposed: boolean): [number, number] {
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  return isTransposed ? [columns, rows] : [rows, columns];
}

function transposed(emit: OnnxEmitter, input: string, x: Value): string {
  const rank = x.shape.length;
  const perm = Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
  return emit.transpose(input, perm);
}

const flags = (attrs: Attributes): { transposeA: boolean; transposeB: boolean } => ({
  transposeA: attrs['transposeA'] === true,
  transposeB: attrs['transposeB'] === true,
});

export const matrixKernels: KernelTable = {
  BatchMatMul: {
    infer: ([a, b], attrs) => {
      const { transposeA, transposeB } = flags(attrs);
      const [rows, inner] = lastTwo(a!, transposeA);
      const [innerB, columns] = lastTwo(b!, transposeB);
      if (inner !== innerB) {
        throw new RangeError(
          `matMul inner sizes differ: [${a!.shape.join(', ')}] x [${b!.shape.join(', ')}]`,
        );
      }
      const batch = broadcastShapes(a!.shape.slice(0, -2), b!.shape.slice(0, -2));
      return [{ dtype: a!.dtype, shape: [...batch, rows, columns] }];
    },
    lower: (emit, [a, b], { attrs, inputs }) => {
      const { transposeA, transposeB } = flags(attrs);
      const [av, bv] = inputs as [Value, Value];
      const isPlain = av.shape.length === 2 && bv.shape.length === 2 && av.dtype === 'float32';
      if (isPlain && (transposeA || transposeB)) {
        // Gemm reads a transposed operand in place; MatMul would need it copied. It knows floats only.
        return [emit.product('Gemm', [a!, b!], { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 })];
      }
      const factors = [
        transposeA ? transposed(emit, a!, av) : a!,
        transposeB ? transposed(emit, b!, bv) : b!,
      ] as const;
      return [av.dtype === 'float32' ? emit.product('MatMul', factors) : emit.op('MatMul', factors)];
    },
    jvp: bilinearJvp,
  },
};
