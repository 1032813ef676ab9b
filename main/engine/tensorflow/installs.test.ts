/** Whole or not at all, one at a time, and gone without a trace. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { type InstallProgress, engineInstall } from '#contract/engines.ts';
import { fakeTools } from './testing/fake-tools.ts';
import { type Setup, never, remains, run, setup } from './testing/installing.ts';

describe('an engine', () => {
  it('is not offered before it computes', async () => {
    const at = setup({}, () => Promise.reject(new Error('4 is not 5')));
    await expect(run(at)).rejects.toThrow('4 is not 5');
    expect(at.installs.list()).toEqual([]);
    expect(remains(at)).toEqual(['.cache']);
  });

  it('stays as it was where a new one cannot be installed, and is replaced by one that can', async () => {
    const at = setup();
    await run(at);
    const before = at.installs.list();
    fakeTools(at.tools, { compiler: 'fails' });
    await expect(run(at)).rejects.toThrow();
    expect(at.installs.list()).toEqual(before);
    fakeTools(at.tools);
    await run(at);
    expect(at.installs.list()[0]!.installedAt).not.toBe(before[0]!.installedAt);
    expect(remains(at)).toEqual(['tensorflow']);
  });

  it('is removed with what was kept for it', async () => {
    const at = setup();
    expect(at.installs.remove()).toEqual({ bytes: 0 });
    await run(at);
    const { bytes } = at.installs.list()[0]!;
    // Its record came after its size was told.
    expect(at.installs.remove().bytes).toBeGreaterThanOrEqual(bytes);
    expect(at.installs.list()).toEqual([]);
    expect(remains(at)).toEqual([]);
    expect(at.changes()).toBe(3);
  });

  it('with a damaged record is none', async () => {
    const at = setup();
    await run(at);
    fs.writeFileSync(path.join(at.home, 'engines', 'tensorflow', 'engine.json'), '{"id":');
    expect(at.installs.list()).toEqual([]);
    await run(at);
    expect(at.installs.list().length).toBe(1);
  });
});

describe('an installation', () => {
  /** One whose pip hangs, and the process that hangs. */
  async function hanging(): Promise<{ at: Setup; end: Promise<unknown>; cancel: () => void; pid: number }> {
    const at = setup({ pip: 'hangs' });
    const cancelling = new AbortController();
    const end = run(at, { from: 'wheel' }, cancelling.signal).catch((error: unknown) => error);
    const file = path.join(at.tools, 'pip.pid');
    await vi.waitFor(
      () => expect(fs.existsSync(file) && fs.readFileSync(file, 'utf8')).toMatch(/\d/),
      10_000,
    );
    return { at, end, cancel: () => cancelling.abort(), pid: Number(fs.readFileSync(file, 'utf8')) };
  }
  const isRunning = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  it('that is cancelled ends its programs and leaves no folder', async () => {
    const { at, end, cancel, pid } = await hanging();
    expect(isRunning(pid)).toBe(true);
    cancel();
    expect((await end) as InstallProgress[]).not.toContainEqual(expect.objectContaining({ kind: 'done' }));
    expect(isRunning(pid)).toBe(false);
    expect(remains(at)).toEqual(['.cache']);
  });

  it('ends with the engine, too', async () => {
    const { at, end, pid } = await hanging();
    await at.installs.close();
    expect(await end).toMatchObject({ code: 'engine/install-cancelled' });
    expect(isRunning(pid)).toBe(false);
    expect(remains(at)).toEqual(['.cache']);
  });

  it('ends with whoever stops listening', async () => {
    const at = setup({ pip: 'hangs' });
    for await (const progress of at.installs.install(
      engineInstall.parse({ engine: 'tensorflow', from: 'wheel' }),
      never,
    )) {
      if (progress.kind === 'step' && progress.step === 'download') break;
    }
    expect(remains(at)).toEqual(['.cache']);
  });

  it('is one at a time', async () => {
    const { at, end, cancel } = await hanging();
    await expect(run(at)).rejects.toMatchObject({ code: 'engine/install-running' });
    expect(() => at.installs.remove()).toThrow('being installed already');
    cancel();
    await end;
    fakeTools(at.tools);
    await run(at);
    expect(at.installs.list().length).toBe(1);
  });

  it('clears away what one left that was killed', async () => {
    const at = setup();
    const left = path.join(at.home, 'engines', `.tensorflow.999999.0123abcd.tmp`);
    fs.mkdirSync(left, { recursive: true });
    await run(at);
    expect(remains(at)).toEqual(['tensorflow']);
  });
});
