/** Concentric circles. */
import { z } from 'zod';
import type { FieldMeta } from '#contract/catalog.ts';
import { defineDataset } from '../dataset.ts';
import { standardised } from '../standardise.ts';
import { noiseField } from './fields.ts';

export const rings = defineDataset({
  id: 'rings',
  title: 'Rings',
  summary: 'Concentric circles of equal mass, the outermost of radius 1.',
  dim: 2,
  analytic: false,
  imported: false,
  params: z.strictObject({
    rings: z
      .int()
      .min(1)
      .max(8)
      .default(3)
      .meta({ label: 'Rings', help: 'How many circles, evenly spaced in radius.' } satisfies FieldMeta),
    noise: noiseField(0.02),
  }),
  create({ rings: count, noise }) {
    // Radii k / count, k = 1 .. count: mean squared radius (count + 1) (2 count + 1) / (6 count^2).
    const squaredRadius = ((count + 1) * (2 * count + 1)) / (6 * count ** 2);
    return standardised({
      dim: 2,
      center: [0, 0],
      std: Math.sqrt(squaredRadius / 2 + noise ** 2),
      sample(rng, points) {
        const out = rng.fillNormal(new Float64Array(2 * points));
        for (let n = 0; n < points; n++) {
          const radius = (1 + rng.int(count)) / count;
          const angle = 2 * Math.PI * rng.uniform();
          out[2 * n] = radius * Math.cos(angle) + noise * out[2 * n]!;
          out[2 * n + 1] = radius * Math.sin(angle) + noise * out[2 * n + 1]!;
        }
        return out;
      },
    });
  },
});
