/** Every method with every kind of network, at sizes that make a step take milliseconds. */
import * as tf from '@tensorflow/tfjs-core';
import { datasetById, parseDatasetParams } from '../../datasets/index.ts';
import { GaussianMixture, mixtureVelocityField } from '../../maths/gaussian-mixture.ts';
import type { VelocityField } from '../../maths/sampleable.ts';
import { drifting } from '../../methods/drifting/index.ts';
import { smallEncoder } from '../../methods/drifting/testing/encoder.ts';
import { methods, parseMethodParams } from '../../methods/index.ts';
import type { BoundMethod, Method, MethodContext, TrainedDit } from '../../methods/method.ts';
import { teacher } from '../../methods/teacher/index.ts';
import { initMlp } from '../../models/mlp/mlp.ts';
import type { Executor } from '../../tensor/executors/executor.ts';
import { Rng } from '../../tensor/rng.ts';
import { hostLeaves } from '../../tensor/tree.ts';
import { type SampleSource, Trainer } from '../trainer.ts';

export interface SmallTraining {
  readonly name: string;
  readonly sampleShape: readonly number[];
  readonly bind: () => BoundMethod;
  readonly source: SampleSource;
}

type Params = Readonly<Record<string, unknown>>;

const TOTAL_STEPS = 200;

const SMALL_POINTS: Params = { batch: 16, width: 8, depth: 2, timeChannels: 4, noiseDim: 4 };
const SMALL_IMAGES: Params = {
  ...{ batch: 12, width: 8, depth: 1, timeChannels: 4, noiseDim: 4 },
  ...{ ditWidth: 8, ditDepth: 1, heads: 2, components: 2 },
};
const IMAGE = [4, 4, 1];
const CLASSES = 3;

/** What is particular to a method beside its defaults: on points, and on images. */
const POINT_VARIANTS: Readonly<Record<string, readonly Params[]>> = {
  freeflow: [{}, { loss: 'joint' }],
  piflow: [{}, { policy: 'dx', nfe: 2 }],
  drifting: [{}, { bank: 20, fresh: 6 }],
};
const IMAGE_VARIANTS: Readonly<Record<string, readonly Params[]>> = {
  teacher: [{ conditional: true }, { network: 'mlp' }],
  freeflow: [{}, { derivative: 'jvp', fromTeacher: false }],
  piflow: [
    { conditional: true, guidance: 2, dropout: 0.1 },
    { policy: 'dx', nfe: 2, window: 0.1, source: 'data', conditional: true },
  ],
  meanflow: [{ conditional: true, guidance: 2 }],
  encoder: [{ task: 'reconstruct' }, { task: 'classify', labelSmoothing: 0.1, stages: [1, 2] }],
  drifting: [
    { conditional: true, groups: 2, unconditional: 2, bank: 8, fresh: 6, negatives: 4 },
    { conditional: true, network: 'dit', microBatch: 6 },
  ],
};

/** A bright bar in the row of its class, on noise. */
const bars: SampleSource & { labelled: NonNullable<SampleSource['labelled']> } = {
  classes: CLASSES,
  sample: (rng, count) => bars.labelled(rng, count).values,
  labelled(rng, count) {
    const values = rng.fillNormal(new Float32Array(count * 16)).map((x) => 0.1 * x);
    const labels = Float32Array.from({ length: count }, () => rng.int(CLASSES));
    labels.forEach((label, i) => values.fill(1, i * 16 + 4 * label, i * 16 + 4 * label + 4));
    return { values, labels };
  },
};

export function smallTrainings(): SmallTraining[] {
  const named = (method: Method, of: string, more: Params): string =>
    `${method.id} of ${of} ${JSON.stringify(more)}`;
  const ofPoints = methods
    .filter(({ produces }) => produces !== 'features')
    .flatMap((method) =>
      (POINT_VARIANTS[method.id] ?? [{}]).map((more) => ({
        ...pointTraining(method, more),
        name: named(method, 'points', more),
      })),
    );
  const ofImages = methods.flatMap((method) =>
    (IMAGE_VARIANTS[method.id] ?? [{}]).map((more) =>
      imageTraining(named(method, 'images', more), method, more),
    ),
  );
  const inFeatures = imageTraining('drifting of images in the features of an encoder', drifting, {
    conditional: true,
    encoder: true,
  });
  return [...ofPoints, ...ofImages, inFeatures];
}

