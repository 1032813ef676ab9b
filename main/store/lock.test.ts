import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { liveLockOwner, RunLock } from './lock.ts';
import { isAlive, processStart } from './process-identity.ts';
import { scratchFolder, tempsIn } from './testdata/scratch.ts';

const HOLD_LOCK = fileURLToPath(new URL('./testdata/hold-lock.ts', import.meta.url));
const locked = expect.objectContaining({ code: 'run/locked' });

/** A process that has asked for the lock, and what it was told. */
async function holder(folder: string) {
  const child = spawn(process.execPath, [HOLD_LOCK, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, said: said.toString().trim() };
}

function writeLock(folder: string, owner: object | string): void {
  fs.writeFileSync(join(folder, 'run.lock'), typeof owner === 'string' ? owner : JSON.stringify(owner));
}

describe('RunLock', () => {
  it('is held once, also within a process, and freed by release', () => {
    const folder = scratchFolder();
    const lock = RunLock.acquire(folder);
    expect(liveLockOwner(folder)?.pid).toBe(process.pid);
    expect(() => RunLock.acquire(folder)).toThrow(locked);
    lock.release();
    expect(fs.readdirSync(folder)).toEqual([]);
    RunLock.acquire(folder).assertHeld();
  });

  it('names the process that holds it, and is taken over when that is killed', async () => {
    const folder = scratchFolder();
    const { child, said } = await holder(folder);
    expect(said).toBe('held');
    expect(() => RunLock.acquire(folder)).toThrow(
      expect.objectContaining({
        code: 'run/locked',
        message: expect.stringContaining(`process ${child.pid}`),
      }),
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(liveLockOwner(folder)).toBeNull();
    RunLock.acquire(folder).assertHeld();
    expect(tempsIn(folder)).toEqual([]);
  });

  it('goes to exactly one of several processes that find it stale', async () => {
    for (let round = 0; round < 3; round++) {
      const folder = scratchFolder();
      writeLock(folder, {
        pid: spawnSync(process.execPath, ['-e', '']).pid,
        started: null,
        host: os.hostname(),
        token: randomUUID(),
      });
      const contenders = await Promise.all(Array.from({ length: 4 }, () => holder(folder)));
      expect(contenders.map(({ said }) => said).sort()).toEqual([
        'held',
        'run/locked',
        'run/locked',
        'run/locked',
      ]);
      contenders.forEach(({ child }) => child.kill('SIGKILL'));
    }
  });

  it('stays with the faster of two that found it stale, whichever step the slower had reached', () => {
    for (const step of ['linkSync', 'writeFileSync'] as const) {
      const folder = scratchFolder();
      const dead = spawnSync(process.execPath, ['-e', '']).pid;
      writeLock(folder, { pid: dead, started: null, host: os.hostname(), token: randomUUID() });
      const original = fs[step] as (...args: never[]) => void;
      let faster: RunLock | null = null;
      const spy = vi.spyOn(fs, step as 'linkSync').mockImplementation(((...args: never[]) => {
        spy.mockRestore();
        // Someone else finds the same lock stale, and is done with all steps, between two of ours.
        faster = RunLock.acquire(folder);
        original(...args);
      }) as never);
      expect(() => RunLock.acquire(folder)).toThrow(locked);
      (faster as RunLock | null)!.assertHeld();
      expect(fs.readdirSync(folder)).toEqual(['run.lock']);
    }
  });

  it('goes on from a chain of owners that died while they took over', () => {
    const folder = scratchFolder();
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const [first, second] = [randomUUID(), randomUUID()];
    writeLock(folder, { pid: dead, started: null, host: os.hostname(), token: first });
    fs.renameSync(join(folder, 'run.lock'), join(folder, 'first'));
    writeLock(folder, { pid: dead, started: null, host: os.hostname(), token: second });
    fs.renameSync(join(folder, 'run.lock'), join(folder, `run.lock.${first}`));
    fs.renameSync(join(folder, 'first'), join(folder, 'run.lock'));
    RunLock.acquire(folder).assertHeld();
    expect(fs.readdirSync(folder)).toEqual(['run.lock']);
  });

  it('is not mistaken for that of a later process with the same id', (context) => {
    if (processStart(process.pid) === null) context.skip('this system does not tell when a process began');
    const folder = scratchFolder();
    writeLock(folder, {
      pid: process.pid,
      started: 'another boot:1',
      host: os.hostname(),
      token: randomUUID(),
    });
    expect(liveLockOwner(folder)).toBeNull();
    RunLock.acquire(folder).assertHeld();
  });

  it('counts as held where it is another machine, and says what to do', () => {
    const folder = scratchFolder();
    writeLock(folder, { pid: 1, started: null, host: 'another-machine', token: randomUUID() });
    expect(() => RunLock.acquire(folder)).toThrow(/process 1 on another-machine.*delete .*run\.lock/);
  });

  it.each(['', '{', '{"pid":-1}', 'null'])('is taken over where the file says %j', (text) => {
    const folder = scratchFolder();
    writeLock(folder, text);
    // Young, it may be in the making.
    expect(() => RunLock.acquire(folder)).toThrow(locked);
    const aMinuteAgo = Date.now() / 1000 - 60;
    fs.utimesSync(join(folder, 'run.lock'), aMinuteAgo, aMinuteAgo);
    RunLock.acquire(folder).assertHeld();
  });

  it('notices that it was lost', () => {
    const folder = scratchFolder();
    const lock = RunLock.acquire(folder);
    const other = randomUUID();
    writeLock(folder, {
      pid: process.pid,
      started: processStart(process.pid),
      host: os.hostname(),
      token: other,
    });
    expect(() => lock.assertHeld()).toThrow(locked);
    lock.release();
    expect(liveLockOwner(folder)?.token).toBe(other);
  });
});

describe('isAlive', () => {
  it('tells this process and process 1 from one that has ended', () => {
    expect(isAlive(process.pid, processStart(process.pid))).toBe(true);
    expect(isAlive(1)).toBe(true);
    expect(isAlive(spawnSync(process.execPath, ['-e', '']).pid)).toBe(false);
  });
});
