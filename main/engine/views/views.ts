/** The pictures of a model that a window can ask for, as frames of numbers. */
import { WorkbenchError } from '#contract/errors.ts';
import type { ParsedViewRequest, ViewFrame } from '#contract/frames.ts';
import type { DataSource } from '../../datasets/index.ts';
import type { Method } from '../../methods/method.ts';
import { Rng } from '../../tensor/rng.ts';
import { type Plan, dataOf } from '../plan/plan.ts';
import type { Decoder } from '../sampling/decoder.ts';
import { driftField } from '../sampling/drift-field.ts';
import { drawnOf, labelled } from '../sampling/labels.ts';
import type { SampledState } from '../sampling/model-programs.ts';
import { noiseFor } from '../sampling/noise.ts';
import { pathMajor, thinned } from '../sampling/paths.ts';
import type { SampleRequest } from '../sampling/sample-request.ts';
import type { SamplingModel } from '../sampling/sampling.ts';
import { closeupOf } from './closeup.ts';
import { projected } from './projection.ts';
import { studentField } from './student-fields.ts';

export interface ViewOf {
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
  return of.model.during(async () => {
    const began = performance.now();
    const frame = await frameOf(of, view);
    return { ...frame, computeMs: performance.now() - began };
  });
}

async function frameOf(of: ViewOf, view: ParsedViewRequest): Promise<Omit<ViewFrame, 'computeMs'>> {
  const { plan, model, state } = of;
  if (!feeds(plan.method, view.kind)) {
    throw new WorkbenchError(
      'view/not-available',
      `view.kind: ${plan.method.title} has ${plan.method.views.join(', ') || 'none'}, found ${view.kind}`,
      { field: 'view.kind' },
    );
  }
  const frame = (nfe: number, count: number, arrays: ViewFrame['arrays']): Omit<ViewFrame, 'computeMs'> => ({
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
  const at = { programs: model.programs, state };

  switch (view.kind) {
    case 'samples': {
      const asked = { ...askedOf(plan, view), ...signal };
      const { points, nfe: taken } = await model.sample(state, asked);
      const teacher: ViewFrame['arrays'] = view.withTeacher
        ? { teacher: Float32Array.from(await model.teacher.ends(asked.count, view.seed, asked)) }
        : {};
      const labels = labelArray(asked);
      const made = frame(taken, asked.count, {
        points,
        ...teacher,
        ...labels,
        ...modesOf(plan.source, points),
      });
      if (!of.decoder) return made;
      const { images, shape } = await of.decoder.decode(points, plan.sampleShape, of.signal);
      return { ...made, imageShape: [...shape], arrays: { ...made.arrays, images } };
    }
    case 'trajectories': {
      const asked = { ...askedOf(plan, view), ...signal };
      const path = await model.trajectories(state, asked, 'all');
      const beside = view.withTeacher
        ? thinned(await model.teacher.path(asked.count, view.seed, asked))
        : null;
      const paths = {
        positions: pathMajor(path.states, asked.count, model.dim),
        times: Float32Array.from(path.times),
        ...(beside && {
          teacherPositions: pathMajor(beside.states, asked.count, model.dim),
          teacherTimes: Float32Array.from(beside.times),
        }),
      };
      const about = { ...labelArray(asked), ...modesOf(plan.source, path.states.at(-1)!) };
      if (view.projection === undefined) return frame(path.nfe, asked.count, { ...paths, ...about });
      const { dim } = model;
      const seen = await projected(view.projection, paths, { dim, source: plan.source, ...signal });
      const made = frame(path.nfe, asked.count, { ...paths, ...seen.arrays, ...about });
      return { ...made, dim: seen.axes };
    }
    case 'closeup': {
      const { nfe, arrays, imageShape } = await closeupOf(of, view);
      return { ...frame(nfe, 1, arrays), ...(imageShape ? { imageShape: [...imageShape] } : {}) };
    }
    case 'drift': {
      const data = dataFor(view);
      if (view.on === 'samples') {
        const { samples, attract, repel } = await driftField(at, { ...view, data });
        return frame(1, view.count, { points: samples, attract, repel });
      }
      const points = gridPoints(view.grid, view.extent, model.dim);
      const parts = await driftField(at, { ...view, data, queries: points });
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
      const { attract, repel } = await driftField(at, { ...view, data: dataFor(view), queries: points });
      return frame(1, 1, { points, attract, repel });
    }
  }
}

/** What a view of many samples asks of the model, each sample by itself where they differ. */
function askedOf(
  plan: Plan,
  view: Extract<ParsedViewRequest, { kind: 'samples' | 'trajectories' }>,
): SampleRequest {
  const drawn = drawnOf(plan, view);
  return labelled(plan, { ...view, ...drawn }, drawn.count, drawn.starts);
}

function labelArray({ labels }: SampleRequest): { labels?: Float32Array } {
  return labels === undefined ? {} : { labels: Float32Array.from(labels) };
}

/** The mode that holds each end point, -1 outside all; nothing for data without known modes. */
export function modesOf(source: DataSource | null, points: ArrayLike<number>): { modes?: Float32Array } {
  if (source?.modes === undefined) return {};
  const { modes, dim } = source;
  const of = new Float32Array(points.length / dim);
  for (let i = 0; i < of.length; i++) of[i] = modes.modeOf(points, i * dim);
  return { modes: of };
}

/** x_t = (1 - t) data + t noise: where the flow has its mass at time t. */
function interpolants(data: Float32Array, noise: Float32Array, t: number): Float32Array {
  return data.map((value, i) => (1 - t) * value + t * noise[i]!);
}

/** Whatever makes samples can be looked at closely, and whatever has a field be asked for it at a point. */
function feeds({ views }: Method, kind: ViewFrame['kind']): boolean {
  if (kind === 'closeup') return views.includes('samples');
  if (kind === 'probe') return views.includes('velocity') || views.includes('drift');
  return views.includes(kind);
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
