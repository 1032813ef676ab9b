import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WorkbenchError } from '../errors.ts';
import type { PointSet, ViewFrame } from '../frames.ts';
import type { RunChange, RunSummary } from '../runs.ts';
import { calls } from '../workbench.ts';
import type { CallName, CancelSignal, WorkbenchClient, WorkbenchService } from '../workbench.ts';
import { createClient } from './client.ts';
import type { Port } from './port.ts';
import { serve } from './server.ts';

/** The two ends of one connection, as the window and the engine hold them. */
export interface Wire {
  window: Port;
  engine: Port;
  /** Frees what is under the wire: sockets, servers, processes. */
  close(): Promise<void> | void;
}

/**
 * What a wire must do to carry the Workbench. Every transport runs this:
 *
 *   describeContract('WebSocket', async () => ({ window, engine, close }));
 */
export function describeContract(name: string, makeWire: () => Promise<Wire> | Wire): void {
  async function connect(): Promise<Wire & { client: WorkbenchClient; service: TestService }> {
    const wire = await makeWire();
    const service = new TestService();
    const stop = serve(service, wire.engine);
    onTestFinished(async () => {
      stop();
      wire.window.close();
      await wire.close();
    });
    return { ...wire, client: createClient(wire.window), service };
  }

  /** A port without a client on it: what a faulty or hostile window can send. */
  async function connectRaw(): Promise<{
    port: Port;
    service: TestService;
    received: unknown[];
    isClosed: () => boolean;
  }> {
    const wire = await makeWire();
    const service = new TestService();
    const stop = serve(service, wire.engine);
    onTestFinished(async () => {
      stop();
      wire.window.close();
      await wire.close();
    });
    const received: unknown[] = [];
    let isClosed = false;
    wire.window.onMessage((message) => received.push(message));
    wire.window.onClose(() => (isClosed = true));
    return { port: wire.window, service, received, isClosed: () => isClosed };
  }

  describe(`${name} carries the contract`, () => {
    describe('calls', () => {
      it('reply with the value, after the input got its defaults', async () => {
        const { client, service } = await connect();
        const set = await client.call('datasets.sample', { dataset: { id: 'ramp' } });
        expect(service.inputs).toEqual([{ dataset: { id: 'ramp', params: {} }, count: 2000, seed: 0 }]);
        expect(set.count).toBe(2000);
      });

      it('find their own replies when many are under way and end in another order', async () => {
        const { client, service } = await connect();
        service.holdSamples = true;
        const counts = Array.from({ length: 40 }, (_, i) => i + 1);
        const replies = counts.map((count) =>
          client.call('datasets.sample', { dataset: { id: 'ramp' }, count }),
        );
        await until(() => expect(service.held).toHaveLength(40));
        for (const release of service.held.reverse()) release();
        expect((await Promise.all(replies)).map((set) => set.count)).toEqual(counts);
      });

      it('beyond the limit are refused, and those under way go on', async () => {
        const { client, service } = await connect();
        service.holdSamples = true;
        const results = Array.from({ length: 70 }, () =>
          client.call('datasets.sample', { dataset: { id: 'ramp' }, count: 1 }).then(
            () => 'replied',
            (error: WorkbenchError) => error.code,
          ),
        );
        await until(() => expect(service.held).toHaveLength(64));
        expect(await results[69]).toBe('rpc/too-many');
        for (const release of service.held) release();
        const ended = await Promise.all(results);
        expect(ended.filter((each) => each === 'replied')).toHaveLength(64);
        expect(ended.filter((each) => each === 'rpc/too-many')).toHaveLength(6);
      });

      it('carry errors with code, message and detail', async () => {
        const { client, service } = await connect();
        service.failure = new WorkbenchError('config/unknown-field', 'the field foo', {
          list: [1, null, 'x', true],
          absent: undefined,
          odd: [NaN, Infinity, -Infinity, -0],
          $ref: { $: 'kept' },
          values: new Int32Array([-1, 2 ** 31 - 1]),
        });
        const error = await client.call('engine.describe', {}).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(WorkbenchError);
        expect(error).toMatchObject({ code: 'config/unknown-field', message: 'the field foo' });
        const { detail } = error as WorkbenchError;
        expect(detail).toEqual((service.failure as WorkbenchError).detail);
        expect('absent' in (detail as object)).toBe(true);
        expect(Object.is((detail as { odd: number[] }).odd[3], -0)).toBe(true);
      });

      it('give other errors the code internal/unexpected', async () => {
        const { client, service } = await connect();
        service.failure = new TypeError('x is not a function');
        await expect(client.call('engine.describe', {})).rejects.toMatchObject({
          code: 'internal/unexpected',
          message: 'x is not a function',
        });
      });

      it('still fail with their code when the detail cannot cross', async () => {
        const { client, service } = await connect();
        service.failure = new WorkbenchError('test/odd', 'odd', { when: new Date(0) });
        await expect(client.call('engine.describe', {})).rejects.toMatchObject({
          code: 'test/odd',
          message: 'odd',
        });
      });

      it('fail in place when input or value cannot cross', async () => {
        const { client, service } = await connect();
        const dataset = { id: 'ramp', params: { f: () => 0 } };
        await expect(client.call('datasets.sample', { dataset })).rejects.toMatchObject({
          code: 'rpc/not-encodable',
        });
        expect(service.inputs).toEqual([]);
        service.description = { versions: new Map() };
        await expect(client.call('engine.describe', {})).rejects.toMatchObject({ code: 'rpc/not-encodable' });
        service.description = { pid: 7 };
        expect(await client.call('engine.describe', {})).toMatchObject({ pid: 7 });
      });
    });

    describe('typed arrays', () => {
      it('go out exact-size, also from a view into a larger buffer', async () => {
        const { client, service } = await connect();
        const large = Uint8Array.from({ length: 4096 }, (_, i) => i % 251);
        for (const bytes of [large.subarray(1001, 1014), large.subarray(5, 5), new Uint8Array(0), large]) {
          service.inputs = [];
          await client.call('datasets.import', { fileName: 'points.csv', bytes });
          const [input] = service.inputs as { bytes: Uint8Array }[];
          expect(input?.bytes.buffer.byteLength).toBe(bytes.length);
          expect([...(input?.bytes ?? [])]).toEqual([...bytes]);
          expect(Object.getPrototypeOf(input?.bytes)).toBe(Uint8Array.prototype);
        }
        // The sender keeps what it sent.
        expect(large.length).toBe(4096);
      });

      it('come back exact-size, empty ones and odd values too', async () => {
        const { client } = await connect();
        for (const count of [1, 2, 3, 1000]) {
          const { values } = await client.call('datasets.sample', { dataset: { id: 'ramp' }, count });
          expect(values).toBeInstanceOf(Float32Array);
          expect(values.buffer.byteLength).toBe(values.byteLength);
          expect([...values]).toEqual(Array.from({ length: 2 * count }, (_, i) => i / 4));
        }
        const { series } = await client.call('runs.metrics', { run: 'a' });
        expect(series.map(({ name }) => name)).toEqual(['loss', 'nothing yet']);
        expect([...(series[0]?.values ?? [])]).toEqual([0.5, NaN, -Infinity]);
        expect(series[1]?.steps).toEqual(new Float64Array(0));
        for (const { steps, values } of series) {
          expect(steps.buffer.byteLength).toBe(steps.byteLength);
          expect(values.buffer.byteLength).toBe(values.byteLength);
        }
      });

      it('belong to the receiver: what it writes changes nothing elsewhere', async () => {
        const { client, service } = await connect();
        const first = await client.call('datasets.sample', { dataset: { id: 'ramp' }, count: 4 });
        first.values.fill(-1);
        expect(service.ramp[1]).toBe(0.25);
      });
    });

    describe('bad input', () => {
      const bad: [name: string, input: unknown, expected: RegExp][] = [
        ['runs.get', {}, /^runs\.get: run: expected a string, found nothing$/],
        ['runs.get', { run: 5 }, /^runs\.get: run: expected a string, found 5$/],
        ['runs.get', { run: '' }, /^runs\.get: run: expected at least 1 character, found ""$/],
        ['runs.get', { run: 'a', step: 1 }, /^runs\.get: step: expected only run, found an unknown field$/],
        ['runs.get', null, /^runs\.get: the input: expected an object, found null$/],
        ['runs.get', undefined, /^runs\.get: the input: expected an object, found nothing$/],
        ['engine.describe', { a: 1 }, /^engine\.describe: a: expected no fields, found an unknown field$/],
        [
          'datasets.sample',
          { dataset: { id: 'x' }, count: 1.5 },
          /count: expected a whole number, found 1\.5/,
        ],
        ['datasets.sample', { dataset: { id: 'x' }, count: 0 }, /count: expected at least 1, found 0/],
        [
          'datasets.sample',
          { dataset: { id: 'x' }, count: 1e9 },
          /count: expected at most 200000, found 1000000000/,
        ],
        ['datasets.sample', { dataset: { id: 'x' }, count: NaN }, /count: expected a number, found NaN/],
        [
          'datasets.sample',
          { dataset: { id: 'x', y: 1 } },
          /dataset\.y: expected only id, params, found an unknown/,
        ],
        ['datasets.import', { fileName: 'a', bytes: [1] }, /bytes: expected Uint8Array, found a list of 1/],
        ['datasets.import', { fileName: 'a', bytes: new Float64Array(2) }, /found Float64Array of 16 bytes/],
        ['runs.evaluate', { run: 'a', nfe: [1, 'two'] }, /nfe\[1\]: expected a number, found "two"/],
        ['runs.evaluate', { run: 'a', nfe: [] }, /nfe: expected at least 1 item, found a list of 0/],
        [
          'views.compute',
          { run: 'a', view: { kind: 'x' } },
          /view\.kind: expected one of samples, .*, found "x"/,
        ],
        [
          'runs.create',
          { config: { method: 'm', dataset: { id: 'd' }, executor: 'abacus' } },
          /config\.executor: expected one of auto, .*, found "abacus"/,
        ],
      ];

      it.each(bad)(
        '%s with %j names the field, what was expected and what was found',
        async (callName, input, expected) => {
          const { client, service } = await connect();
          const call = client.call as (name: string, input: unknown) => Promise<unknown>;
          const error = await call(callName, input).catch((thrown: unknown) => thrown);
          expect(error).toMatchObject({ code: 'rpc/bad-input', detail: { name: callName } });
          expect((error as Error).message).toMatch(expected);
          expect(service.inputs).toEqual([]);
        },
      );

      it('ends a stream before it begins', async () => {
        const { client, service } = await connect();
        const end = vi.fn();
        client.listen('metrics.watch', { run: '' }, () => {}, end);
        await until(() => expect(end).toHaveBeenCalledTimes(1));
        expect(end.mock.calls[0]?.[0]).toMatchObject({ code: 'rpc/bad-input' });
        expect(service.opened).toBe(0);
      });

      it.each(['nope', '', 'runs.watch', '__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
        'of an unknown call %j is refused by name',
        async (callName) => {
          const { client } = await connect();
          const call = client.call as (name: string, input: unknown) => Promise<unknown>;
          const error = await call(callName, {}).catch((thrown: unknown) => thrown);
          expect(error).toMatchObject({ code: 'rpc/unknown-call', detail: { name: callName } });
          expect((error as Error).message).toContain(JSON.stringify(callName));
        },
      );

      it.each(['nope', 'runs.get', '__proto__', 'constructor'])(
        'of an unknown stream %j ends it',
        async (streamName) => {
          const { client } = await connect();
          const end = vi.fn();
          const listen = client.listen as (
            name: string,
            input: unknown,
            onValue: () => void,
            onEnd: () => void,
          ) => void;
          listen(streamName, {}, () => {}, end);
          await until(() => expect(end).toHaveBeenCalledTimes(1));
          expect(end.mock.calls[0]?.[0]).toMatchObject({ code: 'rpc/unknown-call' });
        },
      );
    });

    describe('messages that are not well-formed', () => {
      const garbage: unknown[] = [
        null,
        undefined,
        7,
        'call',
        [],
        {},
        { type: 'call' },
        { type: 'call', id: -1, name: 'engine.describe', input: {} },
        { type: 'call', id: 1.5, name: 'engine.describe', input: {} },
        { type: 'call', id: '1', name: 'engine.describe', input: {} },
        { type: 'call', id: 1, name: 7, input: {} },
        { type: 'listen', id: 1, name: 'runs.watch', input: {}, credit: 0 },
        { type: 'listen', id: 1, name: 'runs.watch', input: {}, credit: 1e9 },
        { type: 'credit', id: 1, count: -5 },
        { type: 'credit', id: 1, count: NaN },
        { type: 'reply', id: 1, ok: true, value: 1 },
        { type: 'item', id: 1, value: 1 },
        new Uint8Array(16),
      ];
      it.each(garbage)('%j closes the port', async (message) => {
        const { port, service, isClosed } = await connectRaw();
        port.post(message);
        await until(() => expect(isClosed()).toBe(true));
        expect(service.inputs).toEqual([]);
      });

      it('an id that is in use closes the port, since its answer would reach another', async () => {
        const { port, service, isClosed } = await connectRaw();
        service.holdSamples = true;
        const call = { type: 'call', id: 1, name: 'datasets.sample', input: { dataset: { id: 'ramp' } } };
        port.post(call);
        port.post(call);
        await until(() => expect(isClosed()).toBe(true));
        expect(service.held).toHaveLength(1);
      });

      it('cancel, unlisten and credit for what has ended are left alone', async () => {
        const { port, received, isClosed } = await connectRaw();
        port.post({ type: 'cancel', id: 9 });
        port.post({ type: 'unlisten', id: 9 });
        port.post({ type: 'credit', id: 9, count: 1 });
        port.post({ type: 'call', id: 1, name: 'engine.describe', input: {} });
        await until(() => expect(received).toHaveLength(1));
        expect(received[0]).toMatchObject({ type: 'reply', id: 1, ok: true });
        expect(isClosed()).toBe(false);
      });

      it('from the engine end every call of the window', async () => {
        const wire = await makeWire();
        onTestFinished(() => wire.close());
        const client = createClient(wire.window);
        wire.engine.onMessage(() => wire.engine.post({ type: 'reply', id: 'one' }));
        await expect(client.call('engine.describe', {})).rejects.toMatchObject({ code: 'rpc/disconnected' });
      });
    });

    describe('cancel', () => {
      it('rejects at once, reaches the service, and touches no other call', async () => {
        const { client, service } = await connect();
        service.holdSamples = true;
        const abort = new AbortSource();
        const cancelled = client.call('datasets.sample', { dataset: { id: 'ramp' }, count: 1 }, abort);
        const other = client.call('datasets.sample', { dataset: { id: 'ramp' }, count: 2 });
        await until(() => expect(service.held).toHaveLength(2));
        abort.abort();
        await expect(cancelled).rejects.toMatchObject({ code: 'rpc/cancelled' });
        await until(() => expect(service.aborted).toBe(1));
        service.held[1]?.();
        expect((await other).count).toBe(2);
        // A reply that comes after all is dropped, and the connection goes on.
        service.held[0]?.();
        expect((await client.call('engine.describe', {})).pid).toBe(1);
      });

      it('before the call means that nothing is sent', async () => {
        const { client, service } = await connect();
        const abort = new AbortSource();
        abort.abort();
        await expect(
          client.call('datasets.sample', { dataset: { id: 'ramp' } }, abort),
        ).rejects.toMatchObject({
          code: 'rpc/cancelled',
        });
        await client.call('engine.describe', {});
        expect(service.inputs).toEqual([]);
      });

      it('after the reply does nothing, and the signal holds no listener', async () => {
        const { client } = await connect();
        const abort = new AbortSource();
        await client.call('engine.describe', {}, abort);
        expect(abort.listeners.size).toBe(0);
        abort.abort();
        expect((await client.call('engine.describe', {})).pid).toBe(1);
      });
    });

    describe('streams', () => {
      it('bring every value in order, then their end', async () => {
        const { client, service } = await connect();
        service.known = Array.from({ length: 20 }, (_, i) => runSummary(`run-${i}`));
        service.watchEnds = true;
        const seen: string[] = [];
        const error = await new Promise((end) => {
          client.listen('runs.watch', {}, (change) => void seen.push(idOf(change)), end);
        });
        expect(error).toBeNull();
        expect(seen).toEqual(service.known.map(({ id }) => id));
        expect(service.closed).toBe(1);
      });

      it('hand values over one at a time, and their end last', async () => {
        const { client, service } = await connect();
        service.known = Array.from({ length: 6 }, (_, i) => runSummary(`run-${i}`));
        service.watchEnds = true;
        const log: string[] = [];
        await new Promise((end) => {
          client.listen(
            'runs.watch',
            {},
            async (change) => {
              log.push(`begin ${idOf(change)}`);
              await client.call('engine.describe', {});
              log.push(`done ${idOf(change)}`);
            },
            end,
          );
        });
        expect(log).toEqual(service.known.flatMap(({ id }) => [`begin ${id}`, `done ${id}`]));
      });

      it('that fail end with the code, after the values before it', async () => {
        const { client, service } = await connect();
        service.known = [runSummary('a')];
        service.streamFailure = new WorkbenchError('run/gone', 'the run is gone', { run: 'a' });
        const seen: string[] = [];
        const error = await new Promise((end) => {
          client.listen('runs.watch', {}, (change) => void seen.push(idOf(change)), end);
        });
        expect(error).toMatchObject({ code: 'run/gone', detail: { run: 'a' } });
        expect(seen).toEqual(['a']);
      });

      it('show a slow listener the newest value and are pulled only by its credit', async () => {
        const { client, service } = await connect();
        const steps: number[] = [];
        let release: (() => void) | null = null;
        const stop = client.listen('views.watch', { run: 'a', view: { kind: 'samples' } }, async (frame) => {
          steps.push(frame.step);
          await new Promise<void>((resolve) => (release = resolve));
        });
        await until(() => expect(steps).toHaveLength(1));
        for (let step = 1; step <= 100; step++) {
          service.advance(step);
          // A round trip: whatever the engine would push by itself has arrived by now.
          if (step % 25 === 0) await client.call('engine.describe', {});
        }
        // Two frames were asked for ahead; a hundred steps later not one more has been computed.
        expect(service.pulls).toBe(2);
        expect(steps).toEqual([0]);

        const released = (): void => (release as () => void)();
        released();
        await until(() => expect(steps).toHaveLength(2));
        released();
        await until(() => expect(steps).toHaveLength(3));
        expect(steps[2]).toBe(100);
        expect(service.pulls).toBeLessThanOrEqual(4);
        stop();
        await until(() => expect(service.closed).toBe(1));
      });

      it('stop when unlistened, also while the engine waits for news', async () => {
        const { client, service } = await connect();
        const end = vi.fn();
        const stop = client.listen('metrics.watch', { run: 'a' }, () => {}, end);
        await until(() => expect(service.waiting).toBe(1));
        stop();
        await until(() => expect(service.closed).toBe(1));
        stop();
        await client.call('engine.describe', {});
        expect(end).not.toHaveBeenCalled();
      });

      it('whose listener throws are stopped and told so', async () => {
        const { client, service } = await connect();
        service.known = [runSummary('a'), runSummary('b')];
        const fault = new RangeError('out of canvas');
        const seen: string[] = [];
        const error = await new Promise((end) => {
          client.listen(
            'runs.watch',
            {},
            (change) => {
              seen.push(idOf(change));
              throw fault;
            },
            end,
          );
        });
        expect(error).toBe(fault);
        expect(seen).toEqual(['a']);
        await until(() => expect(service.closed).toBe(1));
      });

      it('beyond the limit are refused', async () => {
        const { client, service } = await connect();
        const end = vi.fn();
        const stops = Array.from({ length: 65 }, () =>
          client.listen('metrics.watch', { run: 'a' }, () => {}, end),
        );
        await until(() => expect(end).toHaveBeenCalledTimes(1));
        expect(end.mock.calls[0]?.[0]).toMatchObject({ code: 'rpc/too-many' });
        for (const stop of stops) stop();
        await until(() => expect(service.closed).toBe(64));
      });
    });

    describe('a broken connection', () => {
      it('on the engine side ends every call and stream of the window, and later ones', async () => {
        const { client, service, engine } = await connect();
        service.holdSamples = true;
        const call = client.call('datasets.sample', { dataset: { id: 'ramp' } });
        const end = vi.fn();
        client.listen('metrics.watch', { run: 'a' }, () => {}, end);
        await until(() => expect(service.held.length + service.waiting).toBe(2));
        engine.close('the engine went away');
        await expect(call).rejects.toMatchObject({
          code: 'rpc/disconnected',
          detail: { reason: 'the engine went away' },
        });
        await until(() => expect(end).toHaveBeenCalledTimes(1));
        expect(end.mock.calls[0]?.[0]).toMatchObject({ code: 'rpc/disconnected' });
        await expect(client.call('engine.describe', {})).rejects.toMatchObject({ code: 'rpc/disconnected' });
        const late = await new Promise((ended) => client.listen('runs.watch', {}, () => {}, ended));
        expect(late).toMatchObject({ code: 'rpc/disconnected' });
      });

      it('on the window side aborts its calls and closes its streams in the engine', async () => {
        const { client, service, window } = await connect();
        service.holdSamples = true;
        const call = client.call('datasets.sample', { dataset: { id: 'ramp' } });
        const end = vi.fn();
        client.listen('metrics.watch', { run: 'a' }, () => {}, end);
        client.listen(
          'views.watch',
          { run: 'a', view: { kind: 'samples' } },
          () => new Promise<void>(() => {}),
          end,
        );
        await until(() =>
          expect(service.held.length + service.waiting + service.pulls).toBeGreaterThanOrEqual(3),
        );
        window.close();
        await expect(call).rejects.toMatchObject({ code: 'rpc/disconnected' });
        await until(() => expect([service.aborted, service.closed]).toEqual([1, 2]));
        expect(end).toHaveBeenCalledTimes(2);
      });
    });
  });
}

/** Waits until the assertion holds; long only where it never will. */
export async function until(assertion: () => void): Promise<void> {
  await vi.waitFor(assertion, { interval: 2, timeout: 20_000 });
}

/** A signal as a caller holds it, showing who still listens. */
class AbortSource implements CancelSignal {
  aborted = false;
  readonly listeners = new Set<() => void>();

  addEventListener(_type: 'abort', listener: () => void): void {
    this.listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.listeners.delete(listener);
  }

  abort(): void {
    this.aborted = true;
    for (const listener of [...this.listeners]) listener();
  }
}

function runSummary(id: string): RunSummary {
  return {
    id,
    name: id,
    tags: [],
    isDemo: false,
    classes: 0,
    folder: `/runs/${id}`,
    config: {
      method: 'teacher',
      params: {},
      dataset: { id: 'ramp', params: {} },
      steps: 10,
      seed: 0,
      filmFrames: 0,
      checkpointEvery: 5,
      evalEvery: 0,
      executor: 'auto',
    },
    status: 'running',
    step: 3,
    createdAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-01T00:00:00Z',
    error: null,
    latest: { loss: NaN },
    stepsPerSec: null,
    etaSecs: Infinity,
    executor: null,
    device: null,
    trainedOn: [],
  };
}

/**
 * A Workbench of a few working calls and all three streams, which counts what it is asked to do. The
 * calls that it does not have refuse by name.
 */
class TestService implements WorkbenchService {
  /** Parsed inputs of the dataset calls, in order. */
  inputs: unknown[] = [];
  failure: Error | null = null;
  /** Laid over the reply of `engine.describe`, to make it say odd things. */
  description: Record<string, unknown> = {};
  holdSamples = false;
  readonly held: (() => void)[] = [];
  aborted = 0;

  known: RunSummary[] = [];
  watchEnds = false;
  streamFailure: Error | null = null;
  /** Streams whose source was opened, closed, and now waits for news. */
  opened = 0;
  closed = 0;
  waiting = 0;
  /** Frames computed. */
  pulls = 0;
  #step = 0;
  #news = new Set<() => void>();

  /** The source that `datasets.sample` cuts its replies from: views into one buffer. */
  readonly ramp = Float32Array.from({ length: 4096 }, (_, i) => i / 4);

  readonly calls: WorkbenchService['calls'] = {
    ...refusals(),
    'engine.describe': async () => {
      if (this.failure !== null) throw this.failure;
      return {
        version: '0',
        versions: {},
        executors: [],
        executor: 'reference',
        device: 'test',
        because: 'the only one here',
        measuring: null,
        dataFolder: '/',
        pid: 1,
        ...this.description,
      };
    },
    'datasets.sample': async (input, signal): Promise<PointSet> => {
      this.inputs.push(input);
      signal.addEventListener('abort', () => (this.aborted += 1));
      if (this.holdSamples) await new Promise<void>((release) => this.held.push(release));
      return { count: input.count, dim: 2, values: this.ramp.subarray(0, 2 * input.count) };
    },
    'datasets.import': async (input) => {
      this.inputs.push(input);
      return { id: input.fileName, count: input.bytes.length, dim: 1 };
    },
    'runs.metrics': async ({ run }) => ({
      run,
      series: [
        { name: 'loss', steps: new Float64Array([1, 2, 3]), values: new Float64Array([0.5, NaN, -Infinity]) },
        { name: 'nothing yet', steps: new Float64Array(0), values: new Float64Array(8).subarray(3, 3) },
      ],
    }),
  };

  readonly streams: WorkbenchService['streams'] = {
    'runs.watch': (_input, signal) => this.#watchRuns(signal),
    'metrics.watch': ({ run }, signal) => this.#watchNothing(run, signal),
    'engine.watch': (_input, signal) => this.#watchNothing('', signal),
    'engines.watch': (_input, signal) => this.#watchNothing('', signal),
    'engines.measure': (_input, signal) => this.#watchNothing('', signal),
    'engines.install': (_input, signal) => this.#watchNothing('', signal),
    'film.watch': ({ run }, signal) => this.#watchNothing(run, signal),
    'reproductions.watch': (_input, signal) => this.#watchNothing('', signal),
    'models.watch': (_input, signal) => this.#watchNothing('', signal),
    'checkpoints.statistics': (_input, signal) => this.#watchNothing('', signal),
    'checkpoints.compare': (_input, signal) => this.#watchNothing('', signal),
    'checkpoints.import': (_input, signal) => this.#watchNothing('', signal),
    'datasets.importImages': (_input, signal) => this.#watchNothing('', signal),
    'views.watch': ({ run }, signal) => this.#watchFrames(run, signal),
  };

  /** Training goes on: the parameters are those of `step` now. */
  advance(step: number): void {
    this.#step = step;
    for (const tell of [...this.#news]) tell();
  }

  async *#watchRuns(signal: CancelSignal): AsyncIterable<RunChange> {
    this.opened += 1;
    try {
      for (const run of this.known) yield { kind: 'run', run };
      if (this.streamFailure !== null) throw this.streamFailure;
      if (!this.watchEnds) await this.#nextNews(signal);
    } finally {
      this.closed += 1;
    }
  }

  async *#watchNothing(_run: string, signal: CancelSignal): AsyncIterable<never> {
    this.opened += 1;
    try {
      while (!signal.aborted) await this.#nextNews(signal);
    } finally {
      this.closed += 1;
    }
  }

  async *#watchFrames(run: string, signal: CancelSignal): AsyncIterable<ViewFrame> {
    this.opened += 1;
    let shown = -1;
    try {
      for (;;) {
        while (!signal.aborted && this.#step === shown) await this.#nextNews(signal);
        if (signal.aborted) return;
        this.pulls += 1;
        shown = this.#step;
        const points = this.ramp.subarray(0, 8);
        yield {
          run,
          kind: 'samples',
          step: shown,
          nfe: 1,
          computeMs: 1,
          count: 4,
          dim: 2,
          arrays: { points },
        };
      }
    } finally {
      this.closed += 1;
    }
  }

  async #nextNews(signal: CancelSignal): Promise<void> {
    this.waiting += 1;
    await new Promise<void>((resolve) => {
      const tell = (): void => {
        this.#news.delete(tell);
        signal.removeEventListener('abort', tell);
        resolve();
      };
      this.#news.add(tell);
      signal.addEventListener('abort', tell);
      if (signal.aborted) tell();
    });
    this.waiting -= 1;
  }
}

function idOf(change: RunChange): string {
  return change.kind === 'run' ? change.run.id : change.id;
}

function refusals(): WorkbenchService['calls'] {
  const table: { [K in CallName]?: () => Promise<never> } = {};
  for (const name of Object.keys(calls) as CallName[]) {
    table[name] = () => Promise.reject(new WorkbenchError('test/refused', `The test service has no ${name}`));
  }
  return table as WorkbenchService['calls'];
}
