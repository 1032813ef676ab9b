/** The drift of a model that learns by drifting: what pulls its samples, and what pushes them apart. */
import { WorkbenchError } from '#contract/errors.ts';
import { sizeOf } from '../../tensor/shape.ts';
import type { ModelAt } from './model-programs.ts';
import { noiseFor } from './noise.ts';

interface DriftRequest {
  readonly count: number;
  readonly seed: number;
  /** [count * dim] fresh data */
  readonly data: Float32Array;
  /** [M * dim] where to look; at the generated points if left out */
  readonly queries?: Float32Array;
}

/**
 * Generated points, and the two halves of the drift at each of them or at `queries`.
 *
 * @throws WorkbenchError `view/not-available` for a model without a drift field
 */
export async function driftField(
  { programs, state }: ModelAt,
  { count, seed, data, queries }: DriftRequest,
): Promise<{ samples: Float32Array; attract: Float32Array; repel: Float32Array }> {
  const { bound, method, sampleShape } = programs.plan;
  const { fields, noiseShape } = bound;
  if (fields === undefined || method.produces !== 'generator') {
    throw new WorkbenchError('view/not-available', 'view: this method has no drift field', {
      field: 'view',
    });
  }
  const dim = sizeOf(sampleShape);
  const noise = noiseFor(seed, count * sizeOf(noiseShape));
  const found = await programs.once(
    `drift ${count} ${queries?.length ?? 'samples'}`,
    state,
    {
      noise: { values: noise, shape: [count, ...noiseShape] },
      data: { values: data, shape: [count, ...sampleShape] },
      ...(queries && { queries: { values: queries, shape: [queries.length / dim, dim] } }),
    },
    (sampled, { noise: z, data: real, queries: at }) => {
      const { samples, attract, repel } = fields.drift(sampled, z!, real!, at ?? null);
      return { samples, attract, repel };
    },
  );
  return { samples: found['samples']!, attract: found['attract']!, repel: found['repel']! };
}
