/** Eight Gaussians evenly on a circle. */
import { z } from 'zod';
import type { FieldMeta } from '#contract/catalog.ts';
import { GaussianMixture } from '../../maths/gaussian-mixture.ts';
import { defineDataset } from '../dataset.ts';
import { NATIVE } from './fields.ts';
import { mixtureSource } from './mixture-source.ts';

export const eightGaussians = defineDataset({
  id: 'eight-gaussians',
  title: 'Eight Gaussians',
  summary: 'Eight equal Gaussians on a circle, with known density, velocity and modes.',
  dim: 2,
  analytic: true,
  imported: false,
  params: z.strictObject({
    radius: z
      .number()
      .min(0.1)
      .max(10)
      .default(2)
      .meta({
        label: 'Radius',
        unit: NATIVE,
        help: 'Distance of the means from the origin.',
      } satisfies FieldMeta),
    std: z
      .number()
      .min(0.01)
      .max(5)
      .default(0.2)
      .meta({
        label: 'Mode std',
        symbol: '\\sigma',
        unit: NATIVE,
        scale: 'log',
        help: 'Standard deviation of each Gaussian.',
      } satisfies FieldMeta),
  }),
  create({ radius, std }) {
    const means = Array.from({ length: 8 }, (_, k) => {
      const angle = (Math.PI / 4) * k;
      return [radius * Math.cos(angle), radius * Math.sin(angle)];
    });
    return mixtureSource(new GaussianMixture({ means, stds: new Array<number>(8).fill(std) }));
  },
});
