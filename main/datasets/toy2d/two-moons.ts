/** Two interleaving half circles of radius 1. */
import { z } from 'zod';
import { defineDataset } from '../dataset.ts';
import { standardised } from '../standardise.ts';
import { noiseField } from './fields.ts';

export const twoMoons = defineDataset({
  id: 'two-moons',
  title: 'Two moons',
  summary: 'Two interleaving half circles.',
  dim: 2,
  analytic: false,
  imported: false,
  params: z.strictObject({ noise: noiseField(0.05) }),
  create({ noise }) {
    // Upper moon (cos a, sin a), lower moon (1 - cos a, 1/2 - sin a), a uniform on [0, pi]:
    // Var x = 1 - 1/4, Var y = (1/2 + 3/4 - 2/pi) / 2 - 1/16.
    const variances = [3 / 4, 9 / 16 - 1 / Math.PI] as const;
    return standardised({
      dim: 2,
      center: [1 / 2, 1 / 4],
      std: Math.sqrt((variances[0] + variances[1]) / 2 + noise ** 2),
      sample(rng, count) {
        const out = rng.fillNormal(new Float64Array(2 * count));
        for (let n = 0; n < count; n++) {
          const isUpper = rng.int(2) === 0;
          const angle = Math.PI * rng.uniform();
          const [x, y] = [Math.cos(angle), Math.sin(angle)];
          out[2 * n] = (isUpper ? x : 1 - x) + noise * out[2 * n]!;
          out[2 * n + 1] = (isUpper ? y : 0.5 - y) + noise * out[2 * n + 1]!;
        }
        return out;
      },
    });
  },
});
