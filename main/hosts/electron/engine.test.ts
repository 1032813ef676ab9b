import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { absentWire, forkEngine } from './engine.ts';
import { FakeChannel, FakeChild } from './testing/fakes.ts';
import type { FakePort } from './testing/fakes.ts';

function forked(onOutput: (text: string) => void = () => {}) {
  const child = new FakeChild();
  const fork = vi.fn(() => child);
  const electron = { utilityProcess: { fork }, MessageChannelMain: FakeChannel };
  const engine = forkEngine(electron as never, {
    entry: 'engine.js',
    args: ['--home', 'x'],
    readerEntry: 'reader.js',
    grantKey: 'the key',
    onOutput,
  });
  return { child, fork, engine, electron };
}

/** What a window would hear on its end of a port. */
async function wordOn(port: unknown): Promise<unknown> {
  const fake = port as FakePort;
  const word = once(fake, 'message') as Promise<[{ data: unknown }]>;
  fake.start();
  return (await word)[0].data;
}

describe('an engine in a utility process', () => {
  it('gets its arguments and a name that shows in the task list; what it prints is passed on', () => {
    const output = vi.fn<(text: string) => void>();
    const { child, fork } = forked(output);
    expect(fork).toHaveBeenCalledWith('engine.js', ['--home', 'x'], {
      serviceName: 'Fewstep engine',
      env: { ...process.env, FEWSTEP_GRANT_KEY: 'the key' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.emit('data', 'out');
    child.stderr.emit('data', Buffer.from('err'));
    expect(output.mock.calls).toEqual([['out'], ['err']]);
  });

  it('is given the other end of each wire: the host keeps none of it', async () => {
    const { child, engine } = forked();
    const first = engine.connect();
    const second = engine.connect();
    expect(child.postMessage.mock.calls.map(([order]) => order)).toEqual(['connect', 'connect']);
    for (const [index, { wire }] of [first, second].entries()) {
      const [given] = child.postMessage.mock.calls[index]?.[1] as [FakePort];
      given.postMessage(`hello ${index}`);
      expect(await wordOn(wire)).toBe(`hello ${index}`);
    }
  });

  it('tells every window how it ended', async () => {
    const { child, engine } = forked();
    const fates = [engine.connect().fate, engine.connect().fate].map(wordOn);
    child.emit('exit', 9);
    expect(await Promise.all(fates)).toEqual(Array(2).fill('the engine ended unexpectedly (exit code 9)'));
    expect(await engine.exited).toEqual({ code: 9, signal: null, wasStopped: false });
  });

  it('is asked to stop, and has time to save', async () => {
    const { child, engine } = forked();
    const fate = wordOn(engine.connect().fate);
    const stopped = engine.stop();
    expect(child.postMessage.mock.calls.at(-1)).toEqual(['stop', []]);
    expect(child.kill).not.toHaveBeenCalled();
    child.emit('exit', 0);
    await stopped;
    expect(await engine.exited).toEqual({ code: 0, signal: null, wasStopped: true });
    expect(await fate).toBe('the engine was stopped');
  });

  it('is ended when patience does, or at once where there is none', async () => {
    const patient = forked();
    patient.child.kill.mockImplementation(() => patient.child.emit('exit', 15));
    await patient.engine.stop(20);
    expect(patient.child.kill).toHaveBeenCalledOnce();

    const hasty = forked();
    hasty.child.kill.mockImplementation(() => hasty.child.emit('exit', 15));
    await hasty.engine.stop(0);
    expect(hasty.child.postMessage).not.toHaveBeenCalled();
  });

  it('that is not there says why', async () => {
    const { electron } = forked();
    expect(await wordOn(absentWire(electron as never, 'it is being started again').fate)).toBe(
      'it is being started again',
    );
  });
});
