/** One request to one reader, within its limits, and what became of it. */
import { z } from 'zod';
import {
  checkpointListing,
  recognition,
  tensorDifference,
  tensorSlice,
  tensorStatistics,
} from '#contract/checkpoints.ts';
import { importedImages } from '#contract/datasets.ts';
import { WorkbenchError } from '#contract/errors.ts';
import { wireValue } from '#contract/rpc/wire-value.ts';
import path from 'node:path';
import type { ReaderCall, ReaderExit, ReaderLimits, ReaderProcess, SpawnReader } from './process.ts';
import { MEMORY_WORDS, TAKEN } from './protocol.ts';
import type { ReaderItems, ReaderKind, ReaderRequest } from './protocol.ts';
import { watchResident } from './resident.ts';

/** A reader is ended at 1 GiB; what it takes between two looks at it is set aside. */
const MEMORY_BYTES = 960 * 2 ** 20;
/** Listing reads no tensor, and a slice little of one. What reads all of a file says how far it is. */
const SILENCE_MS: Readonly<Record<ReaderKind, number>> = {
  list: 8_000,
  slice: 8_000,
  statistics: 60_000,
  compare: 60_000,
  // The last of it is to wait until all of it is on the disk.
  convert: 180_000,
  // One picture may take a while; each says that it is done.
  images: 60_000,
};

/** Readers are not trusted: a file may have taken one over. */
const readerMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), done: z.number(), of: z.number() }),
  z.object({ type: z.literal('item'), value: z.unknown() }),
  z.object({ type: z.literal('done') }),
  z.object({
    type: z.literal('error'),
    error: z.object({ code: z.string(), message: z.string(), detail: z.unknown().optional() }),
  }),
]);

const itemSchemas: { readonly [K in ReaderKind]: z.ZodType<ReaderItems[K]> } = {
  list: checkpointListing,
  statistics: tensorStatistics,
  slice: tensorSlice,
  compare: tensorDifference,
  convert: z.object({ recognition, bytes: z.number(), parameters: z.number() }),
  images: importedImages
    .omit({ id: true })
    .extend({ bytes: z.number(), shape: z.tuple([z.int(), z.int(), z.int()]) }),
};

/**
 * Asks a new reader, hears it out and ends it.
 *
 * @param onItem  hears each item; the reader goes on ahead of it by a few alone
 * @throws WorkbenchError `checkpoint/reader-time`, `-memory` or `-crashed` for a reader that misbehaves,
 *   `checkpoint/cancelled`, and what the reader refuses the file for
 */
export async function callReader<K extends ReaderKind>(
  spawn: SpawnReader,
  request: Extract<ReaderRequest, { kind: K }>,
  onItem: (item: ReaderItems[K]) => void | Promise<void>,
  call: ReaderCall = {},
): Promise<void> {
  const limits = {
    memoryBytes: MEMORY_BYTES,
    silenceMs: SILENCE_MS[request.kind],
    ...call.limits,
  };
  if (call.signal?.aborted === true) throw cancelled(request);
  const reader = spawn();
  const ended = new Ending(reader, request, limits);
  const cancel = (): void => ended.fail(cancelled(request));
  call.signal?.addEventListener('abort', cancel, { once: true });
  const stopWatching = watchResident(reader, limits.memoryBytes, () => ended.fail(tooMuch(request, limits)));
  // One message after the other, so that an item that is still being taken holds up those behind it.
  let hearing: Promise<void> = Promise.resolve();
  reader.onMessage((message) => {
    hearing = hearing.then(async () => {
      if (ended.isOver) return;
      ended.heard();
      try {
        await hear(message);
      } catch (error) {
        ended.fail(error);
      }
    });
  });

  async function hear(message: unknown): Promise<void> {
    const parsed = readerMessage.safeParse(copied(message));
    if (!parsed.success) throw misspoken(request);
    const said = parsed.data;
    if (said.type === 'progress') call.onProgress?.(said.done, said.of);
    else if (said.type === 'done') ended.succeed();
    else if (said.type === 'error') throw refusalFrom(said.error, request);
    else {
      const item = itemSchemas[request.kind].safeParse(said.value);
      if (!item.success) throw misspoken(request);
      ended.pause();
      await onItem(item.data as ReaderItems[K]);
      if (ended.isOver) return;
      ended.heard();
      reader.send(TAKEN);
    }
  }

  void reader.exited.then(async (exit) => {
    await hearing;
    ended.fail(crashOf(exit, request, limits));
  });
  try {
    reader.send({ request, memoryBytes: limits.memoryBytes });
    await ended.promise;
  } finally {
    stopWatching();
    call.signal?.removeEventListener('abort', cancel);
    reader.kill();
    await reader.exited;
  }
}

