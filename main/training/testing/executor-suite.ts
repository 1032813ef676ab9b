/**
 * What every executor must do, held against `ort-cpu` on one thread: kernels, the forward pass and a
 * training step of every method, state that stays where it is computed, and 200 steps to the same loss.
 */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Sampleable } from '../../maths/sampleable.ts';
import type { BoundMethod } from '../../methods/method.ts';
import type { Executable, Executor, HostArrays } from '../../tensor/executors/executor.ts';
import { ortCpuExecutor } from '../../tensor/executors/ort.ts';
import { compileProgram } from '../../tensor/program.ts';
import { Rng } from '../../tensor/rng.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { parityFamilies } from '../../tensor/testing/cases/index.ts';
import { describeParity } from '../../tensor/testing/parity.ts';
import type { TrainingArrays } from '../trainer.ts';
import { type SmallTraining, driftingToy, smallTrainings, startTraining } from './small-trainings.ts';

/** Sums of a few hundred products in single precision, in another order. */
const FORWARD_TOLERANCE = 1e-5;
/** Of state vectors and scalars after one step. */
const STEP_TOLERANCE = 1e-4;
/** Steps differ by their rounding, which training amplifies; the loss is what must not. */
const LOSS_TOLERANCE = 0.01;

type Make = () => Executor | Promise<Executor>;

export function executorSuite(name: string, make: Make): void {
  let executor: Executor;
  const oracle = ortCpuExecutor(1);
  beforeAll(async () => {
    executor = await make();
  });

  for (const family of parityFamilies) describeParity(family, make);

  describe(`${name} and ort-cpu agree on`, () => {
    it.each(smallTrainings().map((training) => [training.name, training] as const))(
      '%s: the forward pass and one training step',
      async (_, training) => {
        const [found, wanted] = [
          await afterOneStep(training, executor),
          await afterOneStep(training, oracle),
        ];
        for (const [output, values] of Object.entries(wanted.forward)) {
          expect(relativeDistance(found.forward[output]!, values), output).toBeLessThan(FORWARD_TOLERANCE);
        }
        for (const [scalar, value] of Object.entries(wanted.scalars)) {
          expect(Math.abs(found.scalars[scalar]! - value), scalar).toBeLessThanOrEqual(
            STEP_TOLERANCE * Math.abs(value),
          );
        }
        expect(found.fallbacks, 'runs on the processor instead').toEqual([]);
        for (const [vector, values] of Object.entries(wanted.state)) {
          expect(relativeDistance(found.state[vector]!, values), vector).toBeLessThan(STEP_TOLERANCE);
        }
      },
    );

    it('the loss of 200 steps of drifting', async () => {
      const [found, wanted] = [await lastLoss(200, executor), await lastLoss(200, oracle)];
      expect(Math.abs(found - wanted)).toBeLessThan(LOSS_TOLERANCE * wanted);
    });
  });

  describe(`state on ${name}`, () => {
    it('comes back as it was written, bit for bit', async () => {
      const trainer = await startTraining(driftingToy(), executor);
      const written = Object.fromEntries(
        Object.entries(await trainer.state()).map(([vector, values], seed) => [
          vector,
          new Rng(seed, vector).fillNormal(new Float32Array(values.length)),
        ]),
      );
      await trainer.restore(7, written);
      expect(await trainer.state()).toEqual(written);
      await trainer.dispose();
    });

    it('goes back by one run exactly, and on from there the same way', async () => {
      const watched = watching(executor);
      const trainer = await startTraining(driftingToy(), watched.executor);
      await trainer.advance();
      const before = copyOf(await trainer.state());
      await trainer.advance();
      const after = copyOf(await trainer.state());
      expect(after).not.toEqual(before);

      watched.executable().undo();
      expect(await trainer.state()).toEqual(before);
      await trainer.restore(1, before);
      await trainer.advance();
      expect(await trainer.state()).toEqual(after);
      await trainer.dispose();
    });

    it('stays where it is over 20 steps: what passes are the draws and the scalars', async () => {
      const watched = watching(executor);
      const trainer = await startTraining(driftingToy(), watched.executor);
      await trainer.advance();
      const start = watched.executable().traffic();
      let scalars = 0;
      for (let k = 0; k < 20; k++) scalars = Object.keys((await trainer.advance()).scalars).length;
      const end = watched.executable().traffic();
      await trainer.dispose();
      const drawn = Object.values(drawSizes(driftingToy())).reduce((sum, size) => sum + size, 0);
      expect({
        runs: end.runs - start.runs,
        uploadedBytes: end.uploadedBytes - start.uploadedBytes,
        readBytes: end.readBytes - start.readBytes,
        stateBytes: end.stateBytes - start.stateBytes,
      }).toEqual({
        runs: 20,
        // The number of the step is an input too.
        uploadedBytes: 20 * 4 * (drawn + 1),
        readBytes: 20 * 4 * scalars,
        stateBytes: 0,
      });
    });
  });
}

