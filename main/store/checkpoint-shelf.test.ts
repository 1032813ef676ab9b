import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CheckpointShelf } from './checkpoint-shelf.ts';
import { stateOf } from './testdata/chain.ts';
import { noWarning, scratchFolder, systemError, tempsIn, warningTrap } from './testdata/scratch.ts';

afterEach(() => vi.restoreAllMocks());

const ORIGIN = { run: 'r', method: 'drifting', configHash: 'c'.repeat(64) };

function shelfIn(folder = join(scratchFolder(), 'checkpoints')): CheckpointShelf {
  return new CheckpointShelf(folder, ORIGIN);
}

function state(step: number) {
  return stateOf(step, new Uint8Array(32).fill(step));
}

function saved(shelf: CheckpointShelf, ...steps: number[]): CheckpointShelf {
  for (const step of steps) shelf.save(state(step), 2, null, noWarning);
  return shelf;
}

function stepsOf(shelf: CheckpointShelf): number[] {
  return shelf.entries(noWarning).map(({ step }) => step);
}

function flip(path: string, at: number): void {
  const bytes = fs.readFileSync(path);
  bytes[at]! ^= 4;
  fs.writeFileSync(path, bytes);
}

describe('save and load', () => {
  it('gives back the state bit for bit', () => {
    const shelf = saved(shelfIn(), 100);
    expect(shelf.latestGood(noWarning)).toEqual(state(100));
    expect(shelf.load(100, noWarning)).toEqual(state(100));
  });

  it('has nothing to give before the first save', () => {
    expect(shelfIn().latestGood(noWarning)).toBeNull();
    expect(() => shelfIn().load(5, noWarning)).toThrow(
      expect.objectContaining({ code: 'run/no-checkpoint' }),
    );
  });

  it('names the steps there are when another is asked for', () => {
    expect(() => saved(shelfIn(), 1, 2).load(5, noWarning)).toThrow(/step 5, found those of 1, 2/);
  });

  it('keeps the newest ones, two at least, and no file that the manifest does not name', () => {
    const shelf = shelfIn();
    for (const step of [1, 2, 3, 4, 5]) shelf.save(state(step), 3, null, noWarning);
    expect(stepsOf(shelf)).toEqual([3, 4, 5]);
    shelf.save(state(6), 0, null, noWarning);
    expect(stepsOf(shelf)).toEqual([5, 6]);
    expect(fs.readdirSync(shelf.folder).sort()).toEqual([
      'manifest.json',
      'step-5.safetensors',
      'step-6.safetensors',
    ]);
  });

  it('keeps the best one beside the newest; NaN is not a score', () => {
    const shelf = shelfIn();
    [0.5, 0.1, NaN, 0.3, 0.2].forEach((score, i) => shelf.save(state(i + 1), 2, score, noWarning));
    expect(stepsOf(shelf)).toEqual([2, 4, 5]);
    shelf.save(state(6), 2, 0.05, noWarning);
    expect(stepsOf(shelf)).toEqual([5, 6]);
  });

  it('forgets what came after the step from which a run is resumed', () => {
    const shelf = saved(shelfIn(), 1, 2);
    shelf.dropAfter(1, noWarning);
    expect(shelf.latestGood(noWarning)?.step).toBe(1);
    expect(fs.existsSync(join(shelf.folder, 'step-2.safetensors'))).toBe(false);
  });
});

describe('damage', () => {
  it('falls back to the generation before, wherever the newest is hit, and says so', () => {
    const shelf = saved(shelfIn(), 1, 2);
    const path = join(shelf.folder, 'step-2.safetensors');
    const whole = fs.readFileSync(path);
    for (const at of [0, 8, 40, 300, 5000, whole.length - 1]) {
      flip(path, at);
      const trap = warningTrap();
      expect(shelf.latestGood(trap.warn)).toEqual(state(1));
      expect(trap.codes()).toEqual(['run/checkpoint-damaged']);
      fs.writeFileSync(path, whole);
    }
    for (const size of [0, 7, 100, whole.length - 1]) {
      fs.writeFileSync(path, whole.subarray(0, size));
      expect(shelf.latestGood(() => {})).toEqual(state(1));
    }
    fs.rmSync(path);
    expect(shelf.latestGood(() => {})).toEqual(state(1));
  });

  it('does not begin anew in silence where every generation is damaged', () => {
    const shelf = saved(shelfIn(), 1, 2);
    for (const step of [1, 2]) flip(join(shelf.folder, `step-${step}.safetensors`), 2000);
    expect(() => shelf.latestGood(() => {})).toThrow(
      expect.objectContaining({ code: 'run/no-good-checkpoint' }),
    );
  });

  it('reads the files where the manifest is damaged or missing, and writes it again', () => {
    const shelf = saved(shelfIn(), 1, 2);
    const path = join(shelf.folder, 'manifest.json');
    for (const text of ['', '{"format":1}', '{"format":1,"checkpoints":[{"step":1,"file":"../../x"}]}']) {
      fs.writeFileSync(path, text);
      const trap = warningTrap();
      expect(shelf.latestGood(trap.warn)).toEqual(state(2));
      expect(trap.codes()).toEqual(['run/manifest-damaged']);
    }
    fs.rmSync(path);
    expect(shelf.latestGood(noWarning)).toEqual(state(2));
    saved(shelf, 3);
    expect(stepsOf(shelf)).toEqual([2, 3]);
  });

  it('does not take the checkpoint of another config', () => {
    const shelf = saved(shelfIn(), 1);
    const other = new CheckpointShelf(shelf.folder, { ...ORIGIN, configHash: 'd'.repeat(64) });
    expect(() => other.load(1, noWarning)).toThrow(/this config/);
  });
});

describe('a disk that refuses', () => {
  it('saves nothing where there is not room for two, and says how much is missing', () => {
    const shelf = saved(shelfIn(), 1);
    vi.spyOn(fs, 'statfsSync').mockReturnValueOnce({ bavail: 20, bsize: 4096 } as fs.StatsFs);
    expect(() => saved(shelf, 2)).toThrow(
      expect.objectContaining({ code: 'store/disk-full', message: expect.stringContaining('found 81920') }),
    );
    expect(stepsOf(shelf)).toEqual([1]);
  });

  it.each(['ENOSPC', 'EROFS', 'EIO'] as const)(
    'keeps the earlier ones whichever write fails with %s',
    (errno) => {
      const shelf = saved(shelfIn(), 1, 2);
      // Calls 0 and 1 write the checkpoint and the manifest; each may fail, in each of its parts.
      for (const step of ['openSync', 'writeSync', 'fsyncSync', 'renameSync'] as const) {
        for (let failing = 0; failing < 2; failing++) {
          const original = fs[step] as (...args: never[]) => unknown;
          let writes = 0;
          vi.spyOn(fs, step as 'renameSync').mockImplementation(((...args: never[]) => {
            const isWrite = step !== 'openSync' || String(args[1]) === 'wx';
            if (isWrite && writes++ === failing) throw systemError(errno);
            return original(...args);
          }) as never);
          expect(() => shelf.save(state(3), 2, null, noWarning)).toThrow(
            expect.objectContaining({ code: expect.stringMatching(/^store\//) }),
          );
          vi.restoreAllMocks();
          expect(tempsIn(shelf.folder)).toEqual([]);
          expect([2, 3]).toContain(shelf.latestGood(noWarning)?.step);
          shelf.dropAfter(2, noWarning);
        }
      }
      expect(stepsOf(shelf)).toEqual([1, 2]);
    },
  );
});
