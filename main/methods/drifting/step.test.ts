import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Executor } from '../../tensor/executors/executor.ts';
import { ortCpuExecutor } from '../../tensor/executors/ort.ts';
import { referenceExecutor } from '../../tensor/executors/tfjs.ts';
import { compileProgram } from '../../tensor/program.ts';
import { Rng } from '../../tensor/rng.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { trace } from '../../tensor/trace.ts';
import { parseMethodParams } from '../index.ts';
import type { BoundMethod, PointSource } from '../method.ts';
import { drifting } from './index.ts';
import { smallEncoder } from './testing/encoder.ts';
import { relativeGap } from './testing/evaluated.ts';

const SHAPE = [4, 4, 1];
const CLASSES = 3;
const SMALL = {
  batch: 12,
  width: 8,
  depth: 1,
  noiseDim: 4,
  ditWidth: 8,
  ditDepth: 1,
  heads: 2,
  // Exponents are distances over these: at 0.02 their rounding would be 50 times as large.
  temperatures: [0.2, 0.5],
};

function boundOf(more: Record<string, unknown>, hasEncoder: boolean): BoundMethod {
  return drifting.bind(parseMethodParams(drifting, { ...SMALL, ...more }), {
    sampleShape: SHAPE,
    totalSteps: 10,
    teacher: null,
    classes: CLASSES,
    encoder: hasEncoder ? () => smallEncoder(SHAPE) : null,
  });
}

/** Images whose brightness is their class. */
const source: PointSource & { labelled: NonNullable<PointSource['labelled']> } = {
  sample: (rng, count) => source.labelled(rng, count).values,
  labelled(rng, count) {
    const labels = Float32Array.from({ length: count }, () => rng.int(CLASSES));
    const values = rng
      .fillNormal(new Float32Array(16 * count))
      .map((x, i) => 0.3 * x + labels[Math.floor(i / 16)]!);
    return { values, labels };
  },
};

function drawsOf({ draws }: BoundMethod): Record<string, { shape: readonly number[]; values: Float32Array }> {
  return Object.fromEntries(
    Object.entries(draws).map(([name, draw]) => {
      const rng = new Rng(5, name);
      if (draw.kind === 'made') return [name, { shape: draw.shape, values: draw.make(source, rng)(1) }];
      if (draw.kind === 'data') {
        return [name, { shape: [draw.count, ...SHAPE], values: source.sample(rng, draw.count) }];
      }
      if (draw.kind === 'label') throw new Error('drifting draws no labels of its own');
      return [name, { shape: draw.shape, values: rng.fillNormal(new Float32Array(sizeOf(draw.shape))) }];
    }),
  );
}

/** The first step from the same parameters, all of them away from zero. */
async function stepOf(bound: BoundMethod, executor: Executor = ortCpuExecutor(1)) {
  const state = bound.init(new Rng(6, 'init'));
  const noise = new Rng(6, 'more').fillNormal(new Float32Array(state['params']!.length));
  state['params'] = state['params']!.map((x, i) => x + 0.1 * noise[i]!);
  const draws = drawsOf(bound);
  const program = await compileProgram(executor, {
    inputs: {
      ...Object.fromEntries(Object.entries(state).map(([name, { length }]) => [name, { shape: [length] }])),
      ...Object.fromEntries(Object.entries(draws).map(([name, { shape }]) => [`draw ${name}`, { shape }])),
      step: { shape: [] },
    },
    run: (_, inputs) => {
      const of = (names: string[], prefix = ''): Record<string, Tensor> =>
        Object.fromEntries(names.map((name) => [name, inputs[prefix + name]!]));
      const { state: next, scalars } = bound.step(
        of(Object.keys(state)),
        of(Object.keys(draws), 'draw '),
        inputs['step'] as Scalar,
      );
      // After one step the first moment is a tenth of the gradient.
      return { outputs: { gradient: tf.clone(next['first']!), ...scalars } };
    },
  });
  const found = await program.run({
    ...state,
    ...Object.fromEntries(Object.entries(draws).map(([name, { values }]) => [`draw ${name}`, values])),
    step: Float32Array.of(1),
  });
  const copies = Object.fromEntries(Object.entries(found).map(([name, values]) => [name, values.slice()]));
  await program.dispose();
  return copies as Record<string, Float32Array>;
}