interface AfterOneStep {
  readonly fallbacks: readonly string[];
  readonly forward: HostArrays;
  readonly scalars: Readonly<Record<string, number>>;
  readonly state: TrainingArrays;
}

async function afterOneStep(training: SmallTraining, executor: Executor): Promise<AfterOneStep> {
  const watched = watching(executor);
  const trainer = await startTraining(training, watched.executor);
  const { fallbacks = [] } = watched.executable();
  const forward = await forwardPass(training.bind(), await trainer.state(), executor);
  const { scalars } = await trainer.advance();
  const state = copyOf(await trainer.state());
  await trainer.dispose();
  return { fallbacks, forward, scalars, state };
}

/** What the network of a fresh state says of noise at several times. */
async function forwardPass(
  method: BoundMethod,
  state: TrainingArrays,
  executor: Executor,
): Promise<HostArrays> {
  const { sampledState, noiseShape } = method;
  const batch = 6;
  const program = await compileProgram(executor, {
    inputs: {
      ...Object.fromEntries(sampledState.map((vector) => [vector, { shape: [state[vector]!.length] }])),
      x: { shape: [batch, ...noiseShape] },
      t: { shape: [batch] },
    },
    run: (_, { x, t, ...vectors }) => ({
      outputs: outputsOf(method.sampleable(vectors), x!, t as tf.Tensor1D),
    }),
  });
  const x = new Rng(5, 'forward').fillNormal(new Float32Array(batch * sizeOf(noiseShape)));
  const t = Float32Array.from({ length: batch }, (_, i) => (i + 0.5) / batch);
  const given = Object.fromEntries(sampledState.map((vector) => [vector, state[vector]!]));
  const outputs = await program.run({ ...given, x, t });
  const copied = Object.fromEntries(Object.entries(outputs).map(([name, values]) => [name, values.slice()]));
  await program.dispose();
  return copied;
}

function outputsOf(sampleable: Sampleable, x: tf.Tensor, t: tf.Tensor1D): Record<string, tf.Tensor> {
  switch (sampleable.kind) {
    case 'velocity':
      return { velocity: sampleable.velocity(x, t) };
    case 'flowMap':
      return { map: sampleable.map(x, t) };
    case 'generator':
      return { generated: sampleable.generate(x) };
    case 'features':
      return { ...sampleable.maps(x), vector: sampleable.vector(x) };
    case 'policy': {
      const parameters = sampleable.parameters(x, t);
      const later = tf.mul(t, 0.5) as tf.Tensor1D;
      return { ...parameters, velocity: sampleable.velocity(parameters, x, t, tf.mul(x, 0.9), later) };
    }
  }
}

/** The mean of the last 20 steps. */
async function lastLoss(steps: number, executor: Executor): Promise<number> {
  const trainer = await startTraining(driftingToy(), executor);
  let sum = 0;
  for (let step = 1; step <= steps; step++) {
    const { scalars } = await trainer.advance();
    if (step > steps - 20) sum += scalars['loss']! / 20;
  }
  await trainer.dispose();
  return sum;
}

/** The executor with a look at the program that it compiled last. */
function watching(executor: Executor): { executor: Executor; executable: () => Executable } {
  let last: Executable | null = null;
  return {
    executor: {
      ...executor,
      compile: async (graph, options) => (last = await executor.compile(graph, options)),
    },
    executable: () => last!,
  };
}

function drawSizes({ bind, sampleShape }: SmallTraining): Record<string, number> {
  return Object.fromEntries(
    Object.entries(bind().draws).map(([name, draw]) => {
      if (draw.kind === 'label') throw new Error('the toy has no classes');
      return [name, draw.kind === 'data' ? draw.count * sizeOf(sampleShape) : sizeOf(draw.shape)];
    }),
  );
}

function copyOf(state: TrainingArrays): TrainingArrays {
  return Object.fromEntries(Object.entries(state).map(([name, values]) => [name, values.slice()]));
}

/** |a - b| / |b| over a whole vector. */
function relativeDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [difference, size] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    size += b[i]! ** 2;
  }
  return Math.sqrt(difference / Math.max(size, 1e-30));
}
