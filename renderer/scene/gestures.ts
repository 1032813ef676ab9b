import type { Box } from './sample-positions.ts';

/** What dragging does: picks samples in a box, or moves what is seen. */
export type Tool = 'select' | 'move';

interface GestureTarget {
  tool(): Tool;
  /** @param how  `move` pans in the plane and turns in space; `pan` pans in both */
  onDrag(how: 'move' | 'pan', dxPx: number, dyPx: number): void;
  /** @param factor  above 1 shows more */
  onZoom(px: number, py: number, factor: number): void;
  /** While a box is drawn; null when it is given up. */
  onBox(box: Box | null): void;
  onBoxDone(box: Box, adds: boolean): void;
  onPress(px: number, py: number, adds: boolean): void;
  /** Null when the pointer has left. */
  onHover(place: readonly [px: number, py: number] | null): void;
  onReset(): void;
}

const zoomPerWheelPx = 0.0015;
/** A hand that clicks trembles by less. */
const pressWithinPx = 4;

interface Drag {
  how: 'box' | 'move' | 'pan';
  adds: boolean;
  fromX: number;
  fromY: number;
  hasMoved: boolean;
}

/**
 * Drag picks or moves by the tool; the middle or right button, or Shift, pans; the wheel and two
 * fingers zoom; a click picks; a double click resets. Alt adds to what is picked.
 *
 * @returns takes it off again
 */
export function attachGestures(element: HTMLElement, target: GestureTarget): () => void {
  const off = new AbortController();
  const { signal } = off;
  /** Pointers that are down, by id. */
  const pointers = new Map<number, readonly [number, number]>();
  let drag: Drag | null = null;

  function placeOf(event: MouseEvent): [number, number] {
    const { left, top } = element.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  function onDown(event: PointerEvent): void {
    const [px, py] = placeOf(event);
    element.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, [px, py]);
    if (pointers.size > 1) {
      if (drag?.how === 'box') target.onBox(null);
      drag = null;
      return;
    }
    const pans = event.button !== 0 || (event.shiftKey && target.tool() === 'move');
    const how = pans ? 'pan' : target.tool() === 'select' ? 'box' : 'move';
    drag = { how, adds: event.altKey || event.shiftKey, fromX: px, fromY: py, hasMoved: false };
    target.onHover(null);
  }

  function onMove(event: PointerEvent): void {
    const [px, py] = placeOf(event);
    const last = pointers.get(event.pointerId);
    if (last === undefined) {
      target.onHover([px, py]);
      return;
    }
    const before = [...pointers.values()];
    pointers.set(event.pointerId, [px, py]);
    if (pointers.size > 1) {
      pinch(before, [...pointers.values()]);
      return;
    }
    if (drag === null) return;
    drag.hasMoved ||= Math.hypot(px - drag.fromX, py - drag.fromY) > pressWithinPx;
    if (!drag.hasMoved) return;
    if (drag.how === 'box') target.onBox(boxBetween(drag, px, py));
    else target.onDrag(drag.how, px - last[0], py - last[1]);
  }

  function pinch(
    before: readonly (readonly [number, number])[],
    after: readonly (readonly [number, number])[],
  ): void {
    const [a, b] = [before, after].map((places) => spreadOf(places));
    if (a === undefined || b === undefined) return;
    target.onDrag('pan', b.px - a.px, b.py - a.py);
    if (a.apart > 0 && b.apart > 0) target.onZoom(b.px, b.py, a.apart / b.apart);
  }

  function onUp(event: PointerEvent): void {
    pointers.delete(event.pointerId);
    const ended = drag;
    drag = null;
    if (ended === null) return;
    const [px, py] = placeOf(event);
    if (!ended.hasMoved) {
      if (event.button === 0) target.onPress(px, py, ended.adds);
      return;
    }
    if (ended.how !== 'box') return;
    target.onBox(null);
    target.onBoxDone(boxBetween(ended, px, py), ended.adds);
  }

  function onCancel(event: PointerEvent): void {
    pointers.delete(event.pointerId);
    if (drag?.how === 'box') target.onBox(null);
    drag = null;
  }

  function onWheel(event: WheelEvent): void {
    event.preventDefault();
    const [px, py] = placeOf(event);
    target.onZoom(px, py, Math.exp(event.deltaY * zoomPerWheelPx));
  }

  element.addEventListener('pointerdown', onDown, { signal });
  element.addEventListener('pointermove', onMove, { signal });
  element.addEventListener('pointerup', onUp, { signal });
  element.addEventListener('pointercancel', onCancel, { signal });
  element.addEventListener('pointerleave', () => target.onHover(null), { signal });
  element.addEventListener('wheel', onWheel, { signal, passive: false });
  // The right button pans.
  element.addEventListener('contextmenu', (event) => event.preventDefault(), { signal });
  element.addEventListener('dblclick', () => target.onReset(), { signal });
  return () => off.abort();
}

function boxBetween({ fromX, fromY }: Drag, px: number, py: number): Box {
  return {
    left: Math.min(fromX, px),
    top: Math.min(fromY, py),
    right: Math.max(fromX, px),
    bottom: Math.max(fromY, py),
  };
}

/** The middle of the first two places, and how far apart they are. */
function spreadOf([a, b]: readonly (readonly [number, number])[]) {
  if (a === undefined || b === undefined) return undefined;
  return { px: (a[0] + b[0]) / 2, py: (a[1] + b[1]) / 2, apart: Math.hypot(a[0] - b[0], a[1] - b[1]) };
}
