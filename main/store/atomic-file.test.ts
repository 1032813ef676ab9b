import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readWhole, sweepTemps, tempPathFor, writeFileAtomic } from './atomic-file.ts';
import { scratchFolder, systemError, tempsIn } from './testdata/scratch.ts';

afterEach(() => vi.restoreAllMocks());

/** A process id that was alive a moment ago and is not now. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

describe('writeFileAtomic', () => {
  it('makes and replaces a file and leaves nothing beside it', () => {
    const folder = scratchFolder();
    const path = join(folder, 'a.json');
    writeFileAtomic(path, 'one');
    writeFileAtomic(path, Uint8Array.of(1, 2, 3));
    expect([...readWhole(path)]).toEqual([1, 2, 3]);
    expect(fs.readdirSync(folder)).toEqual(['a.json']);
  });

  it('keeps the mode of the file that it replaces', () => {
    const path = join(scratchFolder(), 'a.json');
    fs.writeFileSync(path, 'one', { mode: 0o640 });
    fs.chmodSync(path, 0o640);
    writeFileAtomic(path, 'two');
    expect(fs.statSync(path).mode & 0o777).toBe(0o640);
  });

  it('syncs the file before the rename and the folder after it', () => {
    const order: string[] = [];
    const { fsyncSync, renameSync } = fs;
    vi.spyOn(fs, 'fsyncSync').mockImplementation((descriptor) => {
      order.push(fs.fstatSync(descriptor).isDirectory() ? 'sync folder' : 'sync file');
      fsyncSync(descriptor);
    });
    vi.spyOn(fs, 'renameSync').mockImplementation((from, to) => {
      order.push('rename');
      renameSync(from, to);
    });
    writeFileAtomic(join(scratchFolder(), 'a'), 'one');
    expect(order).toEqual(['sync file', 'rename', 'sync folder']);
  });

  const steps = ['openSync', 'writeSync', 'fsyncSync', 'renameSync'] as const;
  const causes = [
    ['ENOSPC', 'store/disk-full'],
    ['EDQUOT', 'store/disk-full'],
    ['EROFS', 'store/read-only'],
    ['EACCES', 'store/read-only'],
    ['EIO', 'store/io'],
  ] as const;
  it.each(steps.flatMap((step) => causes.map(([errno, code]) => ({ step, errno, code }))))(
    'when $step fails with $errno: $code naming the folder, the old file whole, no temp',
    ({ step, errno, code }) => {
      const folder = scratchFolder();
      const path = join(folder, 'a.json');
      fs.writeFileSync(path, 'old');
      vi.spyOn(fs, step).mockImplementationOnce(() => {
        throw systemError(errno);
      });
      expect(() => writeFileAtomic(path, 'new')).toThrow(
        expect.objectContaining({ code, message: expect.stringContaining(folder) }),
      );
      expect(fs.readFileSync(path, 'utf8')).toBe('old');
      expect(tempsIn(folder)).toEqual([]);
    },
  );

  it('says so where a file stands in the place of the folder', () => {
    const file = join(scratchFolder(), 'file');
    fs.writeFileSync(file, '');
    expect(() => writeFileAtomic(join(file, 'a.json'), 'x')).toThrow(
      expect.objectContaining({ code: 'store/not-a-folder' }),
    );
  });

  it('writes on after a short write', () => {
    const path = join(scratchFolder(), 'a');
    const { writeSync } = fs;
    vi.spyOn(fs, 'writeSync').mockImplementation(((
      fd: number,
      bytes: Uint8Array,
      from: number,
      count: number,
    ) => writeSync(fd, bytes, from, Math.min(count, 7))) as typeof fs.writeSync);
    writeFileAtomic(path, 'a text of more than seven bytes');
    expect(fs.readFileSync(path, 'utf8')).toBe('a text of more than seven bytes');
  });
});

describe('sweepTemps', () => {
  it('removes what dead processes left and nothing else', () => {
    const folder = scratchFolder();
    const mine = tempPathFor(join(folder, 'run.json'));
    const orphan = mine.replace(`.${process.pid}.`, `.${deadPid()}.`);
    const orphanFolder = tempPathFor(join(folder, 'run')).replace(`.${process.pid}.`, `.${deadPid()}.`);
    for (const path of [mine, orphan, join(folder, 'run.json'), join(folder, '.profile')]) {
      fs.writeFileSync(path, '');
    }
    fs.mkdirSync(join(orphanFolder, 'checkpoints'), { recursive: true });
    expect(sweepTemps(folder)).toHaveLength(2);
    expect(fs.existsSync(orphan) || fs.existsSync(orphanFolder)).toBe(false);
    expect(fs.readdirSync(folder)).toHaveLength(3);
  });

  it('removes an old one whose process id lives again', () => {
    const folder = scratchFolder();
    const path = tempPathFor(join(folder, 'run.json'));
    fs.writeFileSync(path, '');
    expect(sweepTemps(folder)).toEqual([]);
    const twoHoursAgo = Date.now() / 1000 - 7200;
    fs.utimesSync(path, twoHoursAgo, twoHoursAgo);
    expect(sweepTemps(folder)).toHaveLength(1);
  });
});