/** How a call ends: once, and in time. */
class Ending {
  readonly promise: Promise<void>;
  isOver = false;
  private readonly reader: ReaderProcess;
  private readonly late: () => void;
  private readonly silenceMs: number;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private resolve!: () => void;
  private reject!: (error: unknown) => void;

  constructor(reader: ReaderProcess, request: ReaderRequest, limits: ReaderLimits) {
    this.reader = reader;
    this.silenceMs = limits.silenceMs;
    // Due while this process was busy, it runs after what was heard meanwhile: Node polls before its timers.
    this.late = () => this.fail(tooLong(request, limits));
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Whoever cancels may be gone before this is waited for.
    this.promise.catch(() => {});
    this.heard();
  }

  /** Something was heard: silence begins anew. */
  heard(): void {
    this.pause();
    if (!this.isOver) this.timer = setTimeout(this.late, this.silenceMs);
  }

  /** It is not the reader that keeps us waiting. */
  pause(): void {
    clearTimeout(this.timer);
  }

  succeed(): void {
    this.end();
    this.resolve();
  }

  fail(error: unknown): void {
    if (this.isOver) return;
    this.end();
    this.reader.kill();
    this.reject(error);
  }

  private end(): void {
    this.isOver = true;
    this.pause();
  }
}

/** With typed arrays of their own: the deserialiser makes them views into the whole message. */
function copied(message: unknown): unknown {
  try {
    return wireValue(message);
  } catch {
    return null;
  }
}

function nameOf({ file }: ReaderRequest): string {
  return path.basename(file);
}

function refusalFrom(
  { code, message, detail }: { code: string; message: string; detail?: unknown },
  request: ReaderRequest,
): WorkbenchError {
  if (/^(checkpoint|dataset)\/[a-z0-9-]+$/.test(code)) return new WorkbenchError(code, message, detail);
  return crashed(request, `it ended with "${message}" (${code})`);
}

function crashOf(exit: ReaderExit, request: ReaderRequest, limits: ReaderLimits): WorkbenchError {
  // The second are V8's own words, for a heap that is full.
  const isMemory = exit.said.includes(MEMORY_WORDS) || exit.said.includes('out of memory');
  if (isMemory) return tooMuch(request, limits);
  if (exit.signal !== null) return crashed(request, `it was ended by ${exit.signal}`, exit.said);
  if (exit.code !== null) return crashed(request, `it ended with exit code ${exit.code}`, exit.said);
  return crashed(request, 'it could not be started', exit.said);
}

function crashed(request: ReaderRequest, found: string, said = ''): WorkbenchError {
  return new WorkbenchError(
    'checkpoint/reader-crashed',
    `${nameOf(request)}: expected the process that reads it to answer, found that ${found}; nothing else was harmed.`,
    said === '' ? { found } : { found, said },
  );
}

function misspoken(request: ReaderRequest): WorkbenchError {
  return crashed(request, 'its answer is none');
}

function tooLong(request: ReaderRequest, { silenceMs }: ReaderLimits): WorkbenchError {
  return new WorkbenchError(
    'checkpoint/reader-time',
    `${nameOf(request)}: expected progress in reading it within ${silenceMs / 1000} s, found none; reading was ended.`,
    { silenceMs },
  );
}

function tooMuch(request: ReaderRequest, { memoryBytes }: ReaderLimits): WorkbenchError {
  const mebibytes = Math.round(memoryBytes / 2 ** 20);
  return new WorkbenchError(
    'checkpoint/reader-memory',
    `${nameOf(request)}: expected to read it within ${mebibytes} MiB of memory, found that it takes more; reading was ended.`,
    { memoryBytes },
  );
}

function cancelled(request: ReaderRequest): WorkbenchError {
  return new WorkbenchError('checkpoint/cancelled', `${nameOf(request)}: reading was cancelled.`);
}
