import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { TensorDifference } from '#contract/checkpoints.ts';
import { WorkbenchError } from '#contract/errors.ts';
import { callReader } from './call.ts';
import { nodeReader } from './node-process.ts';
import type { ReaderCall, ReaderExit, SpawnReader } from './process.ts';
import { readerStream } from './stream.ts';

const misbehaving = nodeReader(fileURLToPath(new URL('./testdata/misbehaving.ts', import.meta.url)));

interface Asked {
  readonly error: WorkbenchError | null;
  readonly items: TensorDifference[];
  readonly exit: ReaderExit;
  readonly pid: number;
}

/** Asks a reader that behaves so, and waits until it has gone. */
async function ask(behaviour: string, call: ReaderCall = {}): Promise<Asked> {
  const started: ReturnType<SpawnReader>[] = [];
  const spawn: SpawnReader = () => {
    const reader = misbehaving();
    started.push(reader);
    return reader;
  };
  const items: TensorDifference[] = [];
  let error: unknown = null;
  await callReader<'compare'>(
    spawn,
    { kind: 'compare', file: `/folder/${behaviour}`, other: '/folder/other' },
    (item) => void items.push(item),
    call,
  ).catch((thrown: unknown) => (error = thrown));
  expect(error === null || error instanceof WorkbenchError).toBe(true);
  const [reader] = started;
  return { error: error as WorkbenchError | null, items, exit: await reader!.exited, pid: reader!.pid! };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const MIB = 2 ** 20;

describe('a reader that misbehaves is ended, and its caller learns why', () => {
  it.each<[string, string, string, ReaderCall]>([
    ['hang', 'checkpoint/reader-time', 'within 1 s', { limits: { silenceMs: 1000 } }],
    ['wait', 'checkpoint/reader-time', 'within 1 s', { limits: { silenceMs: 1000 } }],
    ['eat', 'checkpoint/reader-memory', 'within 300 MiB', { limits: { memoryBytes: 300 * MIB } }],
    ['exit', 'checkpoint/reader-crashed', 'exit code 5', {}],
    ['throw', 'checkpoint/reader-crashed', 'Invalid array length', {}],
    ['lie', 'checkpoint/reader-crashed', 'its answer is none', {}],
    ['babble', 'checkpoint/reader-crashed', 'its answer is none', {}],
  ])('%s: %s', async (behaviour, code, words, call) => {
    const { error, items, pid } = await ask(behaviour, call);
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) as unknown });
    // The message names the file, and nothing of where it lies.
    expect(error!.message).toContain(`${behaviour}: `);
    expect(error!.message).not.toContain('/folder');
    expect(items).toEqual([]);
    expect(isAlive(pid)).toBe(false);
  });

  it.skipIf(process.platform === 'win32')('a crash names its signal', async () => {
    const { error } = await ask('abort');
    expect(error).toMatchObject({
      code: 'checkpoint/reader-crashed',
      message: expect.stringContaining('SIGSEGV') as unknown,
    });
  });

  // Elsewhere the reader's own second thread is the guard.
  it.skipIf(process.platform !== 'linux')('is watched from outside too', async () => {
    const { error, pid } = await ask('eat-unguarded', { limits: { memoryBytes: 300 * MIB } });
    expect(error).toMatchObject({ code: 'checkpoint/reader-memory' });
    expect(isAlive(pid)).toBe(false);
  });

  it('that cannot be started is a crash', async () => {
    const absent = nodeReader('/nowhere/reader.js');
    const call = callReader(absent, { kind: 'list', file: '/folder/a.pt', options: {} }, () => {});
    await expect(call).rejects.toMatchObject({ code: 'checkpoint/reader-crashed' });
  });
});

describe('a reader', () => {
  it('that makes progress has its time', async () => {
    const heard: number[] = [];
    const { error } = await ask('trickle', {
      // Less than all of it takes, and several times the longest silence in it.
      limits: { silenceMs: 3500 },
      onProgress: (done) => heard.push(done),
    });
    expect(error).toBe(null);
    expect(heard).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('is not blamed for a caller that was too busy to hear it', async () => {
    const asking = ask('exclaim', { limits: { silenceMs: 1500 } });
    // Busy from before the reader speaks until after it should have.
    await new Promise((resolve) => setTimeout(resolve, 50));
    const end = performance.now() + 2500;
    while (performance.now() < end);
    expect((await asking).error).toBe(null);
  });

  it('learns nothing from the environment', async () => {
    process.env['FEWSTEP_TEST_SECRET'] = 'secret';
    const { error } = await ask('environment');
    delete process.env['FEWSTEP_TEST_SECRET'];
    // What Node itself sets for a forked child, which takes it out again.
    expect(error!.message).toContain('found that it ended with');
    expect(error!.message).not.toContain('SECRET');
    expect(error!.message).not.toContain('PATH');
  });

  it('is ended when its caller cancels, also while it hangs', async () => {
    const cancel = new AbortController();
    setTimeout(() => cancel.abort(), 500);
    const { error, pid } = await ask('hang', { signal: cancel.signal });
    expect(error).toMatchObject({ code: 'checkpoint/cancelled' });
    expect(isAlive(pid)).toBe(false);
  });

  it('is not even started for a caller that has gone', async () => {
    const spawn: SpawnReader = () => expect.unreachable('started');
    const call = callReader(spawn, { kind: 'list', file: '/folder/a.pt', options: {} }, () => {}, {
      signal: AbortSignal.abort(),
    });
    await expect(call).rejects.toMatchObject({ code: 'checkpoint/cancelled' });
  });
});

describe('a stream of a reader', () => {
  const counting = { kind: 'compare', file: '/folder/count', other: '/folder/other' } as const;

  it('brings every item in order', async () => {
    const names: string[] = [];
    for await (const heard of readerStream(misbehaving, counting, new AbortController().signal)) {
      if ('items' in heard) names.push(...heard.items.map(({ name }) => name));
    }
    expect(names).toEqual(Array.from({ length: 1000 }, (_, i) => String(i)));
  });

  it('waits for a slow listener', async () => {
    let furthest = 0;
    let taken = 0;
    for await (const heard of readerStream(misbehaving, counting, new AbortController().signal)) {
      if ('progress' in heard) furthest = heard.progress.done;
      else taken++;
      if (taken === 3) break;
      // Long enough for a reader that does not wait to say all it has.
      if ('items' in heard) await new Promise((resolve) => setTimeout(resolve, 200));
    }
    // At most 64 go ahead of each time that it takes what there is, and what is on the way.
    expect(furthest).toBeLessThan(3 * 64 + 36);
  });

  it('ends its reader when nobody listens any more', async () => {
    const started: ReturnType<SpawnReader>[] = [];
    const spawn: SpawnReader = () => {
      const reader = misbehaving();
      started.push(reader);
      return reader;
    };
    for await (const _ of readerStream(spawn, counting, new AbortController().signal)) break;
    expect(await started[0]!.exited).toMatchObject({ signal: 'SIGKILL' });
  });

  it('that is cancelled throws, and ends its reader', async () => {
    const cancel = new AbortController();
    const stream = readerStream(misbehaving, { ...counting, file: '/folder/wait' }, cancel.signal);
    const next = stream.next();
    cancel.abort();
    await expect(next).rejects.toMatchObject({ code: 'checkpoint/cancelled' });
  });
});
