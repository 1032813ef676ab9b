/** The roll-outs of a policy: one network call a segment, many cheap substeps within it. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { type Segment, segmentsOf } from '../../maths/policy/raw-time.ts';
import { kindOf } from '../../maths/sampleable.ts';
import { flowMapStep } from '../../samplers/policy.ts';
import type { Trajectory } from '../../samplers/sampler.ts';
import { sizeOf } from '../../tensor/shape.ts';
import type { Asked, ModelAt } from './model-programs.ts';
import { startNoise, wayNoise } from './noise.ts';
import type { SampleRequest } from './sample-request.ts';

/** States of a policy's path. */
const PATH_RECORDS = 32;
/** Euler steps of a policy from noise to data; they need no network. */
const ROLL_OUT_SUBSTEPS = 128;

export async function policyPath(
  at: ModelAt,
  request: SampleRequest,
  record: 'all' | 'end',
): Promise<Trajectory> {
  const { bound, sampleShape } = at.programs.plan;
  const { nfe, temperature = 1, stochasticity = 0 } = request;
  const onTheWay = wayNoise(request);
  const records = record === 'end' ? 1 : Math.max(1, Math.round(PATH_RECORDS / nfe));
  const substeps = Math.max(1, Math.round(ROLL_OUT_SUBSTEPS / (nfe * records)));
  let x: Float32Array = startNoise(request, sizeOf(sampleShape));
  const states = [Float64Array.from(x)];
  const times = [1];
  for (const [call, segment] of segmentsOf(nfe).entries()) {
    // The paper sharpens all but the last call, and fresh noise at the end would stay in the samples.
    const isLast = call === nfe - 1;
    const leg = {
      records,
      substeps,
      temperature: isLast ? 1 : temperature,
      stochasticity: isLast ? 0 : stochasticity,
    };
    const fresh = onTheWay.at(call).fillNormal(new Float32Array(x.length));
    const made = await rolledOut(at, { x, fresh, ...segment }, leg, request);
    times.push(...made.times);
    states.push(...made.states.map((each) => Float64Array.from(each)));
    x = made.states.at(-1)!;
  }
  return { times: Float64Array.from(times), states, nfe: nfe * bound.nfePerCall };
}

interface Leg {
  readonly records: number;
  /** Between two of them. */
  readonly substeps: number;
  readonly temperature: number;
  readonly stochasticity: number;
}

/** One network call and what follows from it until the next: `records` states [B * D] and their times. */
async function rolledOut(
  { programs, state }: ModelAt,
  { x, fresh, from, to }: Segment & { readonly x: Float32Array; readonly fresh: Float32Array },
  leg: Leg,
  asked: Asked,
): Promise<{ readonly times: readonly number[]; readonly states: readonly Float32Array[] }> {
  const { records, substeps, temperature, stochasticity } = leg;
  const found = await programs.overRows(
    `policy ${[records, substeps, temperature, stochasticity].join(' ')}`,
    state,
    { x: programs.samples(x), from: { fill: from }, to: { fill: to }, fresh: programs.samples(fresh) },
    (sampleable, { x: start, from: a, to: b, fresh: noise }, condition) => {
      const policy = kindOf(sampleable, 'policy');
      const made = flowMapStep(policy, start!, a as Tensor1D, b as Tensor1D, noise!, { ...leg, condition });
      return {
        ...Object.fromEntries(made.map((each, i): [string, Tensor] => [`state ${i}`, each])),
        shift: tf.fill([start!.shape[0]!], policy.shift),
      };
    },
    asked,
  );
  const shift = found['shift']![0]!;
  const each = Array.from({ length: records }, (_, i) => i);
  return {
    states: each.map((i) => found[`state ${i}`]!),
    times: each.map((i) => {
      const tau = i === records - 1 ? to : from - ((from - to) * (i + 1)) / records;
      return (shift * tau) / (1 + (shift - 1) * tau);
    }),
  };
}
