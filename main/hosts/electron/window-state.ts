import { readFileSync } from 'node:fs';
import type { Rectangle } from 'electron';
import { z } from 'zod';
import { writeFileAtomic } from '../../store/atomic-file.ts';

const pixels = z.int().min(-100_000).max(100_000);
const size = z.int().min(1).max(100_000);
const windowState = z.object({
  /** Where the window is when it is not maximised, screen pixels. */
  bounds: z.object({ x: pixels, y: pixels, width: size, height: size }),
  isMaximized: z.boolean(),
});
export type WindowState = z.infer<typeof windowState>;

export const leastSize = { width: 960, height: 600 };
const firstSize = { width: 1440, height: 900 };
/** So much of a window, from its top left, must be on a display for a person to get hold of it. */
const grip = { width: 120, height: 40 };

/** The state that was saved, or null if there is none; a file that makes no sense is reported. */
export function readWindowState(path: string, warn: (message: string) => void): WindowState | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      warn(`Where the window was could not be read (${(error as Error).message})`);
    return null;
  }
  try {
    return windowState.parse(JSON.parse(text));
  } catch {
    warn(`Where the window was is ignored, the file makes no sense: ${path}`);
    return null;
  }
}

export function writeWindowState(path: string, state: WindowState, warn: (message: string) => void): void {
  try {
    writeFileAtomic(path, `${JSON.stringify(state)}\n`);
  } catch (error) {
    warn(`Where the window is could not be saved: ${(error as Error).message}`);
  }
}

/**
 * Where to put the window: where it was, if a person can reach it there, else in the middle of the
 * first display; never larger than the display it is on.
 *
 * @param workAreas  of the displays, without their bars; the main one first
 */
export function placeWindow(saved: Rectangle | null, workAreas: readonly Rectangle[]): Rectangle {
  if (saved !== null) {
    for (const area of workAreas) {
      const fitted = { ...saved, ...fitting(saved, area) };
      if (holdsGrip(area, fitted)) return fitted;
    }
  }
  const area = workAreas[0] ?? { x: 0, y: 0, ...firstSize };
  const { width, height } = fitting(saved ?? firstSize, area);
  return {
    x: area.x + Math.round((area.width - width) / 2),
    y: area.y + Math.round((area.height - height) / 2),
    width,
    height,
  };
}

function holdsGrip(area: Rectangle, { x, y, width }: Rectangle): boolean {
  const shownWidth = Math.min(x + width, area.x + area.width) - Math.max(x, area.x);
  return shownWidth >= grip.width && y >= area.y && y + grip.height <= area.y + area.height;
}

function fitting(
  wanted: { width: number; height: number },
  area: Rectangle,
): { width: number; height: number } {
  return {
    width: Math.min(Math.max(wanted.width, leastSize.width), area.width),
    height: Math.min(Math.max(wanted.height, leastSize.height), area.height),
  };
}
