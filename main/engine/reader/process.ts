/** A reader as the engine sees it, and what one request to it may cost. */
import type { CancelSignal } from '#contract/workbench.ts';
import type { ReaderOrder, TAKEN } from './protocol.ts';

export interface ReaderExit {
  /** Exit code; null if a signal ended it, or if it could not be started. */
  readonly code: number | null;
  readonly signal: string | null;
  /** The end of what it printed, at most a few thousand characters. */
  readonly said: string;
}

export interface ReaderProcess {
  /** Once it is known; the engine looks at its memory with it where the system allows. */
  readonly pid: number | undefined;
  /** May be called before the process runs: what is sent waits for it. */
  send(message: ReaderOrder | typeof TAKEN): void;
  /** Called once, before anything is sent. */
  onMessage(listener: (message: unknown) => void): void;
  /** Resolves after the last message has been delivered; never rejects. */
  readonly exited: Promise<ReaderExit>;
  /** Ends it at once, whatever it is doing; harmless if it has ended. */
  kill(): void;
}

/** Starts a reader: hosts know how processes are started where they run. */
export type SpawnReader = () => ReaderProcess;

export interface ReaderLimits {
  /** Resident bytes. */
  readonly memoryBytes: number;
  /** Longest time without a message, milliseconds. */
  readonly silenceMs: number;
}

export interface ReaderCall {
  readonly signal?: CancelSignal | undefined;
  readonly onProgress?: (done: number, of: number) => void;
  readonly limits?: Partial<ReaderLimits>;
}
