import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { RunWriter } from './run-writer.ts';
import { RunStore } from './runs.ts';
import { stateOf } from './testdata/chain.ts';
import { configOf, noWarning, scratchFolder, tempsIn } from './testdata/scratch.ts';

afterEach(() => vi.restoreAllMocks());

const full = expect.objectContaining({ code: 'store/disk-full' });

function fillDisk(folder: string): string {
  const path = join(folder, 'ballast');
  const descriptor = fs.openSync(path, 'w');
  try {
    for (;;) fs.writeSync(descriptor, Buffer.alloc(512));
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
  } finally {
    fs.closeSync(descriptor);
  }
  return path;
}

it('on a disk that is really full, nothing is lost and nothing half-done stays', (context) => {
  const folder = scratchFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    context.skip('this user may not mount a small disk; the injected errors of the other tests remain');
  }
  onTestFinished(() => void execFileSync('umount', ['-l', folder]));

  const store = RunStore.open({ home: folder, warn: noWarning });
  onTestFinished(() => store.close());
  const run = store.create(configOf(), { versions: {} });
  const writer = RunWriter.open(run, { keep: 2, warn: noWarning });
  onTestFinished(() => writer.close());
  const state = (step: number) => stateOf(step, new Uint8Array(32).fill(step));
  writer.record(1, { loss: 1 });
  writer.save(state(1));
  const ballast = fillDisk(folder);

  // By asking for room first, and then without asking: the disk itself says no.
  expect(() => writer.save(state(2))).toThrow(full);
  vi.spyOn(fs, 'statfsSync').mockReturnValue({ bavail: 1e9, bsize: 4096 } as fs.StatsFs);
  expect(() => writer.save(state(2))).toThrow(full);
  expect(() => run.update({ status: 'running' })).toThrow(full);
  expect(() => store.create(configOf(), { versions: {} })).toThrow(full);
  expect(() => {
    for (let step = 2; ; step++) writer.record(step, { loss: step });
  }).toThrow(full);

  expect(tempsIn(folder)).toEqual([]);
  expect(fs.readdirSync(store.home.runs)).toEqual([run.id]);
  expect(run.checkpoints.latestGood(noWarning)).toEqual(state(1));
  expect(run.metrics(noWarning)[0]!.values[0]).toBe(1);
  expect(store.list().map(({ id, status }) => [id, status])).toEqual([[run.id, 'queued']]);

  fs.rmSync(ballast);
  writer.save(state(2));
  expect(run.checkpoints.latestGood(noWarning)).toEqual(state(2));
  expect(run.update({ status: 'running' }).status).toBe('running');
});
