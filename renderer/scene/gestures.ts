import { panned, zoomed } from './camera.ts';
import type { PlaneCamera, Size } from './camera.ts';

interface GestureTarget {
  camera(): PlaneCamera;
  size(): Size;
  onMove(camera: PlaneCamera): void;
  onReset(): void;
}

const zoomPerWheelPx = 0.0015;

/** Drag pans, the wheel zooms at the pointer, a double click resets. @returns takes it off again */
export function attachGestures(element: HTMLElement, target: GestureTarget): () => void {
  let drag: { pointer: number; x: number; y: number } | null = null;
  const off = new AbortController();
  const { signal } = off;

  element.addEventListener(
    'pointerdown',
    (event) => {
      if (event.button !== 0) return;
      drag = { pointer: event.pointerId, x: event.clientX, y: event.clientY };
      element.setPointerCapture(event.pointerId);
    },
    { signal },
  );
  element.addEventListener(
    'pointermove',
    (event) => {
      if (drag?.pointer !== event.pointerId) return;
      target.onMove(panned(target.camera(), event.clientX - drag.x, event.clientY - drag.y));
      drag = { pointer: event.pointerId, x: event.clientX, y: event.clientY };
    },
    { signal },
  );
  const endDrag = (): void => {
    drag = null;
  };
  element.addEventListener('pointerup', endDrag, { signal });
  element.addEventListener('pointercancel', endDrag, { signal });
  element.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const box = element.getBoundingClientRect();
      const factor = Math.exp(event.deltaY * zoomPerWheelPx);
      const [px, py] = [event.clientX - box.left, event.clientY - box.top];
      target.onMove(zoomed(target.camera(), target.size(), px, py, factor));
    },
    { signal, passive: false },
  );
  element.addEventListener('dblclick', () => target.onReset(), { signal });
  return () => off.abort();
}
