import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import '../trace.ts';
import { convolutionKernels } from './convolution.ts';
import { elementwiseKernels } from './elementwise.ts';
import { gatherKernels } from './gather.ts';
import { kernelTable } from './index.ts';
import { matrixKernels } from './matrix.ts';
import { reduceKernels } from './reduce.ts';
import { repeatKernels } from './repeat.ts';
import { shapeKernels } from './shape.ts';

/** Each family has its parity-<family>.test.ts, which fails if one of its kernels has no case. */
const TESTED_FAMILIES = [
  elementwiseKernels,
  reduceKernels,
  shapeKernels,
  gatherKernels,
  matrixKernels,
  convolutionKernels,
  // Its cases are in ../repeat.test.ts: they need a graph of their own.
  repeatKernels,
];

/** Cannot be differentiated in reverse: TensorFlow.js has no gradient, or there is none to have. */
const WITHOUT_GRADIENT = [
  // Booleans come out.
  ...['All', 'Any'],
  // Nothing flows in.
  ...['Fill', 'Range'],
  // Gradients themselves: only second reverse derivatives would need them.
  ...['AvgPoolGrad', 'Conv2DBackpropFilter', 'DepthwiseConv2dNativeBackpropFilter'],
  ...['DepthwiseConv2dNativeBackpropInput', 'EluGrad', 'MaxPoolGrad'],
  ...['ResizeBilinearGrad', 'ResizeNearestNeighborGrad'],
  // Missing.
  ...['GatherNd', 'ScatterNd', 'StridedSlice', 'TopK'],
];

describe('the kernel table', () => {
  it('consists of the families that have parity tests', () => {
    expect([...kernelTable.keys()].sort()).toEqual(
      TESTED_FAMILIES.flatMap((family) => Object.keys(family)).sort(),
    );
  });

  it('has a forward rule for every kernel but max pooling', () => {
    const missing = [...kernelTable].filter(([, rule]) => rule.jvp === undefined).map(([name]) => name);
    expect(missing).toEqual(['MaxPool']);
  });

  it('has a tape gradient for every kernel but those listed', () => {
    const missing = [...kernelTable.keys()].filter((name) => tf.getGradient(name) === undefined);
    expect(missing.sort()).toEqual([...WITHOUT_GRADIENT].sort());
  });
});
