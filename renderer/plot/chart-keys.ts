import { extentOf } from './picture.ts';
import type { ChartLine, ChartPicture } from './picture.ts';
import { firstAtOrAfter } from './series-buffer.ts';
import type { XWindow } from './x-window.svelte.ts';

interface Chart {
  shared: XWindow;
  lines: readonly ChartLine[];
  picture: ChartPicture;
  seek: ((x: number) => void) | null;
  copy: () => void;
}

type Press = Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>;

/** Records that Shift and an arrow key pass at once. */
const stride = 10;

/** What a key does in a chart; null for keys that it leaves alone. */
export function chartKey(press: Press, chart: Chart): (() => void) | null {
  const { shared, lines, picture, seek, copy } = chart;
  const { range, kind } = picture.x;
  const at = shared.cursor ?? range.high;
  const whole = extentOf(lines, kind) ?? range;
  const moveTo = (x: number | null): void => {
    if (x === null) return;
    shared.hold(x);
    shared.reveal(x);
  };
  if (press.ctrlKey || press.metaKey) return press.key.toLowerCase() === 'c' ? copy : null;
  if (press.altKey) return null;
  switch (press.key) {
    case 'ArrowRight':
      return () => moveTo(neighbour(lines, at, press.shiftKey ? stride : 1));
    case 'ArrowLeft':
      return () => moveTo(neighbour(lines, at, press.shiftKey ? -stride : -1));
    case 'Home':
      return () => moveTo(stepBeside(lines, range.low));
    case 'End':
      return () => moveTo(stepBeside(lines, range.high));
    case '+':
    case '=':
      return () => shared.zoomBy(0.5, at, whole, kind);
    case '-':
      return () => shared.zoomBy(2, at, whole, kind);
    case '0':
      return () => shared.reset();
    case 'Escape':
      return shared.isHeld ? () => shared.letGo() : shared.range === null ? null : () => shared.reset();
    case 'Enter':
      return seek === null || shared.cursor === null ? null : () => seek(at);
    default:
      return null;
  }
}

/** The recorded step of any line that is next to a place on the axis; null without records. */
export function stepBeside(lines: readonly ChartLine[], x: number): number | null {
  let best: number | null = null;
  for (const { source } of lines) {
    const after = firstAtOrAfter(source.steps, x);
    for (const step of [source.steps[after - 1], source.steps[after]]) {
      if (step !== undefined && (best === null || Math.abs(step - x) < Math.abs(best - x))) best = step;
    }
  }
  return best;
}

/** The step so many records further along the line with the densest records around here. */
function neighbour(lines: readonly ChartLine[], at: number, by: number): number | null {
  let best: number | null = null;
  for (const { source } of lines) {
    const { steps } = source;
    if (steps.length === 0) continue;
    const here = firstAtOrAfter(steps, at);
    // Between two records, the next one to the right is where `here` is already.
    const from = by > 0 && steps[here] !== at ? here - 1 : here;
    const step = steps[Math.min(steps.length - 1, Math.max(0, from + by))];
    if (step === undefined) continue;
    const isOnward = by > 0 ? step > at : step < at;
    if (isOnward && (best === null || Math.abs(step - at) < Math.abs(best - at))) best = step;
  }
  return best;
}
