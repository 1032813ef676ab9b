/** Two narrow Gaussians side by side. */
import { z } from 'zod';
import type { FieldMeta } from '#contract/catalog.ts';
import { GaussianMixture } from '../../maths/gaussian-mixture.ts';
import { defineDataset } from '../dataset.ts';
import { NATIVE } from './fields.ts';
import { mixtureSource } from './mixture-source.ts';

export const bimodal = defineDataset({
  id: 'bimodal',
  title: 'Bimodal',
  summary: 'Two equal, narrow modes far apart: the test of whether a collapsed generator recovers.',
  dim: 2,
  analytic: true,
  imported: false,
  params: z.strictObject({
    offset: z
      .number()
      .min(0.1)
      .max(10)
      .default(1)
      .meta({
        label: 'Mode offset',
        unit: NATIVE,
        help: 'The means are at plus and minus this on the x axis.',
      } satisfies FieldMeta),
    std: z
      .number()
      .min(0.01)
      .max(5)
      .default(0.1)
      .meta({
        label: 'Mode std',
        symbol: '\\sigma',
        unit: NATIVE,
        scale: 'log',
        help: 'Standard deviation of each mode.',
      } satisfies FieldMeta),
  }),
  create({ offset, std }) {
    const means = [
      [-offset, 0],
      [offset, 0],
    ];
    return mixtureSource(new GaussianMixture({ means, stds: [std, std] }));
  },
});
