import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { placeWindow, readWindowState, writeWindowState } from './window-state.ts';

const screen = { x: 0, y: 25, width: 1920, height: 1055 };
const second = { x: 1920, y: 0, width: 1280, height: 1024 };

describe('where the window goes', () => {
  it('is where it was, on whichever display that is', () => {
    for (const bounds of [
      { x: 100, y: 80, width: 1200, height: 800 },
      { x: 2000, y: 10, width: 1000, height: 700 },
      // Partly off to the left and below: its bar can still be held.
      { x: -900, y: 900, width: 1100, height: 700 },
    ]) {
      expect(placeWindow(bounds, [screen, second])).toEqual(bounds);
    }
  });

  it('is the middle of the main display where it was on one that has gone, or at first', () => {
    const lost = { x: 2000, y: 10, width: 1000, height: 700 };
    expect(placeWindow(lost, [screen])).toEqual({ x: 460, y: 203, width: 1000, height: 700 });
    expect(placeWindow(null, [screen])).toEqual({ x: 240, y: 103, width: 1440, height: 900 });
    expect(placeWindow(lost, [])).toMatchObject({ width: 1000, height: 700 });
  });

  it('is always such that a person gets hold of it, and no larger than a display', () => {
    const coordinate = fc.integer({ min: -5000, max: 5000 });
    const size = fc.integer({ min: 1, max: 6000 });
    const bounds = fc.record({ x: coordinate, y: coordinate, width: size, height: size });
    const display = fc.record({
      x: coordinate,
      y: coordinate,
      width: fc.integer({ min: 640, max: 4000 }),
      height: fc.integer({ min: 480, max: 4000 }),
    });
    fc.assert(
      fc.property(fc.option(bounds), fc.array(display, { minLength: 1, maxLength: 3 }), (saved, areas) => {
        const { x, y, width, height } = placeWindow(saved, areas);
        const holding = areas.filter(
          (area) =>
            y >= area.y &&
            y + 40 <= area.y + area.height &&
            Math.min(x + width, area.x + area.width) - Math.max(x, area.x) >= 120,
        );
        expect(holding.some((area) => width <= area.width && height <= area.height)).toBe(true);
      }),
      { seed: 11, numRuns: 500 },
    );
  });
});

describe('the state file', () => {
  let folder: string;
  let path: string;
  const warn = vi.fn<(message: string) => void>();
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fewstep-window-'));
    path = join(folder, 'window.json');
    warn.mockClear();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('keeps what was written, and leaves nothing beside it', () => {
    const state = { bounds: { x: -10, y: 20, width: 1000, height: 700 }, isMaximized: true };
    writeWindowState(path, state, warn);
    expect(readWindowState(path, warn)).toEqual(state);
    expect(readdirSync(folder)).toEqual(['window.json']);
    expect(warn).not.toHaveBeenCalled();
  });

  it('that is missing is nothing to speak of', () => {
    expect(readWindowState(path, warn)).toBeNull();
    expect(warn).not.toHaveBeenCalled();
  });

  it.each([
    '',
    '{',
    'null',
    '[]',
    '{"bounds":{"x":0,"y":0,"width":0,"height":1},"isMaximized":false}',
    '{"bounds":1e9}',
  ])('that holds %j is ignored with a warning', (text) => {
    writeFileSync(path, text);
    expect(readWindowState(path, warn)).toBeNull();
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(path));
  });

  it('that cannot be written is a warning', () => {
    const state = { bounds: { x: 0, y: 0, width: 10, height: 10 }, isMaximized: false };
    writeWindowState(join(folder, 'absent', 'window.json'), state, warn);
    expect(warn).toHaveBeenCalledOnce();
  });
});
