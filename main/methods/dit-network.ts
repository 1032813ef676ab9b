/** The diffusion transformer of images as a method's network, and how it starts from its teacher's. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { WorkbenchError } from '#contract/errors.ts';
import type { DitConfig } from '#contract/networks.ts';
import type { Condition } from '../maths/sampleable.ts';
import { affine, linearShapes } from '../models/dit/blocks.ts';
import { ditShapes, embedderOf, initDitImage } from '../models/dit/dit-shapes.ts';
import { applyDitImage } from '../models/dit/image-dit.ts';
import { MANNERS, type VelocityConvention } from '../models/imported/conventions.ts';
import { labelsOf } from '../models/imported/labels.ts';
import { timeEmbedding } from '../models/mlp/mlp.ts';
import { silu } from '../tensor/ops.ts';
import type { Rng } from '../tensor/rng.ts';
import { sizeOf } from '../tensor/shape.ts';
import { packingOf } from '../tensor/tree.ts';
import type { TrainedDit, TrainedNetwork } from './method.ts';
import type { ImageNetworkOptions, NetworkSpec, SampleNetwork } from './network-spec.ts';

type Parameters = Record<string, Float32Array>;
type Sizes = Omit<ImageNetworkOptions, 'network'>;

/** Channels of the time embedding and how it is fed; those of the released transformers. */
const TIME_CHANNELS = 256;
const CONVENTION = 'flow-1000';
/** Fed t as it is. A loss with d/dt in it would see a thousand times the slope under the other, and diverges. */
const SMOOTH_CONVENTION = 'repa';

type PlannedSpec = Pick<NetworkSpec, 'sampleShape' | 'classes' | 'teacher' | 'isSmoothInTime'>;

/** A transformer that is to be trained, and the trained one that it starts from. */
export interface DitPlan {
  readonly config: DitConfig;
  readonly convention: VelocityConvention;
  /** Null for random numbers. */
  readonly start: TrainedDit | null;
}

/**
 * The transformer of these sizes; with a teacher that fits it, one that is fed and normed as that is.
 *
 * @throws WorkbenchError `config/wrong-value` naming the parameter that does not divide
 */
export function ditPlan(
  options: Sizes,
  { sampleShape, classes, teacher, isSmoothInTime = false }: PlannedSpec,
  headOf: (config: DitConfig) => DitConfig['head'] = ({ channels }) => ({ kind: 'field', channels }),
): DitPlan {
  const own = configOf(options, sampleShape, classes);
  const fitting = fittingDit(own, teacher);
  const start = isSmoothInTime && fitting?.convention === CONVENTION ? null : fitting;
  if (start === null) {
    const convention = isSmoothInTime ? SMOOTH_CONVENTION : CONVENTION;
    return { config: { ...own, head: headOf(own) }, convention, start };
  }
  const config: DitConfig = { ...start.config, classes };
  return {
    config: { ...config, head: headOf(config) },
    convention: start.convention as VelocityConvention,
    start,
  };
}

function configOf(options: Sizes, sampleShape: readonly number[], classes: number): DitConfig {
  const [height, width, channels] = sampleShape as [number, number, number];
  const { patch, ditWidth, ditDepth, heads, mlpRatio } = options;
  const refuse = (field: string, expected: string, found: string | number): never => {
    throw new WorkbenchError('config/wrong-value', `params.${field}: expected ${expected}, found ${found}`, {
      field: `params.${field}`,
    });
  };
  if (height !== width)
    refuse('network', `mlp for images of ${height} by ${width}, which are no squares`, 'dit');
  if (height % patch !== 0) refuse('patch', `a divisor of the images' side ${height}`, patch);
  if (ditWidth % heads !== 0) refuse('heads', `a divisor of the transformer width ${ditWidth}`, heads);
  return {
    network: 'dit',
    size: height,
    patch,
    channels,
    width: ditWidth,
    depth: ditDepth,
    heads,
    mlpWidth: Math.max(1, Math.round(mlpRatio * ditWidth)),
    classes,
    timeChannels: TIME_CHANNELS,
    timeDivisor: 'half',
    mlpNormEps: 1e-6,
    qkNorm: false,
    head: { kind: 'field', channels },
  };
}

/** The teacher if a transformer of this config can start from it: same trunk, a velocity, classes alike. */
function fittingDit(config: DitConfig, teacher: TrainedNetwork | null | undefined): TrainedDit | null {
  if (teacher === null || teacher === undefined || !('config' in teacher)) return null;
  const trunk = ({ size, patch, channels, width, depth, heads, mlpWidth }: DitConfig): string =>
    [size, patch, channels, width, depth, heads, mlpWidth].join();
  const isVelocity = teacher.config.head.kind === 'field' && teacher.convention !== 'dit';
  const hasClasses = config.classes === 0 || config.classes === teacher.config.classes;
  return isVelocity && hasClasses && trunk(teacher.config) === trunk(config) ? teacher : null;
}

/**
 * What a planned transformer begins with. A student that knows no classes takes a teacher of classes as
 * it answers for any of them. The head of its own is left for the caller, but for a field's.
 */
