/** Archimedean spiral arms from the origin to radius 1. */
import { z } from 'zod';
import type { FieldMeta } from '#contract/catalog.ts';
import { defineDataset } from '../dataset.ts';
import { standardised } from '../standardise.ts';
import { noiseField } from './fields.ts';

export const spiral = defineDataset({
  id: 'spiral',
  title: 'Spiral',
  summary: 'Spiral arms that start together at the origin, about evenly dense along their length.',
  dim: 2,
  analytic: false,
  imported: false,
  params: z.strictObject({
    arms: z
      .int()
      .min(1)
      .max(6)
      .default(2)
      .meta({ label: 'Arms', help: 'How many arms, evenly turned around the origin.' } satisfies FieldMeta),
    turns: z
      .number()
      .min(0.25)
      .max(4)
      .default(1.5)
      .meta({ label: 'Turns', unit: 'turns', help: 'How far each arm winds.' } satisfies FieldMeta),
    noise: noiseField(0.02),
  }),
  create({ arms, turns, noise }) {
    const winding = 2 * Math.PI * turns;
    const center = arms === 1 ? meanOfOneArm(winding) : [0, 0];
    return standardised({
      dim: 2,
      center,
      // The squared radius is uniform on [0, 1].
      std: Math.sqrt((1 / 2 - center[0]! ** 2 - center[1]! ** 2) / 2 + noise ** 2),
      sample(rng, count) {
        const out = rng.fillNormal(new Float64Array(2 * count));
        for (let n = 0; n < count; n++) {
          const radius = Math.sqrt(rng.uniform());
          const angle = winding * radius + (2 * Math.PI * rng.int(arms)) / arms;
          out[2 * n] = radius * Math.cos(angle) + noise * out[2 * n]!;
          out[2 * n + 1] = radius * Math.sin(angle) + noise * out[2 * n + 1]!;
        }
        return out;
      },
    });
  },
});

/** Integral over r in [0, 1] of r (cos(w r), sin(w r)) with density 2 r; several arms cancel. */
function meanOfOneArm(w: number): number[] {
  const [cos, sin] = [Math.cos(w), Math.sin(w)];
  return [
    2 * (sin / w + (2 * cos) / w ** 2 - (2 * sin) / w ** 3),
    2 * (-cos / w + (2 * sin) / w ** 2 + (2 * (cos - 1)) / w ** 3),
  ];
}
