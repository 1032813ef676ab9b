/** A call to a reader as a stream that is pulled: the reader waits for whoever listens. */
import type { CancelSignal } from '#contract/workbench.ts';
import { Bell } from '../events/bell.ts';
import { callReader } from './call.ts';
import type { SpawnReader } from './process.ts';
import type { ReaderItems, ReaderKind, ReaderRequest } from './protocol.ts';

export interface Progress {
  /** Bytes: so many of so many. */
  readonly done: number;
  readonly of: number;
}

export type Heard<K extends ReaderKind> =
  | { readonly progress: Progress }
  /** At least one. */
  | { readonly items: ReaderItems[K][] };

/**
 * Of progress the newest alone, if the listener is slow; items all, in order, those at once that came
 * since the last were taken: a round trip for each of thousands would take longer than finding them. Who stops listening ends
 * the reader.
 *
 * @throws WorkbenchError as {@link callReader}
 */
export async function* readerStream<K extends ReaderKind>(
  spawn: SpawnReader,
  request: Extract<ReaderRequest, { kind: K }>,
  signal: CancelSignal,
): AsyncGenerator<Heard<K>> {
  const stop = new AbortController();
  const leave = (): void => stop.abort();
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();
  const bell = new Bell();
  const items: { item: ReaderItems[K]; taken: () => void }[] = [];
  const newest: Progress[] = [];
  let end: { readonly error: unknown } | null = null;
  const call = callReader(
    spawn,
    request,
    (item) =>
      new Promise<void>((taken) => {
        items.push({ item, taken });
        bell.ring();
      }),
    {
      signal: stop.signal,
      onProgress: (done, of) => {
        newest[0] = { done, of };
        bell.ring();
      },
    },
  ).then(
    () => void (end = { error: null }),
    (error: unknown) => void (end = { error }),
  );
  void call.then(() => bell.ring());
  const over = (): { readonly error: unknown } | null => end;
  try {
    for (;;) {
      const progress = newest.pop();
      if (progress !== undefined) yield { progress };
      else if (items.length > 0) {
        const taken = items.splice(0);
        for (const each of taken) each.taken();
        yield { items: taken.map(({ item }) => item) };
      } else if (over() === null) await bell.wait();
      else if (over()!.error === null) return;
      else throw over()!.error;
    }
  } finally {
    signal.removeEventListener('abort', leave);
    leave();
    await call;
  }
}
