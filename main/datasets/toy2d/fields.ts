/** Parameters that several toy distributions share. */
import { z } from 'zod';
import type { FieldMeta } from '#contract/catalog.ts';

/** Parameters are in the coordinates that a dataset is defined in, before it is standardised. */
export const NATIVE = 'native units';

/** Standard deviation of isotropic Gaussian noise added to a shape; 0 gives the bare shape. */
export function noiseField(
  byDefault: number,
  help = 'Standard deviation of the noise added to every point.',
) {
  return z
    .number()
    .min(0)
    .max(1)
    .default(byDefault)
    .meta({ label: 'Noise', symbol: '\\sigma', unit: NATIVE, help } satisfies FieldMeta);
}
