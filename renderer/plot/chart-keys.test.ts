import { describe, expect, it, vi } from 'vitest';
import { chartKey, stepBeside } from './chart-keys.ts';
import { ChartPainter } from './picture.ts';
import type { ChartLine } from './picture.ts';
import { SeriesBuffer } from './series-buffer.ts';
import { XWindow } from './x-window.svelte.ts';

function line(steps: readonly number[]): ChartLine {
  const source = new SeriesBuffer();
  source.append(Float64Array.from(steps), new Float64Array(steps.length).fill(1));
  return { key: 'a', label: 'a', colour: '--ink', dash: 0, source };
}

const lines = [line(Array.from({ length: 101 }, (_, step) => step)), line([0, 50, 100])];

function hands() {
  const shared = new XWindow();
  const seek = vi.fn();
  const copy = vi.fn();
  function press(key: string, more: { shiftKey?: boolean; ctrlKey?: boolean } = {}): boolean {
    const picture = new ChartPainter().picture(lines, {
      title: 'Loss',
      xTitle: 'step',
      x: 'linear',
      y: 'linear',
      smoothing: 0,
      window: shared.range,
      width: 300,
      height: 100,
    });
    const held = { shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...more };
    const act = chartKey({ key, ...held }, { shared, lines, picture, seek, copy });
    act?.();
    return act !== null;
  }
  return { shared, seek, copy, press };
}

describe('keys in a chart', () => {
  it('move the cursor record by record, and by ten with Shift', () => {
    const { shared, press } = hands();
    press('Home');
    expect(shared.cursor).toBe(0);
    press('ArrowRight');
    press('ArrowRight', { shiftKey: true });
    expect(shared.cursor).toBe(11);
    press('ArrowLeft');
    expect(shared.cursor).toBe(10);
    press('End');
    press('ArrowRight');
    expect(shared.cursor).toBe(100);
  });

  it('zoom around the cursor and back, and never past what there is', () => {
    const { shared, press } = hands();
    shared.hold(20);
    press('+');
    expect(shared.range?.low).toBeCloseTo(10, 9);
    expect(shared.range?.high).toBeCloseTo(60, 9);
    press('-');
    press('-');
    expect(shared.range).toBeNull();
    press('+');
    press('0');
    expect(shared.range).toBeNull();
  });

  it('take the part that is looked at along with the cursor', () => {
    const { shared, press } = hands();
    shared.zoomTo(30, 20);
    press('End');
    press('ArrowRight', { shiftKey: true });
    expect(shared.cursor).toBe(40);
    expect(shared.range).toEqual({ low: 30, high: 40 });
  });

  it('go to that moment of training, copy, and let go in order', () => {
    const { shared, seek, copy, press } = hands();
    shared.hold(30);
    press('Enter');
    expect(seek).toHaveBeenCalledWith(30);
    press('c', { ctrlKey: true });
    expect(copy).toHaveBeenCalledOnce();
    shared.zoomTo(20, 40);
    press('Escape');
    expect([shared.cursor, shared.range]).toEqual([null, { low: 20, high: 40 }]);
    press('Escape');
    expect(shared.range).toBeNull();
  });

  it('leave other keys to the window', () => {
    const { press } = hands();
    expect(['1', ' ', 'Escape', 'Enter', 'k'].map((key) => press(key))).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
    expect(press('k', { ctrlKey: true })).toBe(false);
  });
});

describe('stepBeside', () => {
  it('is the nearest record of any line', () => {
    expect(stepBeside(lines, 49.6)).toBe(50);
    expect(stepBeside([line([0, 50])], 1000)).toBe(50);
    expect(stepBeside([line([])], 3)).toBeNull();
  });
});
