/** What Playwright gives a test of real Electron, over the channel to the test: where the pages are, and `evaluate`. */
import { runInThisContext } from 'node:vm';
import { app } from './app.ts';
import { browserEndpoint } from './browser.ts';

export type FromTest = { id: number; source: string; argument: unknown };
export type ToTest =
  | { kind: 'ready'; endpoint: string }
  | { kind: 'result'; id: number; value: unknown }
  | { kind: 'error'; id: number; message: string };

/** @param electron  what a test's function gets, as the real module */
export function listenToTests(electron: unknown): void {
  if (process.send === undefined) return;
  function tell(message: ToTest): void {
    process.send?.(message);
  }
  void app.whenReady().then(() => tell({ kind: 'ready', endpoint: browserEndpoint() }));
  process.on('message', ({ id, source, argument }: FromTest) => {
    void Promise.resolve()
      .then(() => {
        // A function of a test, as text; it sees nothing but its parameters.
        const run = runInThisContext(`(${source})`) as (electron: unknown, argument: unknown) => unknown;
        return run(electron, argument);
      })
      .then(
        (value) => tell({ kind: 'result', id, value }),
        (error: unknown) => tell({ kind: 'error', id, message: String(error) }),
      );
  });
  // The app ends by itself, not with the test that watches it.
  process.channel?.unref();
}
