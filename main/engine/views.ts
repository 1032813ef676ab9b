/** The pictures of a model that a window can ask for, as frames of numbers. */
import { WorkbenchError } from '#contract/errors.ts';
import type { ParsedViewRequest, ViewFrame } from '#contract/frames.ts';
import type { DataSource } from '../datasets/index.ts';
import type { Method } from '../methods/method.ts';
import type { Trajectory } from '../samplers/sampler.ts';
import { Rng } from '../tensor/rng.ts';
import type { Decoder } from './decoder.ts';
import { type Plan, dataOf } from './plan.ts';
import { type SampledState, type SamplingModel, noiseFor } from './sampling.ts';
import { studentField } from './student-fields.ts';

/** States of a teacher's path beside the start: enough to see its bend. */
const TEACHER_RECORDS = 32;

interface ViewOf {
  readonly run: string;
  readonly step: number;
  readonly plan: Plan;
  readonly model: SamplingModel;
  readonly state: SampledState;
  readonly signal?: { readonly aborted: boolean };
  /** Makes images of latents, where a view asks for them. */
  readonly decoder?: Decoder | null;
}

/** @throws WorkbenchError `view/not-available` if the method cannot feed this view */
export function computeView(of: ViewOf, view: ParsedViewRequest): Promise<ViewFrame> {
  return of.model.during(() => frameOf(of, view));
}

async function frameOf(of: ViewOf, view: ParsedViewRequest): Promise<ViewFrame> {
  const { plan, model, state } = of;
  const fits = plan.method.views.includes(view.kind) || (view.kind === 'probe' && hasField(plan.method));
  if (!fits) {
    throw new WorkbenchError(
      'view/not-available',
      `view.kind: ${plan.method.title} has ${plan.method.views.join(', ')}, found ${view.kind}`,
      { field: 'view.kind' },
    );
  }
  const frame = (nfe: number, count: number, arrays: ViewFrame['arrays']): ViewFrame => ({
    run: of.run,
    kind: view.kind,
    step: of.step,
    nfe,
    count,
    dim: model.dim,
    ...(plan.sampleShape.length === 3 ? { shape: [...plan.sampleShape] } : {}),
    arrays,
  });
  const dataFor = ({ seed, count }: { seed: number; count: number }): Float32Array =>
    dataOf(plan).sample(new Rng(seed, 'view/data'), count);
  const signal = of.signal ? { signal: of.signal } : {};

  switch (view.kind) {
    case 'samples': {
      const { points, nfe: taken } = await model.sample(state, { ...view, ...signal });
      const teacher: ViewFrame['arrays'] = view.withTeacher
        ? { teacher: Float32Array.from(await model.teacherEnds(view.count, view.seed, view)) }
        : {};
      const made = frame(taken, view.count, { points, ...teacher, ...modesOf(plan.source, points) });
      if (!of.decoder) return made;
      const { images, shape } = await of.decoder.decode(points, plan.sampleShape, of.signal);
      return { ...made, imageShape: [...shape], arrays: { ...made.arrays, images } };
    }
    case 'trajectories': {
      const path = await model.trajectories(state, { ...view, ...signal }, 'all');
      const beside = view.withTeacher
        ? thinned(await model.teacherPath(view.count, view.seed, view), TEACHER_RECORDS)
        : null;
      const teacher = beside && {
        teacherPositions: pathMajor(beside.states, view.count, model.dim),
        teacherTimes: Float32Array.from(beside.times),
      };
      return frame(path.nfe, view.count, {
        positions: pathMajor(path.states, view.count, model.dim),
        times: Float32Array.from(path.times),
        ...teacher,
        ...modesOf(plan.source, path.states.at(-1)!),
      });
    }
    case 'drift': {
      const data = dataFor(view);
      if (view.on === 'samples') {
        const { samples, attract, repel } = await model.drift(state, { ...view, data });
        return frame(1, view.count, { points: samples, attract, repel });
      }
      const points = gridPoints(view.grid, view.extent, model.dim);
      const parts = await model.drift(state, { ...view, data, queries: points });
      return frame(1, points.length / model.dim, { points, ...parts, data });
    }
    case 'velocity': {
      const places = view.on === 'grid' ? gridPoints(view.grid, view.extent, model.dim) : null;
      if (plan.method.produces !== 'velocity') {
        const { points, nfe, arrays } = await studentField(of, view, places);
        return frame(nfe, points.length / model.dim, { points, ...arrays });
      }
      const points =
        places ?? interpolants(dataFor(view), noiseFor(view.seed, view.count * model.dim), view.t);
      const vectors = await model.velocityAt(state, points, view.t);
      const nfe = plan.bound.nfePerCall;
      return frame(nfe, points.length / model.dim, { points, vectors: Float32Array.from(vectors) });
    }
    case 'probe': {
      const points = Float32Array.from(view.point);
      if (points.length !== model.dim) {
        throw new WorkbenchError(
          'config/wrong-value',
          `view.point: expected ${model.dim} numbers, found ${points.length}`,
          { field: 'view.point' },
        );
      }
      if (plan.method.views.includes('velocity') && plan.method.produces !== 'velocity') {
        const { nfe, arrays } = await studentField(of, view, points);
        return frame(nfe, 1, { points, ...arrays });
      }
      if (plan.method.views.includes('velocity')) {
        const vectors = await model.velocityAt(state, points, view.t);
        return frame(plan.bound.nfePerCall, 1, { points, vectors: Float32Array.from(vectors) });
      }
      const { attract, repel } = await model.drift(state, { ...view, data: dataFor(view), queries: points });
      return frame(1, 1, { points, attract, repel });
    }
  }
}

