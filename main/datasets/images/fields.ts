/** Parameters that all sets of stored images share. */
import { z } from 'zod';
import type { FieldMeta } from '#contract/catalog.ts';

export const imageFields = {
  holdout: z
    .number()
    .min(0)
    .max(0.5)
    .default(0.2)
    .meta({
      label: 'Held out',
      group: 'Images',
      help: 'Share of the images that training never sees, against which samples are judged; the same images every time.',
    } satisfies FieldMeta),
  mirrored: z
    .boolean()
    .default(false)
    .meta({
      label: 'Mirror at random',
      group: 'Images',
      help: 'Shows half of the images in training with left and right swapped.',
    } satisfies FieldMeta),
  dequantised: z
    .boolean()
    .default(false)
    .meta({
      label: 'Dequantise',
      symbol: 'u \\sim U[0, 1)',
      group: 'Images',
      help: 'Adds uniform noise of one level to every number, so that the data have a density.',
    } satisfies FieldMeta),
};
