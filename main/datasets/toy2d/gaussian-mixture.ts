/** Any mixture of isotropic Gaussians in the plane. */
import { z } from 'zod';
import type { FieldMeta } from '#contract/catalog.ts';
import { GaussianMixture } from '../../maths/gaussian-mixture.ts';
import { defineDataset } from '../dataset.ts';
import { NATIVE } from './fields.ts';
import { mixtureSource } from './mixture-source.ts';

const MOST_COMPONENTS = 64;

export const gaussianMixture = defineDataset({
  id: 'gaussian-mixture',
  title: 'Gaussian mixture',
  summary: 'Any mixture of isotropic Gaussians, with known density, velocity and modes.',
  dim: 2,
  analytic: true,
  imported: false,
  params: z
    .strictObject({
      means: z
        .array(z.array(z.number().min(-100).max(100)).length(2))
        .min(1)
        .max(MOST_COMPONENTS)
        .default([
          [-2, 0],
          [1, 1.5],
          [1, -1.5],
        ])
        .meta({
          label: 'Means',
          symbol: 'm_k',
          unit: NATIVE,
          help: 'One [x, y] per component.',
        } satisfies FieldMeta),
      stds: z
        .array(z.number().min(0.001).max(100))
        .min(1)
        .max(MOST_COMPONENTS)
        .default([0.3])
        .meta({
          label: 'Stds',
          symbol: 's_k',
          unit: NATIVE,
          help: 'One standard deviation per component, or one for all.',
        } satisfies FieldMeta),
      weights: z
        .array(z.number().min(1e-6).max(1e6))
        .min(1)
        .max(MOST_COMPONENTS)
        .default([1])
        .meta({
          label: 'Weights',
          symbol: 'w_k',
          help: 'One relative weight per component, or one for all.',
        } satisfies FieldMeta),
    })
    .superRefine(({ means, stds, weights }, context) => {
      for (const [name, values] of Object.entries({ stds, weights })) {
        if (values.length === 1 || values.length === means.length) continue;
        context.addIssue({
          code: 'custom',
          path: [name],
          message: `1 or ${means.length} numbers, one per mean`,
        });
      }
    }),
  create({ means, stds, weights }) {
    const perMean = (values: number[]) => means.map((_, k) => values[values.length === 1 ? 0 : k]!);
    return mixtureSource(new GaussianMixture({ means, stds: perMean(stds), weights: perMean(weights) }));
  },
});
