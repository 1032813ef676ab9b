/** Samples of a generator: one call each. */
import { WorkbenchError } from '#contract/errors.ts';
import { kindOf } from '../../maths/sampleable.ts';
import { sizeOf } from '../../tensor/shape.ts';
import type { ModelAt } from './model-programs.ts';
import { startNoise } from './noise.ts';
import type { SampleRequest } from './sample-request.ts';

/** @returns [count * dim] @throws WorkbenchError `sampler/wrong-nfe` for any budget but 1 */
export async function generatorSamples(
  { programs, state }: ModelAt,
  request: SampleRequest,
): Promise<Float32Array> {
  if (request.nfe !== 1) {
    throw new WorkbenchError(
      'sampler/wrong-nfe',
      `nfe: expected 1 for a one-step generator, found ${request.nfe}`,
      { field: 'nfe' },
    );
  }
  const { noiseShape } = programs.plan.bound;
  const noise = startNoise(request, sizeOf(noiseShape));
  const { x } = await programs.overRows(
    'generate',
    state,
    { noise: { values: noise, shape: noiseShape } },
    (sampleable, { noise: z }, condition) => ({
      x: kindOf(sampleable, 'generator').generate(z!, condition),
    }),
    request,
  );
  return x!;
}
