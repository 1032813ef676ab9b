/** The kernel table: every TensorFlow.js kernel that can be traced. Adding one is adding an entry. */
import { convolutionKernels } from './convolution.ts';
import { elementwiseKernels } from './elementwise.ts';
import { gatherKernels } from './gather.ts';
import { matrixKernels } from './matrix.ts';
import { reduceKernels } from './reduce.ts';
import type { KernelRule } from './rule.ts';
import { repeatKernels } from './repeat.ts';
import { shapeKernels } from './shape.ts';

export const kernelTable: ReadonlyMap<string, KernelRule> = new Map(
  Object.entries({
    ...elementwiseKernels,
    ...reduceKernels,
    ...shapeKernels,
    ...gatherKernels,
    ...matrixKernels,
    ...convolutionKernels,
    ...repeatKernels,
  }),
);
