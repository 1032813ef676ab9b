/** What a model says of the data at every state of a path: its x0 prediction. */
import type { Tensor1D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { timeColumn } from '../../maths/interpolant.ts';
import { segmentsOf, timeFromRawTime } from '../../maths/policy/raw-time.ts';
import { kindOf } from '../../maths/sampleable.ts';
import type { Trajectory } from '../../samplers/sampler.ts';
import type { Plan } from '../plan/plan.ts';
import type { Column, SampledState } from '../sampling/model-programs.ts';
import type { SampleRequest } from '../sampling/sample-request.ts';
import type { SamplingModel } from '../sampling/sampling.ts';

interface Of {
  readonly plan: Plan;
  readonly model: SamplingModel;
  readonly state: SampledState;
}

/** A path of one sample: [D] for each time. */
type Path = Pick<Trajectory, 'times' | 'states'>;

/** A policy divides by the time, so its end is looked at from this far off. */
const LEAST_POLICY_TIME = 1 / 1024;

/**
 * Of a velocity x - t v(x, t), and of a policy the same with the velocity that it follows from the network
 * call of its segment. Of a flow map where it maps to with the time that is left; one that starts at noise
 * alone predicts what it makes in one evaluation, f(z, 1), throughout. At t = 0 it is the state itself.
 *
 * @param request  as the path was asked for
 * @returns [T * D]
 */
export async function predictionsOf(of: Of, request: SampleRequest, path: Path): Promise<Float32Array> {
  const { dim } = of.model;
  const states = joined(path.states, dim);
  const out = await found(of, { ...request, ...sharedClass(request) }, path, states);
  path.times.forEach((t, i) => {
    if (t === 0) out.set(states.subarray(i * dim, (i + 1) * dim), i * dim);
  });
  return out;
}

function found(of: Of, request: SampleRequest, path: Path, states: Float32Array): Promise<Float32Array> {
  switch (of.plan.method.produces) {
    case 'policy':
      return ofPolicy(of, request, path, states);
    case 'flowMap':
      return ofFlowMap(of, request, path, states);
    default:
      return ofVelocity(of, request, path, states);
  }
}

async function ofVelocity(
  { model, state }: Of,
  request: SampleRequest,
  { times }: Path,
  states: Float32Array,
): Promise<Float32Array> {
  const v = await model.velocityAt(state, states, times, request);
  return states.map((x, i) => x - times[Math.floor(i / model.dim)]! * v[i]!);
}

async function ofFlowMap(
  { plan, model, state }: Of,
  request: SampleRequest,
  { times }: Path,
  states: Float32Array,
): Promise<Float32Array> {
  if (plan.bound.chain === undefined) {
    const path = await model.trajectories(
      state,
      { ...request, noise: states.slice(0, model.dim), nfe: 1 },
      'end',
    );
    return joined(
      Array.from(times, () => path.states.at(-1)!),
      model.dim,
    );
  }
  const { x0 } = await model.programs.overRows(
    'jump to data',
    state,
    { x: { values: states, shape: plan.sampleShape }, from: { values: times, shape: [] } },
    (sampleable, { x, from }, condition) => {
      const map = kindOf(sampleable, 'flowMap');
      return { x0: map.jump!(x!, from as Tensor1D, tf.zerosLike(from!) as Tensor1D, condition) };
    },
    request,
  );
  return x0!;
}

/** Segment by segment, for all but the last may be sharpened. */
async function ofPolicy(
  { plan, model, state }: Of,
  request: SampleRequest,
  { times }: Path,
  states: Float32Array,
): Promise<Float32Array> {
  const { nfe, temperature = 1 } = request;
  const { dim } = model;
  const records = (times.length - 1) / nfe;
  const out = new Float32Array(states.length);
  const rows = (values: Float32Array): Column => ({ values, shape: plan.sampleShape });
  for (const [call, { from }] of segmentsOf(nfe).entries()) {
    // Where one segment ends and the next begins, the next has called its network.
    const [first, last] = [call * records, call === nfe - 1 ? times.length : (call + 1) * records];
    const sharpness = call === nfe - 1 ? 1 : temperature;
    const source = states.subarray(first * dim, (first + 1) * dim);
    const { x0 } = await model.programs.overRows(
      `policy expects ${sharpness}`,
      state,
      {
        source: rows(repeated(source, last - first)),
        x: rows(states.subarray(first * dim, last * dim)),
        t: { values: times.slice(first, last).map((t) => Math.max(t, LEAST_POLICY_TIME)), shape: [] },
        from: { fill: from },
      },
      (sampleable, { source: xSrc, x, t, from: raw }, condition) => {
        const policy = kindOf(sampleable, 'policy');
        const tSrc = timeFromRawTime(raw as Tensor1D, policy.shift);
        const said = policy.parameters(xSrc!, tSrc, condition);
        const parameters = policy.tempered?.(said, sharpness) ?? said;
        const v = policy.velocity(parameters, xSrc!, tSrc, x!, t as Tensor1D);
        return { x0: tf.sub(x!, tf.mul(timeColumn(t as Tensor1D, x!.rank), v)) };
      },
      request,
    );
    out.set(x0!, first * dim);
  }
  return out;
}

/** The class of one sample, for any number of its states. */
function sharedClass({ labels, label }: SampleRequest): { label?: number; labels?: undefined } {
  const shared = labels?.[0] ?? label;
  return shared === undefined ? {} : { label: shared, labels: undefined };
}

function joined(states: readonly Float64Array[], dim: number): Float32Array {
  const out = new Float32Array(states.length * dim);
  states.forEach((each, i) => out.set(each, i * dim));
  return out;
}

function repeated(row: Float32Array, count: number): Float32Array {
  const out = new Float32Array(row.length * count);
  for (let i = 0; i < count; i++) out.set(row, i * row.length);
  return out;
}
