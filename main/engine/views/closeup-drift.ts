/** What pulls and pushes one sample of a drifting model. */
import type { Tensor1D } from '@tensorflow/tfjs-core';
import type { ParsedViewRequest, ViewFrame } from '#contract/frames.ts';
import type { DataSource } from '../../datasets/index.ts';
import { Rng } from '../../tensor/rng.ts';
import { sizeOf } from '../../tensor/shape.ts';
import type { Plan } from '../plan/plan.ts';
import type { SampledState } from '../sampling/model-programs.ts';
import { noiseFor } from '../sampling/noise.ts';
import type { SamplingModel } from '../sampling/sampling.ts';

type CloseupRequest = Extract<ParsedViewRequest, { kind: 'closeup' }>;

interface Of {
  readonly plan: Plan;
  readonly model: SamplingModel;
  readonly state: SampledState;
}

/** Draws of data with classes that are looked through for one of them, in fills of the set that is made. */
const MOST_FILLS = 256;

/**
 * Nothing for other models. The sample is held against others of the next seed: it would repel itself.
 *
 * @param label  its class, where it was asked for one
 */
export async function closeupDrift(
  { plan, model, state }: Of,
  { start, driftCount: count, nearest: most, guidance }: CloseupRequest,
  sample: Float32Array,
  label: number | undefined,
): Promise<ViewFrame['arrays']> {
  const { source, bound, sampleShape } = plan;
  const { fields, noiseShape } = bound;
  if (source === null || fields === undefined) return {};
  const seed = (start.seed + 1) % 2 ** 32;
  const data = dataOfClass(source, new Rng(seed, 'view/data'), count, label);
  const every = (value: number): { values: Float32Array; shape: number[] } => ({
    values: new Float32Array(count).fill(value),
    shape: [count],
  });
  const found = await model.programs.once(
    `closeup drift ${count}${label === undefined ? '' : ' of a class'}`,
    state,
    {
      noise: { values: noiseFor(seed, count * sizeOf(noiseShape)), shape: [count, ...noiseShape] },
      data: { values: data, shape: [count, ...sampleShape] },
      queries: { values: sample, shape: [1, model.dim] },
      ...(label === undefined ? {} : { label: every(label), guidance: every(guidance) }),
    },
    (sampled, { noise, data: real, queries, label: asked, guidance: scale }) => {
      const condition = asked && { label: asked as Tensor1D, guidance: scale as Tensor1D };
      const { attract, repel, samples } = fields.drift(sampled, noise!, real!, queries!, condition);
      const weights = fields.weights?.(sampled, noise!, real!, queries!, condition);
      return {
        attract,
        repel,
        samples,
        ...(weights && { towards: weights.attract, away: weights.repel }),
      };
    },
  );
  const { attract, repel, samples, towards, away } = found;
  return {
    attract: attract!,
    repel: repel!,
    ...(towards && strongest('attractor', data, towards, most)),
    ...(away && strongest('repeller', samples!, away, most)),
  };
}

/** The points that have the largest shares of all, the largest first. @param values  [N * D]  @param weights  [N] */
function strongest(
  name: string,
  values: Float32Array,
  weights: Float32Array,
  most: number,
): ViewFrame['arrays'] {
  const dim = values.length / weights.length;
  const total = weights.reduce((sum, each) => sum + each, 0);
  const order = Array.from(weights, (_, i) => i)
    .sort((i, j) => weights[j]! - weights[i]!)
    .slice(0, most);
  const points = new Float32Array(order.length * dim);
  order.forEach((from, to) => points.set(values.subarray(from * dim, (from + 1) * dim), to * dim));
  return {
    [`${name}s`]: points,
    [`${name}Weights`]: Float32Array.from(order, (i) => (total > 0 ? weights[i]! / total : 0)),
  };
}

/** `count` draws, of one class where data have such; of all of them where it is too rare to be found. */
function dataOfClass(source: DataSource, rng: Rng, count: number, label: number | undefined): Float32Array {
  const { dim } = source;
  if (label === undefined || source.labelled === undefined) return source.sample(rng, count);
  const out = new Float32Array(count * dim);
  let found = 0;
  for (let fill = 0; fill < MOST_FILLS && found < count; fill++) {
    const { values, labels } = source.labelled(rng.at(fill), count);
    for (let i = 0; i < count && found < count; i++) {
      if (labels[i] !== label) continue;
      out.set(values.subarray(i * dim, (i + 1) * dim), found++ * dim);
    }
  }
  return found === count ? out : source.sample(rng, count);
}