export function startOf({ config, start }: DitPlan, rng: Rng): Parameters {
  const fresh = initDitImage(config, rng);
  if (start === null) return fresh;
  const known = { ...start.parameters };
  if (config.classes === 0 && start.config.classes > 0) {
    for (const prefix of embeddersOf(config)) {
      const rows = known[`${prefix}classes`]!;
      const any = rows.subarray(rows.length - config.width);
      known[`${prefix}time.2.bias`] = known[`${prefix}time.2.bias`]!.map((bias, i) => bias + any[i]!);
    }
  }
  const taken = Object.fromEntries(
    Object.entries(fresh).map(([name, values]) => {
      const other = known[name];
      return [name, other?.length === values.length ? other.slice() : values];
    }),
  );
  return config.head.kind === 'field' ? { ...taken, ...headFrom(config, start, 'final.linear', 1) } : taken;
}

/**
 * A last layer that says what the teacher's says `count` times over: weights [width, places * count * C]
 * in the order (row, column, repetition, channel). Channels beyond the image's, a variance, are left out.
 */
export function headFrom(config: DitConfig, teacher: TrainedDit, name: string, count: number): Parameters {
  const { patch, channels, width } = config;
  const taught = (teacher.config.head as { readonly channels: number }).channels;
  const places = patch ** 2;
  const [weight, bias] = ['weight', 'bias'].map((part) => teacher.parameters[`final.linear.${part}`]!);
  const outputs = places * count * channels;
  /** Which output of the teacher's an output is. */
  const from = Int32Array.from({ length: outputs }, (_, i) => {
    const place = Math.floor(i / (count * channels));
    return place * taught + (i % channels);
  });
  const repeated = new Float32Array(width * outputs);
  for (let row = 0; row < width; row++) {
    for (let i = 0; i < outputs; i++)
      repeated[row * outputs + i] = weight![row * places * taught + from[i]!]!;
  }
  return { [`${name}.weight`]: repeated, [`${name}.bias`]: Float32Array.from(from, (i) => bias![i]!) };
}

function embeddersOf({ blockEmbeddings, depth }: DitConfig): string[] {
  return Array.from({ length: blockEmbeddings === true ? depth : 1 }, (_, i) => embedderOf(i));
}

/** The transformer as the network of a velocity or flow map. */
export function ditNetwork(options: Sizes, spec: NetworkSpec): SampleNetwork {
  const { sampleShape, reads, readsGuidance = false, isDataward = false } = spec;
  const plan = ditPlan(options, spec);
  const { config, convention } = plan;
  const { fed, sign } = MANNERS[convention];
  const embedded = [
    ...(reads === 'duration' || reads === 'both' ? ['duration'] : []),
    ...(readsGuidance ? ['guidance'] : []),
  ];
  const { channels, scale } = spec.duration ?? { channels: 0, scale: 0 };
  const isNegated = isDataward === (sign === 1);
  const dim = sizeOf(sampleShape);

  /** What is added to the embeddings of time and class: nothing at first, the last layers being zero. */
  function addedOf(
    parameters: Readonly<Record<string, Tensor>>,
    values: Record<string, Tensor1D>,
  ): Tensor | null {
    if (embedded.length === 0) return null;
    const each = embedded.map((name) => {
      const hidden = silu(affine(parameters, `${name}.0`, timeEmbedding(values[name]!, channels, scale)));
      return affine(parameters, `${name}.2`, hidden);
    });
    return each.length === 1 ? each[0]! : tf.addN(each);
  }

  return {
    packing: packingOf({
      ...ditShapes(config),
      ...Object.fromEntries(
        embedded.flatMap((name) => [
          ...linearShapes(`${name}.0`, channels, config.width),
          ...linearShapes(`${name}.2`, config.width, config.width),
        ]),
      ),
    }),
    init(rng) {
      const more = embedded.flatMap((name, i): [string, Float32Array][] => {
        const first = rng.at(1 + i).fillNormal(new Float32Array(channels * config.width));
        return [
          [`${name}.0.weight`, first.map((x) => x / Math.sqrt(channels))],
          [`${name}.0.bias`, new Float32Array(config.width)],
          [`${name}.2.weight`, new Float32Array(config.width ** 2)],
          [`${name}.2.bias`, new Float32Array(config.width)],
        ];
      });
      return { ...startOf(plan, rng), ...Object.fromEntries(more) };
    },
    apply(parameters, x, { t, d }, condition) {
      const batch = x.shape[0]!;
      const images = tf.reshape(x, [batch, ...sampleShape]);
      const time = fed(t ?? (tf.ones([batch]) as Tensor1D));
      const added = addedOf(parameters, {
        ...(d === undefined ? {} : { duration: d }),
        ...(readsGuidance ? { guidance: guidanceBeyondNone(condition, batch) } : {}),
      });
      const said = applyDitImage(config, parameters, images, time, labelsOf(config, condition, batch), added);
      const flat = tf.reshape(said, [batch, dim]);
      return isNegated ? tf.neg(flat) : flat;
    },
    trained: (parameters) => ({ config, convention, parameters }),
  };
}

function guidanceBeyondNone(condition: Condition | undefined, batch: number): Tensor1D {
  return tf.sub(condition?.guidance ?? tf.ones([batch]), 1) as Tensor1D;
}
