/** The cases of every family of kernels. */
import type { ParityFamily } from '../parity.ts';
import { elementwiseParity } from './elementwise.ts';
import { imageParity } from './convolution.ts';
import { matrixParity } from './matrix.ts';
import { movingParity } from './shape.ts';
import { pickingParity } from './gather.ts';
import { reducingParity } from './reduce.ts';

export const parityFamilies: readonly ParityFamily[] = [
  elementwiseParity,
  reducingParity,
  movingParity,
  pickingParity,
  matrixParity,
  imageParity,
];