/** Evenly chosen states of a path, the first and the last among them. */
function thinned(
  { times, states }: Trajectory,
  records: number,
): { times: number[]; states: Float64Array[] } {
  const chosen = Array.from({ length: records + 1 }, (_, i) =>
    Math.round((i * (states.length - 1)) / records),
  );
  return { times: chosen.map((i) => times[i]!), states: chosen.map((i) => states[i]!) };
}

/** The mode that holds each end point, -1 outside all; nothing for data without known modes. */
export function modesOf(source: DataSource | null, points: ArrayLike<number>): { modes?: Float32Array } {
  if (source?.modes === undefined) return {};
  const { modes, dim } = source;
  const of = new Float32Array(points.length / dim);
  for (let i = 0; i < of.length; i++) of[i] = modes.modeOf(points, i * dim);
  return { modes: of };
}

/** The last record of every path: [N, T, D] to [N, D]. */
export function endPoints(positions: Float32Array, records: number, dim: number): Float32Array {
  const ends = new Float32Array(positions.length / records);
  for (let i = 0; i < ends.length / dim; i++) {
    const last = ((i + 1) * records - 1) * dim;
    ends.set(positions.subarray(last, last + dim), i * dim);
  }
  return ends;
}

/** x_t = (1 - t) data + t noise: where the flow has its mass at time t. */
function interpolants(data: Float32Array, noise: Float32Array, t: number): Float32Array {
  return data.map((value, i) => (1 - t) * value + t * noise[i]!);
}

/** Whether there is a velocity or a drift to ask at a point. */
function hasField({ views }: Method): boolean {
  return views.includes('velocity') || views.includes('drift');
}

/** [T][B * D] to [B, T, D]: what a view uploads once and then only windows by time. */
export function pathMajor(states: readonly Float64Array[], count: number, dim: number): Float32Array {
  const times = states.length;
  const out = new Float32Array(count * times * dim);
  states.forEach((state, t) => {
    for (let b = 0; b < count; b++) {
      for (let d = 0; d < dim; d++) out[(b * times + t) * dim + d] = state[b * dim + d]!;
    }
  });
  return out;
}

/** A square grid over the first two axes, row-major over y then x; further axes are 0. */
function gridPoints(side: number, extent: number, dim: number): Float32Array {
  const points = new Float32Array(side * side * dim);
  const at = (i: number): number => -extent + (2 * extent * i) / (side - 1);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const offset = (row * side + column) * dim;
      points[offset] = at(column);
      if (dim > 1) points[offset + 1] = at(row);
    }
  }
  return points;
}
