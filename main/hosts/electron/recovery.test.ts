import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CrashCount } from './crash-count.ts';
import { markSoftwareRendering, needsSoftwareRendering } from './graphics.ts';
import { Quitting } from './quitting.ts';

describe('crashes', () => {
  it('are too many when three come within 30 s; then the count begins anew', () => {
    let now = 0;
    const crashes = new CrashCount(() => now);
    const at = (time: number): boolean => {
      now = time;
      return crashes.add();
    };
    expect([0, 10_000, 29_999].map(at)).toEqual([false, false, true]);
    expect([30_000, 31_000, 32_000].map(at)).toEqual([false, false, true]);
  });

  it('that are apart are forgiven for ever', () => {
    let now = 0;
    const crashes = new CrashCount(() => now);
    for (let i = 0; i < 20; i++) {
      now += 15_000;
      expect(crashes.add()).toBe(false);
    }
  });
});

describe('the marker for drawing in software', () => {
  let folder: string;
  let marker: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fewstep-graphics-'));
    marker = join(folder, 'software-rendering.json');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('holds for the version that wrote it, and goes with the next', () => {
    expect(needsSoftwareRendering(marker, '1.0.0')).toBe(false);
    markSoftwareRendering(marker, '1.0.0');
    expect(needsSoftwareRendering(marker, '1.0.0')).toBe(true);
    expect(needsSoftwareRendering(marker, '1.0.0')).toBe(true);
    expect(needsSoftwareRendering(marker, '1.1.0')).toBe(false);
    expect(existsSync(marker)).toBe(false);
  });

  it.each(['', '{', 'null', '{"softwareRenderingFor":1}'])('that holds %j means nothing', (text) => {
    writeFileSync(marker, text);
    expect(needsSoftwareRendering(marker, '1.0.0')).toBe(false);
    expect(existsSync(marker)).toBe(false);
  });
});

describe('quitting', () => {
  function stage() {
    let saved: () => void = () => {};
    const finish = vi.fn(() => new Promise<void>((resolve) => (saved = resolve)));
    const quit = vi.fn();
    const quitting = new Quitting({ finish, quit });
    const isHeld = (): boolean => {
      const preventDefault = vi.fn();
      quitting.hold({ preventDefault });
      return preventDefault.mock.calls.length > 0;
    };
    return { quitting, finish, quit, isHeld, save: () => saved() };
  }

  it('waits until everything is saved, and is then let through', async () => {
    const { quitting, finish, quit, isHeld, save } = stage();
    expect(quitting.hasBegun).toBe(false);
    expect([isHeld(), isHeld()]).toEqual([true, true]);
    expect(quitting.hasBegun).toBe(true);
    expect(finish).toHaveBeenCalledOnce();
    expect(quit).not.toHaveBeenCalled();
    save();
    await vi.waitFor(() => expect(quit).toHaveBeenCalledOnce());
    expect(isHeld()).toBe(false);
  });
});
