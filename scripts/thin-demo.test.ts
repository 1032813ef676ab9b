import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { statesFromTensors } from '../main/engine/plan/state-tensors.ts';
import { RunFolder } from '../main/store/run-folder.ts';
import { scratchFolder } from '../main/store/testdata/scratch.ts';
import { packingOf } from '../main/tensor/tree.ts';
import { thinDemo } from './thin-demo.mjs';

const warn = ({ message }: { readonly message: string }): void => {
  throw new Error(message);
};
const packing = packingOf({ 'layer.weight': [2, 2], bias: [1] });
const parameters = Float32Array.of(0.1, -2, 1e-5, 300.3, 1 / 3);

/** A finished run with all that training has, and a copy of its teacher. */
function trained(home: string, teacher: RunFolder | null): RunFolder {
  const config = {
    method: teacher === null ? 'teacher' : 'freeflow',
    params: {},
    dataset: { id: 'digits', params: {} },
    steps: 3,
    seed: 0,
    checkpointEvery: 10,
    evalEvery: 0,
    filmFrames: 0,
    executor: 'auto',
    ...(teacher === null ? {} : { teacher: 'shipped-teacher' }),
  } as Parameters<typeof RunFolder.create>[1];
  const run = RunFolder.create(home, config, { versions: {}, teacher });
  const tensors = new Map(
    ['params', 'ema', 'first'].flatMap((vector) =>
      packing.leaves.map(({ name, shape, offset }) => {
        const data = parameters.slice(offset, offset + shape.reduce((size, n) => size * n, 1));
        return [`${vector}/${name}`, { dtype: 'F32' as const, shape, data }] as const;
      }),
    ),
  );
  run.checkpoints.save({ step: 3, tensors, rng: { seed: 0, step: 3 } }, 2, 0.5, warn);
  return run;
}

/** As it ships: under a name of its own. */
function shipped(run: RunFolder, name: string): RunFolder {
  const folder = path.join(path.dirname(run.path), name);
  fs.renameSync(run.path, folder);
  return RunFolder.open(folder);
}

it('keeps the averaged parameters in 16 bits and the name of the teacher, and the run says so', () => {
  const home = scratchFolder();
  const teacher = shipped(trained(home, null), 'shipped-teacher');
  const student = shipped(trained(home, teacher), 'shipped-student');
  thinDemo(teacher.path, null);
  thinDemo(student.path, 'shipped-teacher');

  const run = RunFolder.open(student.path);
  expect(run.summary().tags).toEqual(['16-bit weights']);
  const [entry] = run.checkpoints.entries(warn);
  expect(entry).toMatchObject({ step: 3, score: 0.5 });
  const { tensors } = run.checkpoints.latestGood(warn)!;
  expect([...tensors.keys()].sort()).toEqual(['ema/bias', 'ema/layer.weight']);
  const { ema } = statesFromTensors({ ema: packing, first: packing }, tensors, ['ema']);
  // To the nearest of 11 significant bits, and of 2^-24 below 2^-14.
  expect([...ema!]).toEqual([...parameters].map((value) => Math.f16round(value)));
  expect(() => statesFromTensors({ ema: packing, first: packing }, tensors)).toThrow(
    /first\/.* found nothing/,
  );

  expect(run.teacherPath).toBe(teacher.path);
  expect(run.teacher().file.config.method).toBe('teacher');
  // Whoever copies it elsewhere gets a whole run, and its tensors.
  const elsewhere = scratchFolder();
  const copy = RunFolder.adopt(elsewhere, student.path);
  fs.rmSync(teacher.path, { recursive: true });
  expect(copy.teacherPath).toBe(path.join(copy.path, 'teacher'));
  expect(copy.teacher().checkpoints.latestGood(warn)!.tensors.size).toBe(2);
});

it('refuses parameters that 16 bits do not hold', () => {
  const run = trained(scratchFolder(), null);
  const data = Float32Array.of(70_000);
  const tensors = new Map([['ema/bias', { dtype: 'F32' as const, shape: [1], data }]]);
  run.checkpoints.save({ step: 4, tensors, rng: {} }, 2, null, warn);
  expect(() => thinDemo(run.path, null)).toThrow(/70000 is too large/);
});
