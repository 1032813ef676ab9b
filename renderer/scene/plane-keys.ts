import type { Plane } from './plane.svelte.ts';

const stepPx = 40;
const arrows: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/**
 * Keys of a stage that has the focus: Alt with arrows moves what is seen (turns in space, with Shift it
 * pans), + and - zoom, V and H choose the tool. Arrows alone belong to playback.
 *
 * @returns whether the key was used
 */
export function onPlaneKey(plane: Plane, event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey) return false;
  const way = arrows[event.key];
  if (way !== undefined) {
    if (!event.altKey) return false;
    // The view moves over the scene, so the scene goes the other way.
    plane.drag(event.shiftKey ? 'pan' : 'move', -way[0] * stepPx, -way[1] * stepPx);
    return true;
  }
  if (event.altKey) return false;
  switch (event.key) {
    case '+':
    case '=':
      plane.zoom(1 / 1.2);
      return true;
    case '-':
      plane.zoom(1.2);
      return true;
    case 'v':
    case 'h':
      if (!plane.canPick) return false;
      plane.chooseTool(event.key === 'v' ? 'select' : 'move');
      return true;
    default:
      return false;
  }
}
