/** The velocity of a model, guided where that is asked for, and the paths of a sampler along it. */
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { type Guidance, guidedField } from '../../maths/cfg.ts';
import { kindOf } from '../../maths/sampleable.ts';
import { samplerById, stepsForNfe } from '../../samplers/index.ts';
import type { Trajectory } from '../../samplers/sampler.ts';
import { sizeOf } from '../../tensor/shape.ts';
import type { Asked, ModelAt } from './model-programs.ts';
import { startNoise, wayNoise } from './noise.ts';
import type { SampleRequest } from './sample-request.ts';

/** @throws WorkbenchError `sampler/...` */
export async function velocityPath(
  at: ModelAt,
  request: SampleRequest,
  record: 'all' | 'end',
): Promise<Trajectory> {
  const { bound, sampleShape } = at.programs.plan;
  const dim = sizeOf(sampleShape);
  const sampler = samplerById(request.sampler ?? 'euler');
  const noise = Float64Array.from(startNoise(request, dim));
  const perCall = bound.nfePerCall * (isGuided(request) ? 2 : 1);
  const steps = sampler.adaptive ? {} : { steps: stepsForNfe(sampler, request.nfe, perCall) };
  const path = await sampler.sample((x, t) => velocityAt(at, x, t, request), noise, {
    ...steps,
    dim,
    rng: wayNoise(request),
    record,
    ...(request.signal ? { signal: request.signal } : {}),
  });
  return { ...path, nfe: path.nfe * perCall };
}

/** v(x, t) at any points. @param x  [n * dim]  @param t  one time for all, or [n] */
export async function velocityAt(
  { programs, state }: ModelAt,
  x: Float64Array | Float32Array,
  t: number | ArrayLike<number>,
  asked: Asked = {},
): Promise<Float64Array> {
  const guidance = isGuided(asked) ? guidanceOf(asked) : null;
  const { v } = await programs.overRows(
    guidance ? `velocity guided ${JSON.stringify(guidance)}` : 'velocity',
    state,
    { x: programs.samples(x), t: typeof t === 'number' ? { fill: t } : { values: t, shape: [] } },
    (sampleable, { x: at, t: time }, condition) => {
      const own = kindOf(sampleable, 'velocity');
      const field = guidance ? guidedField(own, guidance) : own;
      return { v: field.velocity(at!, time as Tensor1D, condition) };
    },
    asked,
  );
  return Float64Array.from(v!);
}

/** The guidance scale comes with what is asked for. */
function guidanceOf({ guidanceLow = 0, guidanceHigh = 1, guidanceChannels }: Asked): Guidance {
  const channels = guidanceChannels === undefined ? {} : { channels: guidanceChannels };
  return { scale: 1, low: guidanceLow, high: guidanceHigh, ...channels };
}

function isGuided({ label, labels, guidance = 1 }: Asked): boolean {
  return (label !== undefined || labels !== undefined) && guidance !== 1;
}