/** The drifting toy, for what takes many steps. */
export function driftingToy(): SmallTraining {
  return pointTraining(drifting, { batch: 64, width: 32, learningRate: 3e-3, temperature: 0.3 });
}

export function startTraining(
  { bind, source, sampleShape }: SmallTraining,
  executor: Executor,
): Promise<Trainer> {
  return Trainer.create({ method: bind(), source, sampleShape, executor, seed: 3 });
}

function pointTraining(method: Method, more: Params): SmallTraining {
  const dataset = datasetById('eight-gaussians');
  const mixture = () =>
    new GaussianMixture({
      means: [
        [1, 0],
        [-1, 0.5],
      ],
      stds: [0.3, 0.3],
    });
  const shape = { inputs: 2, outputs: 2, width: 8, depth: 2, timeChannels: 4 };
  const network = { shape, parameters: initMlp(shape, new Rng(1, 'teacher'), { lastGain: 0.1 }) };
  return {
    name: `${method.id} of points`,
    sampleShape: [2],
    source: dataset.create(parseDatasetParams(dataset, {})),
    bind: () =>
      method.bind(parseMethodParams(method, known(method, { ...SMALL_POINTS, ...more })), {
        sampleShape: [2],
        totalSteps: TOTAL_STEPS,
        teacher: method.needsTeacher ? () => mixtureVelocityField(mixture()) : null,
        classes: method.needsTeacher ? 2 : 8,
        teacherNetwork: method.needsTeacher ? network : null,
      }),
  };
}

function imageTraining(name: string, method: Method, { encoder = false, ...more }: Params): SmallTraining {
  const conditional = more['conditional'] === true;
  const shared = { sampleShape: IMAGE, totalSteps: TOTAL_STEPS };
  return {
    name,
    sampleShape: IMAGE,
    source: bars,
    bind: () => {
      const learnt = method.needsTeacher ? untrainedTeacher(conditional, shared) : null;
      return method.bind(parseMethodParams(method, known(method, { ...SMALL_IMAGES, ...more })), {
        ...shared,
        teacher: learnt?.field ?? null,
        classes: method.needsTeacher && !conditional ? 0 : CLASSES,
        teacherNetwork: learnt?.network ?? null,
        ...(encoder === true ? { encoder: () => smallEncoder(IMAGE) } : {}),
      });
    },
  };
}

/** Its last layers say something, which a fresh network's do not. */
function untrainedTeacher(
  conditional: boolean,
  shared: Pick<MethodContext, 'sampleShape' | 'totalSteps'>,
): { field: () => VelocityField; network: TrainedDit } {
  const params = parseMethodParams(teacher, known(teacher, { ...SMALL_IMAGES, conditional }));
  const bound = teacher.bind(params, { ...shared, teacher: null, classes: CLASSES });
  const { ema } = bound.init(new Rng(1, 'teacher'));
  const rng = new Rng(2, 'teacher');
  for (const [leaf, values] of Object.entries(hostLeaves(ema!, bound.layout['ema']!))) {
    if (/adaLN|final|classes/.test(leaf)) {
      values.set(rng.fillNormal(new Float32Array(values.length)).map((x) => 0.3 * x));
    }
  }
  return {
    field: () => bound.sampleable({ ema: tf.tensor1d(ema!) }) as VelocityField,
    network: bound.network!({ ema: ema! }) as TrainedDit,
  };
}

function known(method: Method, params: Params): Record<string, unknown> {
  return Object.fromEntries(Object.entries(params).filter(([name]) => name in method.params.shape));
}
