function nextFrame(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => resolve()));
}

/**
 * Resolves when what was set before the call has been drawn: the first frame draws it, the second
 * says that it is on the screen. Awaited by what receives a stream, this is what paces the engine to
 * the window, and a hidden window to nothing.
 */
export async function afterDrawing(): Promise<void> {
  await nextFrame();
  await nextFrame();
}

/** Calls back once per frame with the seconds since the last one, until the returned function is called. */
export function eachFrame(onFrame: (elapsedSecs: number) => void): () => void {
  let lastMs: number | null = null;
  let request = requestAnimationFrame(function frame(nowMs) {
    // A window that was hidden comes back after a long pause: time stood still in between.
    const elapsedSecs = lastMs === null ? 0 : Math.min(0.1, (nowMs - lastMs) / 1000);
    lastMs = nowMs;
    request = requestAnimationFrame(frame);
    onFrame(elapsedSecs);
  });
  return () => cancelAnimationFrame(request);
}
