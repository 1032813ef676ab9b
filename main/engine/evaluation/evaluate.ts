/** Quality of samples as it is recorded in training, and of points against fresh ones of the same law. */
import { energyDistance } from '../../metrics/energy-distance.ts';
import { evaluateAll } from '../../metrics/index.ts';
import { modeCoverage } from '../../metrics/mode-coverage.ts';
import { pairedDistance } from '../../metrics/paired-distance.ts';
import { slicedWasserstein2, unitProjections } from '../../metrics/sliced-wasserstein.ts';
import { Rng } from '../../tensor/rng.ts';
import { type Plan, dataOf } from '../plan/plan.ts';
import type { Asked, SampledState } from '../sampling/model-programs.ts';
import type { SampleRequest } from '../sampling/sample-request.ts';
import type { SamplingModel } from '../sampling/sampling.ts';
import { type Search, sampleBySearch } from '../views/noise-search.ts';
import { quickReference } from './quick-reference.ts';

/** Points measured during training: enough to see progress, little enough not to delay it. */
const QUICK_COUNT = 4000;
/** The same of images, each of which costs as much as a thousand points. */
const QUICK_IMAGES = 512;
const QUICK_PROJECTIONS = 64;
/**
 * A teacher of images is compared on so many samples, each of up to thousands of numbers, or as many as it
 * takes in two calls: its 256 evaluations of each would cost more than the training.
 */
const COMPARED_COUNT = 64;
const COMPARED_CALLS = 2;

/** What distillations measure besides the metrics of samples against data. */
export const teacherDistance = {
  id: 'teacherRmse',
  title: 'Distance to the teacher',
  betterWhen: 'lower',
} as const;

/**
 * What training records as it goes: energy distance, sliced W2 and, where there are modes, those; of images
 * the Frechet distance in pixels besides. Without data, the distance to the teacher alone.
 */
export async function quickQuality(
  plan: Plan,
  model: SamplingModel,
  state: SampledState,
): Promise<Record<string, number>> {
  const { seed } = plan.config;
  const nfe = plan.bound.standardNfe;
  const { source } = plan;
  const { teacherRows = COMPARED_COUNT } = plan;
  const isImage = plan.sampleShape.length === 3;
  const compared = isImage ? Math.min(COMPARED_COUNT, COMPARED_CALLS * teacherRows) : QUICK_COUNT;
  const quick = isImage ? QUICK_IMAGES : QUICK_COUNT;
  const count = source === null ? compared : quick;
  const real = isImage && source !== null ? quickReference(source) : null;
  const labels = real === null ? null : real.labelsOf(plan.bound.classes ?? 0, count, seed);
  const { points } = await model.sample(state, { count, nfe, seed, ...(labels && { labels }) });
  const asked = labels === null ? {} : { labels: labels.subarray(0, compared) };
  const toTeacher: Record<string, number> = plan.teacher
    ? { teacherRmse: await teacherRmse(model, points.subarray(0, compared * model.dim), seed, asked) }
    : {};
  if (source === null) return toTeacher;
  const data = source.sample(new Rng(seed, 'quality/data'), quick);
  const projections = unitProjections(QUICK_PROJECTIONS, model.dim, new Rng(seed, 'quality/projections'));
  const coverage = source.modes ? modeCoverage(points, model.dim, source.modes) : null;
  return {
    ...(real?.frechet && { frechetDistance: await real.frechet(points) }),
    energyDistance: energyDistance(data, points, model.dim),
    slicedWasserstein2: slicedWasserstein2(data, points, model.dim, projections),
    ...toTeacher,
    ...(coverage ? { minModeShare: coverage.minShareRatio, outsideModes: coverage.outside } : {}),
  };
}

/**
 * Root mean square distance between samples and where the teacher takes the same noise (RK4, 64 steps),
 * per coordinate, data units.
 */
export async function teacherRmse(
  model: SamplingModel,
  points: Float32Array,
  seed: number,
  asked: Asked = {},
): Promise<number> {
  return pairedDistance(points, await model.teacher.ends(points.length / model.dim, seed, asked));
}

/**
 * Every metric of points at one sampling budget, against as many fresh ones.
 * @param search  whether and how noises are chosen; then nothing is compared with the teacher, which
 *   started from the chosen ones itself
 */
export async function fullQuality(
  plan: Plan,
  model: SamplingModel,
  state: SampledState,
  request: SampleRequest,
  search?: Search,
): Promise<{ nfe: number; metrics: Record<string, number> }> {
  const source = dataOf(plan);
  const data = source.sample(new Rng(request.seed, 'evaluation/data'), request.count);
  const options = { dim: model.dim, seed: request.seed, ...(source.modes ? { modes: source.modes } : {}) };
  return model.during(async () => {
    if (search) {
      const { points, nfe, score } = await sampleBySearch(plan, model, state, request, search);
      return { nfe, metrics: { ...evaluateAll(data, points, options), verifierScore: score } };
    }
    const { points, nfe } = await model.sample(state, request);
    const metrics = evaluateAll(data, points, options);
    if (plan.teacher === null) return { nfe, metrics };
    return {
      nfe,
      metrics: { ...metrics, teacherRmse: await teacherRmse(model, points, request.seed, request) },
    };
  });
}
