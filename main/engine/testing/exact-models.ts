/** Models without parameters, which are formulas, for tests of what is done with a model. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { runConfig } from '#contract/runs.ts';
import type { DataSource } from '../../datasets/index.ts';
import type {
  Condition,
  FlowMap,
  Generator,
  Policy,
  Sampleable,
  VelocityField,
} from '../../maths/sampleable.ts';
import type { BoundMethod, Method } from '../../methods/method.ts';
import { sizeOf } from '../../tensor/shape.ts';
import type { Plan } from '../plan/plan.ts';

interface Of {
  readonly shape?: readonly number[];
  readonly classes?: number;
  readonly source?: DataSource | null;
  readonly teacher?: VelocityField;
  readonly standardNfe?: number;
  readonly fields?: BoundMethod['fields'];
}

/** @param sampleable  of samples of 2 x 2 x 3 numbers and three classes unless said */
export function exactPlan(sampleable: Sampleable, of: Of = {}): Plan {
  const { shape = sampleable.shape, classes = sampleable.classes ?? 0, source = null, standardNfe = 1 } = of;
  const { kind } = sampleable;
  const isGenerator = kind === 'generator';
  const method = {
    id: 'exact',
    title: 'Exact',
    produces: kind,
    views: isGenerator ? ['samples', 'drift'] : ['samples', 'trajectories'],
  };
  const bound = {
    layout: {},
    sampledState: [],
    noiseShape: isGenerator ? sampleable.noiseShape : shape,
    nfePerCall: 1,
    standardNfe,
    classes,
    sampleable: () => sampleable,
    ...(kind === 'flowMap' && sampleable.chain ? { chain: sampleable.chain } : {}),
    ...(of.fields ? { fields: of.fields } : {}),
  };
  return {
    config: runConfig.parse({ method: 'teacher', dataset: { id: 'bimodal' } }),
    method: method as unknown as Method,
    bound: bound as unknown as BoundMethod,
    source,
    sampleShape: shape,
    teacher: of.teacher ? () => of.teacher! : null,
  };
}

const SHAPE = [2, 2, 3];
const CLASSES = 3;
const ABOUT = { shape: SHAPE, nfePerCall: 1, classes: CLASSES };

/** Where the data of a class lie: its number, and for any class -1. [B, 1, ...] */
function centreOf(x: Tensor, condition: Condition | undefined): Tensor {
  if (condition === undefined) return tf.fill([1, ...x.shape.slice(1).map(() => 1)], -1);
  const label = tf.where(tf.greaterEqual(condition.label, CLASSES), -1, condition.label);
  return tf.reshape(label, [-1, ...x.shape.slice(1).map(() => 1)]);
}

const column = (t: Tensor, x: Tensor): Tensor => tf.reshape(t, [-1, ...x.shape.slice(1).map(() => 1)]);

/** v = (x - c) / t of data that are the one point c of their class: every path is straight. */
export function exactVelocity(scale = 1): VelocityField {
  return {
    kind: 'velocity',
    ...ABOUT,
    velocity: (x, t, condition) =>
      tf.div(tf.sub(x, tf.mul(centreOf(x, condition), scale)), tf.maximum(column(t, x), 1e-3)),
  };
}

/** A field with a bend, for paths that fill more than a line. */
export function bentVelocity(): VelocityField {
  return {
    kind: 'velocity',
    ...ABOUT,
    velocity: (x, t, condition) => {
      const turned = tf.reverse(x, x.rank - 1);
      return tf.add(tf.sub(x, centreOf(x, condition)), tf.mul(turned, column(t, x)));
    },
  };
}

/** f(z, d) = z + d (c + 0.1 z^2 - z), or jumps to data that are c and a tenth of where they come from. */
export function exactFlowMap(chain?: 'jump' | 'renoise'): FlowMap {
  const to = (z: Tensor, condition: Condition | undefined): Tensor =>
    tf.add(centreOf(z, condition), tf.mul(0.1, z));
  const jump = (x: Tensor, from: Tensor1D, until: Tensor1D, condition?: Condition): Tensor => {
    const share = column(tf.div(tf.sub(from, until), tf.maximum(from, 1e-3)), x);
    return tf.add(x, tf.mul(share, tf.sub(to(x, condition), x)));
  };
  return {
    kind: 'flowMap',
    ...ABOUT,
    map: (z, d, condition) => tf.add(z, tf.mul(column(d, z), tf.sub(to(z, condition), z))),
    ...(chain ? { chain, jump } : {}),
  };
}

/** Follows the straight line to c + a tenth of the source, whose parameters are the place it aims at. */
export function exactPolicy(): Policy {
  return {
    kind: 'policy',
    ...ABOUT,
    shift: 2,
    parameters: (xSrc, _tSrc, condition) => ({ goal: tf.add(centreOf(xSrc, condition), tf.mul(0.1, xSrc)) }),
    velocity: ({ goal }, _xSrc, _tSrc, x, t) => tf.div(tf.sub(x, goal!), tf.maximum(column(t, x), 1e-4)),
  };
}

/** x = c + the first number of five of noise everywhere. */
export function exactGenerator(): Generator {
  return {
    kind: 'generator',
    ...ABOUT,
    noiseShape: [5],
    generate: (noise, condition) => {
      const first = tf.reshape(tf.slice(noise, [0, 0], [noise.shape[0]!, 1]), [-1, 1, 1, 1]);
      const x = tf.tile(first, [1, ...SHAPE]);
      return tf.add(x, centreOf(x, condition));
    },
  };
}

/** So many draws, each the number of its class everywhere and a little beside it, with their labels. */
export function exactImages(size: number): DataSource {
  const dim = sizeOf(SHAPE);
  const items = (from: number, to: number) => ({
    values: Float32Array.from(
      { length: Math.max(0, Math.min(to, size) - from) * dim },
      (_, i) => (Math.floor(i / dim + from) % CLASSES) + (from + i / dim) / (4 * size),
    ),
    labels: Int32Array.from(
      { length: Math.max(0, Math.min(to, size) - from) },
      (_, i) => (from + i) % CLASSES,
    ),
  });
  const labelled: DataSource['labelled'] = (rng, count) => {
    const drawn = Array.from({ length: count }, () => rng.int(size));
    const values = new Float32Array(count * dim);
    drawn.forEach((each, i) => values.set(items(each, each + 1).values, i * dim));
    return { values, labels: Int32Array.from(drawn, (each) => each % CLASSES) };
  };
  return {
    dim,
    shape: [2, 2, 3],
    classes: CLASSES,
    size,
    items,
    sample: (rng, count) => labelled(rng, count).values,
    labelled,
  };
}
