/** The pictures of a model that a window can ask for, as frames of numbers. */
import { WorkbenchError } from '#contract/errors.ts';
import type { ParsedViewRequest, ViewFrame } from '#contract/frames.ts';
import { Rng } from '../tensor/rng.ts';
import type { Plan } from './plan.ts';
import type { SampledState, SamplingModel } from './sampling.ts';

interface ViewOf {
  readonly run: string;
  readonly step: number;
  readonly plan: Plan;
  readonly model: SamplingModel;
  readonly state: SampledState;
  readonly signal?: { readonly aborted: boolean };
}

/** @throws WorkbenchError `view/not-available` if the method cannot feed this view */
export function computeView(of: ViewOf, view: ParsedViewRequest): Promise<ViewFrame> {
  return of.model.during(() => frameOf(of, view));
}

async function frameOf(of: ViewOf, view: ParsedViewRequest): Promise<ViewFrame> {
  const { plan, model, state } = of;
  if (!plan.method.views.includes(view.kind)) {
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
    arrays,
  });
  const signal = of.signal ? { signal: of.signal } : {};

  switch (view.kind) {
    case 'samples': {
      const nfe = plan.method.produces === 'generator' ? 1 : view.nfe;
      const drawn = await model.sample(state, { count: view.count, nfe, seed: view.seed, ...signal });
      return frame(drawn.nfe, view.count, { points: drawn.points });
    }
    case 'trajectories': {
      const path = await model.trajectories(state, { ...view, ...signal }, 'all');
      return frame(path.nfe, view.count, {
        positions: pathMajor(path.states, view.count, model.dim),
        times: Float32Array.from(path.times),
      });
    }
    case 'drift': {
      const data = plan.source.sample(new Rng(view.seed, 'view/data'), view.count);
      const { points, attract, repel } = await model.drift(state, view.count, view.seed, data);
      return frame(1, view.count, { points, attract, repel });
    }
    case 'velocity': {
      const points = gridPoints(view.grid, view.extent, model.dim);
      const vectors = await model.velocityAt(state, points, view.t);
      return frame(1, view.grid * view.grid, { points, vectors: Float32Array.from(vectors) });
    }
  }
}

/** [T][B * D] to [B, T, D]: what a view uploads once and then only windows by time. */
function pathMajor(states: readonly Float64Array[], count: number, dim: number): Float32Array {
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
