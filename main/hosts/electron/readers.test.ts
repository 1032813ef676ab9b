import { EventEmitter } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { until } from '#contract/rpc/contract-suite.ts';
import { desktopReader } from '../../engine/reader/desktop-process.ts';
import type { HostPort } from '../../engine/reader/desktop-process.ts';
import { TAKEN } from '../../engine/reader/protocol.ts';
import type { ReaderOrder } from '../../engine/reader/protocol.ts';
import { Readers } from './readers.ts';
import { FakeChannel, FakeChild } from './testing/fakes.ts';
import type { FakePort } from './testing/fakes.ts';

const order: ReaderOrder = { request: { kind: 'list', file: '/a.pt', options: {} }, memoryBytes: 1e9 };

/** Engine and host with a wire between them, and the readers that the host forked. */
function stage() {
  const children: FakeChild[] = [];
  const fork = vi.fn(() => {
    const child = new FakeChild();
    children.push(child);
    return child;
  });
  const parentPort = Object.assign(new EventEmitter(), {
    postMessage: (message: unknown) => readers.take(structuredClone(message)),
  });
  const engine = {
    postMessage: (data: unknown, ports: unknown[] = []) =>
      parentPort.emit('message', { data: structuredClone(data), ports }),
  };
  const electron = { utilityProcess: { fork }, MessageChannelMain: FakeChannel };
  const readers = new Readers(electron as never, '/app/reader.js', engine as never);
  const spawn = desktopReader(parentPort as unknown as HostPort);
  const killed: number[] = [];
  const kill = vi.spyOn(process, 'kill').mockImplementation((pid, signal) => {
    expect(signal).toBe('SIGKILL');
    killed.push(pid);
    return true;
  });
  onTestFinished(() => kill.mockRestore());
  return { children, fork, readers, spawn, killed, parentPort };
}

/** The process begins to run. @returns its end of the wire */
function runs(child: FakeChild | undefined, pid: number): FakePort {
  if (child === undefined) throw new Error('It was not forked');
  child.pid = pid;
  child.emit('spawn');
  const port = child.postMessage.mock.calls[0]?.[1][0] as FakePort;
  port.start();
  return port;
}

describe('a reader of the desktop app', () => {
  it('is forked for its order, with nothing of the environment, and gets it', () => {
    const { spawn, children, fork } = stage();
    const reader = spawn();
    expect(fork).not.toHaveBeenCalled();
    reader.send(order);
    expect(fork).toHaveBeenCalledExactlyOnceWith('/app/reader.js', [], {
      serviceName: 'Fewstep reader',
      env: process.platform === 'win32' ? { SystemRoot: process.env['SystemRoot'] ?? '' } : {},
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    runs(children[0], 41);
    expect(children[0]?.postMessage.mock.calls[0]?.[0]).toEqual(order);
    expect(reader.pid).toBe(41);
  });

  it('speaks with the engine over a wire of their own; what was said early is not lost', async () => {
    const { spawn, children } = stage();
    const reader = spawn();
    const heard: unknown[] = [];
    reader.onMessage((message) => heard.push(message));
    reader.send(order);
    reader.send(TAKEN);
    const port = runs(children[0], 41);
    const told: unknown[] = [];
    port.on('message', ({ data }: { data: unknown }) => told.push(data));
    reader.send(TAKEN);
    port.postMessage({ type: 'item', value: 1 });
    port.postMessage({ type: 'done' });
    await until(() => expect(heard).toEqual([{ type: 'item', value: 1 }, { type: 'done' }]));
    await until(() => expect(told).toEqual([TAKEN, TAKEN]));
  });

  it('that ends is told with what it printed, after its last message', async () => {
    const { spawn, children } = stage();
    const reader = spawn();
    const log: unknown[] = [];
    reader.onMessage((message) => log.push(message));
    void reader.exited.then((exit) => log.push(exit));
    reader.send(order);
    const port = runs(children[0], 41);
    children[0]?.stderr.emit('data', Buffer.from('out of '));
    children[0]?.stderr.emit('data', 'memory\n');
    children[0]?.emit('exit', 134);
    children[0]?.stderr.emit('close');
    // The news may be quicker than the wire.
    await new Promise((resolve) => setImmediate(resolve));
    port.postMessage({ type: 'progress', done: 1, of: 2 });
    port.close();
    await until(() =>
      expect(log).toEqual([
        { type: 'progress', done: 1, of: 2 },
        { code: 134, signal: null, said: 'out of memory\n' },
      ]),
    );
  });

  it('is ended when the engine says so, before it runs as well', () => {
    const { spawn, children, killed } = stage();
    const running = spawn();
    running.send(order);
    runs(children[0], 41);
    running.kill();
    running.kill();
    expect(killed).toEqual([41]);

    const early = spawn();
    early.send(order);
    early.kill();
    expect(children[1]?.kill).toHaveBeenCalledOnce();
    runs(children[1], 42);
    expect(killed).toEqual([41, 42]);
  });

  it('that was never given an order was never started', async () => {
    const { spawn, fork } = stage();
    const reader = spawn();
    reader.kill();
    expect(await reader.exited).toEqual({ code: null, signal: null, said: '' });
    reader.send(order);
    expect(fork).not.toHaveBeenCalled();
  });

  it('that cannot be started says so', async () => {
    const { spawn, children } = stage();
    const reader = spawn();
    reader.send(order);
    children[0]?.stderr.emit('close');
    children[0]?.emit('exit', 1);
    expect(await reader.exited).toEqual({ code: 1, signal: null, said: '' });
  });

  it('ends with the engine that asked for it, which hears no more', () => {
    const { spawn, children, killed, readers, parentPort } = stage();
    for (const pid of [41, 42]) {
      spawn().send(order);
      runs(children.at(-1), pid);
    }
    const heard = vi.fn();
    parentPort.on('message', heard);
    readers.endAll();
    expect(killed).toEqual([41, 42]);
    children[0]?.stderr.emit('close');
    children[0]?.emit('exit', 9);
    expect(heard).not.toHaveBeenCalled();
  });

  it('is known by its number: those at the same time are not confused', async () => {
    const { spawn, children } = stage();
    const heard: unknown[] = [];
    const both = [0, 1].map((index) => {
      const reader = spawn();
      reader.onMessage((message) => heard.push([index, message]));
      reader.send(order);
      return reader;
    });
    const ports = [runs(children[0], 41), runs(children[1], 42)];
    ports[1]?.postMessage('b');
    await until(() => expect(heard).toEqual([[1, 'b']]));
    ports[0]?.postMessage('a');
    await until(() => expect(heard).toHaveLength(2));
    expect(both.map(({ pid }) => pid)).toEqual([41, 42]);
  });
});

it.each([
  null,
  'connect',
  'stop',
  {},
  { reader: -1, wish: 'end' },
  { reader: 1, wish: 'start' },
  { reader: 1, wish: 'x' },
])('what is no wish (%j) starts nothing', (message) => {
  const { readers, fork } = stage();
  readers.take(message);
  readers.take({ reader: 7, wish: 'end' });
  expect(fork).not.toHaveBeenCalled();
});
