/** Eight squares of a 4 x 4 board. */
import { z } from 'zod';
import type { FieldMeta } from '#contract/catalog.ts';
import { normalCdf, normalPdf } from '../../maths/normal.ts';
import { defineDataset } from '../dataset.ts';
import { type NativeModes, standardised } from '../standardise.ts';
import { noiseField } from './fields.ts';

const SIDE = 4;
/** The filled cells (i, j), i + j even, i along x and j along y from the lower left. */
const CELLS = Array.from(
  { length: SIDE * SIDE },
  (_, cell) => [Math.floor(cell / SIDE), cell % SIDE] as const,
).filter(([i, j]) => (i + j) % 2 === 0);

export const checkerboard = defineDataset({
  id: 'checkerboard',
  title: 'Checkerboard',
  summary: 'Eight filled squares of a 4 x 4 board: sharp edges and equal, separate modes.',
  dim: 2,
  analytic: false,
  imported: false,
  params: z.strictObject({
    convention: z
      .enum(['notebook', 'grid4'])
      .default('notebook')
      .meta({
        label: 'Convention',
        help: 'Notebook: [-1, 1] squared with noise, as the Drifting demo has it. Grid4: [-4, 4] squared without noise, as the GMFlow demo has it.',
      } satisfies FieldMeta),
    noise: noiseField(
      0.05,
      'Standard deviation of the noise added to every point, notebook convention only.',
    ),
  }),
  create({ convention, noise: notebookNoise }) {
    const halfWidth = convention === 'notebook' ? 1 : 4;
    const noise = convention === 'notebook' ? notebookNoise : 0;
    const cellWidth = (2 * halfWidth) / SIDE;
    return standardised({
      dim: 2,
      center: [0, 0],
      // Each coordinate alone is uniform on [-halfWidth, halfWidth], plus noise.
      std: Math.hypot(halfWidth / Math.sqrt(3), noise),
      sample(rng, count) {
        const out = rng.fillNormal(new Float64Array(2 * count));
        for (let n = 0; n < count; n++) {
          const [i, j] = CELLS[rng.int(CELLS.length)]!;
          out[2 * n] = (i + rng.uniform()) * cellWidth - halfWidth + noise * out[2 * n]!;
          out[2 * n + 1] = (j + rng.uniform()) * cellWidth - halfWidth + noise * out[2 * n + 1]!;
        }
        return out;
      },
      modes: cellModes(halfWidth, noise),
    });
  },
});

/** The filled cells as modes. A point that noise carried over an edge may land in a diagonal neighbour. */
function cellModes(halfWidth: number, noise: number): NativeModes {
  const cellWidth = (2 * halfWidth) / SIDE;
  const axis = Array.from({ length: SIDE }, (_, i) => i);
  const stay = axis.map((from) => axis.map((to) => passage(to - from, noise / cellWidth)));
  const shares = CELLS.map(([i, j]) =>
    CELLS.reduce((sum, [k, l]) => sum + (stay[k]![i]! * stay[l]![j]!) / CELLS.length, 0),
  );
  return {
    shares: Float64Array.from(shares),
    modeOf(point) {
      const [i, j] = [0, 1].map((axis) => Math.floor((point[axis]! + halfWidth) / cellWidth));
      return CELLS.findIndex(([k, l]) => k === i && l === j);
    },
  };
}

/**
 * Probability that a point uniform on [0, 1] plus N(0, sigma^2) lies in [cells, cells + 1]:
 * a second difference of the integral of x -> Phi(x / sigma), which is sigma (z Phi(z) + phi(z)).
 */
function passage(cells: number, sigma: number): number {
  if (sigma === 0) return cells === 0 ? 1 : 0;
  const integral = (x: number) => {
    const z = x / sigma;
    return sigma * (z * normalCdf(z) + normalPdf(z));
  };
  return integral(cells + 1) - 2 * integral(cells) + integral(cells - 1);
}
