/** The interpreter on the pure JavaScript backend: what it keeps, and what it lets go. */
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Executable } from './executor.ts';
import { ortCpuExecutor } from './ort.ts';
import { INPUTS, STATE, tinyProgram } from './testing/tiny-program.ts';
import { referenceExecutor } from './tfjs.ts';

const interpreted = () => tinyProgram(referenceExecutor());

describe('the interpreter', () => {
  it('computes what the compiled program does', async () => {
    const [slow, fast] = [await interpreted(), await tinyProgram(ortCpuExecutor(1))];
    for (const program of [slow, fast]) await program.writeState(STATE);
    for (let step = 0; step < 5; step++) {
      const [found, wanted] = [await slow.run(INPUTS), await fast.run(INPUTS)];
      for (const [name, values] of Object.entries(wanted)) {
        // A few dozen products in single precision.
        values.forEach((value, i) => expect(found[name]![i]).toBeCloseTo(value, 5));
      }
    }
    const [found, wanted] = [await slow.readState(), await fast.readState()];
    wanted['w']!.forEach((value, i) => expect(found['w']![i]).toBeCloseTo(value, 5));
    expect(found['same']).toEqual(STATE.same);
    await Promise.all([slow.dispose(), fast.dispose()]);
  });

  it('holds as many tensors after any number of runs, and none after its end', async () => {
    // Tracing may leave tensors of its own.
    const traced = await tinyProgram(ortCpuExecutor(1));
    const before = tf.memory().numTensors;
    await traced.dispose();
    const program = await interpreted();
    await program.run(INPUTS);
    await program.run(INPUTS);
    const { numTensors } = tf.memory();
    for (let k = 0; k < 20; k++) {
      await program.run(INPUTS);
      if (k % 5 === 0) program.undo();
      if (k % 7 === 0) await program.writeState(STATE);
      await program.run(INPUTS);
    }
    expect(tf.memory().numTensors).toBe(numTensors);
    await program.dispose();
    expect(tf.memory().numTensors).toBeLessThanOrEqual(before + 1);
  });

  it('starts from zero, and goes back by one run exactly, once', async () => {
    const program = await interpreted();
    expect(await program.readState()).toEqual({ w: new Float32Array(6), same: new Float32Array(4) });
    await program.writeState(STATE);
    await program.run(INPUTS);
    const { w } = await program.readState();
    await program.run(INPUTS);
    program.undo();
    expect((await program.readState())['w']).toEqual(w);
    expect(() => program.undo()).toThrow('there is no run to take back');
    await program.dispose();
  });

  it('keeps its state where a run is refused', async () => {
    const program = await interpreted();
    await program.writeState(STATE);
    await expect(program.run({ ...INPUTS, x: new Float32Array(3) })).rejects.toThrow(
      'program input x: expected 12 elements of shape [4, 3], found 3',
    );
    await expect(program.writeState({ ...STATE, w: new Float32Array(1) })).rejects.toThrow(RangeError);
    expect(await program.readState()).toEqual(STATE);
    await program.dispose();
  });

  it('gives arrays of its own: what was given or read may change afterwards', async () => {
    const program = await interpreted();
    const x = INPUTS.x.slice();
    const state = { w: STATE.w.slice(), same: STATE.same.slice() };
    await program.writeState(state);
    state.same.fill(9);
    const found = await program.run({ ...INPUTS, x });
    x.fill(7);
    expect(found['seen']).toEqual(INPUTS.x);
    const read = await program.readState();
    read['same']!.fill(9);
    expect((await program.readState())['same']).toEqual(STATE.same);
    await program.dispose();
  });

  it('counts the bytes that pass', async () => {
    const executable = await interpreted();
    await executable.writeState(STATE);
    for (let k = 0; k < 3; k++) await executable.run(INPUTS);
    await executable.readState();
    expect((executable as Executable).traffic()).toEqual({
      runs: 3,
      uploadedBytes: 3 * 4 * (12 + 2),
      readBytes: 3 * 4 * (1 + 1 + 12),
      stateBytes: 2 * 4 * (6 + 4),
    });
    await executable.dispose();
  });

  it('lets others have a turn between two runs', async () => {
    const program = await interpreted();
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    while (turns < 3) await program.run(INPUTS);
    clearInterval(timer);
    await program.dispose();
  });
});