const GUIDED = { conditional: true, unconditional: 2, negatives: 6 };

describe.each([
  ['pixels', {}, false, [1, 4, 5, 40]],
  ['the plain field', { loss: 'field', temperature: 2 }, false, [5]],
  ['classes, guidance and negatives of their own', GUIDED, false, [5]],
  ['features', {}, true, [5]],
  ['features of classes with guidance', GUIDED, true, [4, 5]],
  ['features alone, of a transformer', { ...GUIDED, network: 'dit', pixelTerm: false }, true, [5]],
] as const)('micro-batches of %s', (_, more, hasEncoder, sizes) => {
  it('make the step of the whole batch', async () => {
    const whole = await stepOf(boundOf(more, hasEncoder));
    expect(Math.max(...whole['gradient']!.map(Math.abs))).toBeGreaterThan(1e-4);
    for (const microBatch of sizes) {
      const parts = await stepOf(boundOf({ ...more, microBatch }, hasEncoder));
      // The same sums in another order, in float32.
      for (const name of ['gradient', 'gradNorm', 'loss', 'drift']) {
        expect(relativeGap(parts[name]!, whole[name]!), `${name} of ${microBatch}`).toBeLessThan(1e-5);
      }
    }
  });
});

it('makes the same step in micro-batches on the reference executor', async () => {
  const bound = boundOf({ ...GUIDED, microBatch: 5 }, true);
  const [compiled, reference] = [await stepOf(bound), await stepOf(bound, referenceExecutor())];
  for (const name of ['gradient', 'loss', 'drift']) {
    expect(relativeGap(compiled[name]!, reference[name]!), name).toBeLessThan(1e-4);
  }
});

it('holds activations of one micro-batch only', () => {
  const WIDTH = 23;
  /** Largest tensor of a hidden layer outside of loops. */
  const rowsOfHidden = (microBatch: number): number => {
    const bound = boundOf({ conditional: true, width: WIDTH, microBatch }, true);
    const state = bound.init(new Rng(6, 'init'));
    const draws = Object.entries(drawsOf(bound));
    const graph = trace(
      {
        ...Object.fromEntries(Object.entries(state).map(([name, { length }]) => [name, { shape: [length] }])),
        ...Object.fromEntries(draws.map(([name, { shape }]) => [`draw ${name}`, { shape }])),
        step: { shape: [] },
      },
      (inputs) => {
        const given = Object.fromEntries(draws.map(([name]) => [name, inputs[`draw ${name}`]!]));
        const vectors = Object.fromEntries(Object.keys(state).map((name) => [name, inputs[name]!]));
        return { loss: bound.step(vectors, given, inputs['step'] as Scalar).scalars['loss']! };
      },
    );
    const hidden = graph.nodes
      .flatMap(({ outputs }) => outputs)
      .filter(({ shape }) => shape.length === 2 && shape[1] === WIDTH && shape[0]! !== WIDTH);
    return Math.max(0, ...hidden.map(({ shape }) => shape[0]!));
  };
  expect(rowsOfHidden(0)).toBe(12);
  expect(rowsOfHidden(4)).toBe(0);
});

it('trains the generator alone, which an encoder adds nothing to', () => {
  const [without, within] = [boundOf({}, false), boundOf({}, true)];
  expect(within.layout).toEqual(without.layout);
  expect(within.draws).toEqual(without.draws);
});

describe('refuses', () => {
  it.each([
    ['the plain field in features', { loss: 'field' }, 'params.loss'],
    [
      'to compare nothing',
      {
        pixelTerm: false,
        locationTerms: false,
        pooledTerms: false,
        patch2Terms: false,
        patch4Terms: false,
      },
      'params.pixelTerm',
    ],
  ])('%s', (_, more, field) => {
    expect(() => boundOf(more, true)).toThrow(expect.objectContaining({ detail: { field } }) as Error);
    expect(() => boundOf(more, false)).not.toThrow();
  });

  it('an encoder of points', () => {
    const options = drifting.params.parse(SMALL);
    const context = { sampleShape: [2], totalSteps: 1, teacher: null, classes: 0 };
    expect(() => drifting.bind(options, { ...context, encoder: () => smallEncoder(SHAPE) })).toThrow(
      'encoder: expected none for points',
    );
  });
});
