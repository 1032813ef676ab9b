/**
 * TensorFlow against the suite of every executor. Run by scripts/tensorflow-stage.mjs, which installs it
 * first and names its folder in FEWSTEP_TENSORFLOW.
 */
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Executor } from '../tensor/executors/executor.ts';
import { ortCpuExecutor } from '../tensor/executors/ort.ts';
import { tensorflowExecutor } from '../tensor/executors/tensorflow.ts';
import { INPUTS, tinyProgram } from '../tensor/executors/testing/tiny-program.ts';
import { executorSuite } from './testing/executor-suite.ts';
import { driftingToy, startTraining } from './testing/small-trainings.ts';

const folder = process.env['FEWSTEP_TENSORFLOW'];
if (folder === undefined) throw new Error('FEWSTEP_TENSORFLOW: expected the folder of an installed engine');

const executor = tensorflowExecutor(folder);

executorSuite('tensorflow', () => executor);

/** TensorFlow.js's count, and that of the addon, which knows what TensorFlow.js may have lost sight of. */
function counts(): number[] {
  const backend = tf.findBackend('tensorflow') as unknown as { getNumOfTFTensors(): number };
  return [tf.memory().numTensors, backend.getNumOfTFTensors()];
}

describe('tensors on TensorFlow', () => {
  it('are as many after 10,000 steps as after two', async () => {
    const program = await tinyProgram(await executor);
    await program.run(INPUTS);
    await program.run(INPUTS);
    const before = counts();
    for (let step = 2; step < 10_000; step++) await program.run(INPUTS);
    expect(counts()).toEqual(before);
    await program.dispose();
  }, 240_000);

  it('are as many after 200 steps of drifting as after two, and gone after its end', async () => {
    /** What training leaves behind; tracing alone leaves something, whatever runs the trace. */
    const leftBy = async (by: Executor): Promise<number> => {
      const atFirst = tf.memory().numTensors;
      const trainer = await startTraining(driftingToy(), by);
      for (let step = 0; step < 2; step++) await trainer.advance();
      const { numTensors } = tf.memory();
      for (let step = 2; step < 200; step++) await trainer.advance();
      expect(tf.memory().numTensors).toBe(numTensors);
      await trainer.dispose();
      return tf.memory().numTensors - atFirst;
    };
    expect(await leftBy(await executor)).toBe(await leftBy(ortCpuExecutor(1)));
  });
});
