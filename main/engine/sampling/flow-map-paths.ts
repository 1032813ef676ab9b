/** Paths of a flow map: f(z, d) for ever longer d, or its jumps, or what its teacher makes of where it arrives. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { type Condition, type FlowMap, kindOf } from '../../maths/sampleable.ts';
import { type HostFlowMap, sampleFlowMap } from '../../samplers/flow-map.ts';
import type { Trajectory } from '../../samplers/sampler.ts';
import { sizeOf } from '../../tensor/shape.ts';
import type { ModelAt } from './model-programs.ts';
import { startNoise, wayNoise } from './noise.ts';
import type { SampleRequest } from './sample-request.ts';
import type { TeacherPaths } from './teacher-paths.ts';

/** @param teacher  goes on where the map arrives, if there is one @throws WorkbenchError `sampler/...` */
export async function flowMapPath(
  at: ModelAt,
  teacher: TeacherPaths,
  request: SampleRequest,
  record: 'all' | 'end',
): Promise<Trajectory> {
  const { bound, sampleShape } = at.programs.plan;
  const dim = sizeOf(sampleShape);
  const noise = Float64Array.from(startNoise(request, dim));
  const path = await sampleFlowMap(onHost(at, request), noise, {
    nfe: request.nfe,
    dim,
    record,
    rng: wayNoise(request),
    ...(teacher.exists
      ? {
          teacher: (x: Float64Array, t: number) => teacher.velocityAt(x, t, request),
          teacherCost: teacher.nfePerCall(request),
        }
      : {}),
    ...(request.signal ? { signal: request.signal } : {}),
  });
  return { ...path, nfe: path.nfe * bound.nfePerCall };
}

/** Where a map goes from a state at time `from` to time `to`. */
type Leg = (map: FlowMap, x: Tensor, from: Tensor1D, to: Tensor1D, condition?: Condition) => Tensor;

const mapped: Leg = (map, x, from, to, condition) => map.map(x, tf.sub(from, to) as Tensor1D, condition);
const jumped: Leg = (map, x, from, to, condition) => map.jump!(x, from, to, condition);

function onHost({ programs, state }: ModelAt, request: SampleRequest): HostFlowMap {
  const { chain } = programs.plan.bound;
  const over =
    (name: string, leg: Leg) =>
    async (x: Float64Array, from: number, to: number): Promise<Float64Array> => {
      const { f } = await programs.overRows(
        name,
        state,
        { x: programs.samples(x), from: { fill: from }, to: { fill: to } },
        (sampleable, { x: at, from: start, to: end }, condition) => ({
          f: leg(kindOf(sampleable, 'flowMap'), at!, start as Tensor1D, end as Tensor1D, condition),
        }),
        request,
      );
      return Float64Array.from(f!);
    };
  const map = over('map', mapped);
  return { map: (z, d) => map(z, 1, 1 - d), ...(chain ? { chain, jump: over('jump', jumped) } : {}) };
}
