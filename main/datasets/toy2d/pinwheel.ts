/** Curved arms around the origin (Johnson et al. 2016). */
import { z } from 'zod';
import type { FieldMeta } from '#contract/catalog.ts';
import { defineDataset } from '../dataset.ts';
import { standardised } from '../standardise.ts';
import { NATIVE } from './fields.ts';

export const pinwheel = defineDataset({
  id: 'pinwheel',
  title: 'Pinwheel',
  summary: 'Curved arms that widen outwards: Gaussians stretched along the radius, then sheared by it.',
  dim: 2,
  analytic: false,
  imported: false,
  params: z.strictObject({
    arms: z
      .int()
      .min(2)
      .max(12)
      .default(5)
      .meta({ label: 'Arms', help: 'How many arms, evenly turned around the origin.' } satisfies FieldMeta),
    radialStd: z
      .number()
      .min(0.01)
      .max(1)
      .default(0.3)
      .meta({
        label: 'Radial std',
        unit: NATIVE,
        help: 'Spread of an arm along the radius, around radius 1.',
      } satisfies FieldMeta),
    tangentialStd: z
      .number()
      .min(0.01)
      .max(1)
      .default(0.1)
      .meta({
        label: 'Tangential std',
        unit: NATIVE,
        help: 'Spread of an arm across the radius.',
      } satisfies FieldMeta),
    rate: z
      .number()
      .min(0)
      .max(2)
      .default(0.25)
      .meta({
        label: 'Twist',
        unit: 'radians',
        help: 'A point at radial position r turns by this times exp(r).',
      } satisfies FieldMeta),
  }),
  create({ arms, radialStd, tangentialStd, rate }) {
    return standardised({
      dim: 2,
      center: [0, 0],
      // Turning keeps |x|^2, whose mean is that of (1 + radial noise, tangential noise).
      std: Math.sqrt((1 + radialStd ** 2 + tangentialStd ** 2) / 2),
      sample(rng, count) {
        const out = rng.fillNormal(new Float64Array(2 * count));
        for (let n = 0; n < count; n++) {
          const radial = 1 + radialStd * out[2 * n]!;
          const tangential = tangentialStd * out[2 * n + 1]!;
          const angle = (2 * Math.PI * rng.int(arms)) / arms + rate * Math.exp(radial);
          out[2 * n] = radial * Math.cos(angle) - tangential * Math.sin(angle);
          out[2 * n + 1] = radial * Math.sin(angle) + tangential * Math.cos(angle);
        }
        return out;
      },
    });
  },
});
