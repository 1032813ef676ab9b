/** Arithmetic of a graph, counted as everybody counts it: 2mnk for a product of matrices, nothing else. */
import type { Graph, Node } from '../../tensor/graph.ts';
import type { RepeatAttributes } from '../../tensor/kernels/repeat.ts';
import { sizeOf } from '../../tensor/shape.ts';

/** Of one run: products and convolutions, those of gradients too. */
export function matrixFlops({ nodes }: Graph): number {
  return nodes.reduce((sum, node) => sum + flopsOf(node), 0);
}

function flopsOf({ kernel, inputs, outputs, attrs }: Node): number {
  const [x, w] = inputs;
  const [y] = outputs;
  switch (kernel) {
    case 'BatchMatMul': {
      const inner = x!.shape.at(attrs['transposeA'] === true ? -2 : -1)!;
      return 2 * sizeOf(y!.shape) * inner;
    }
    // Every element of the smaller grid meets the whole filter of its channels.
    case 'Conv2D':
      return 2 * sizeOf(y!.shape) * (sizeOf(w!.shape) / w!.shape[3]!);
    case 'Conv2DBackpropInput':
      return 2 * sizeOf(x!.shape) * (sizeOf(w!.shape) / w!.shape[3]!);
    case 'Conv2DBackpropFilter':
      return 2 * sizeOf(w!.shape) * (sizeOf(y!.shape) / y!.shape[3]!);
    case 'Repeat': {
      const { body, count } = attrs as unknown as RepeatAttributes;
      return count * matrixFlops(body);
    }
    default:
      return 0;
  }
}
