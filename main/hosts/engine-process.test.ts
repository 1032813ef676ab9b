import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { describeContract } from '#contract/rpc/contract-suite.ts';
import type { Port } from '#contract/rpc/port.ts';
import { spawnEngine } from './engine-process.ts';
import type { EngineExit, EngineProcess } from './engine-process.ts';

const entry = fileURLToPath(new URL('./testdata/engine.ts', import.meta.url));
const brokenEngine = fileURLToPath(new URL('./testdata/broken-engine.ts', import.meta.url));

describe('one engine process with many connections', () => {
  let engine: EngineProcess;
  beforeAll(() => {
    engine = spawnEngine({ entry });
  });
  afterAll(async () => {
    await engine.stop();
  });
  // The test engine joins the two: every message crosses the process boundary twice.
  describeContract('A child process', () => ({
    window: engine.connect(),
    engine: engine.connect(),
    close: () => {},
  }));
});

function started(...args: string[]): EngineProcess {
  const engine = spawnEngine({ entry, args });
  onTestFinished(() => engine.stop(0));
  return engine;
}

/** A connection on which the test engine has answered: it runs and has its handlers. */
async function answering(engine: EngineProcess): Promise<Port> {
  const port = engine.connect();
  port.post({ echo: 'ready' });
  await new Promise<void>((resolve) => port.onMessage(() => resolve()));
  return port;
}

function reasonOf(port: Port): Promise<string | null> {
  return new Promise((resolve) => port.onClose(resolve));
}

function scratchFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fewstep-engine-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'checkpoint');
}

describe('an engine that ends by itself', () => {
  it.each([
    [{ exitCode: 3 }, { code: 3, signal: null }, 'exit code 3'],
    [{ exitCode: 0 }, { code: 0, signal: null }, 'exit code 0'],
    [{ signal: 'SIGKILL' }, { code: null, signal: 'SIGKILL' }, 'signal SIGKILL'],
  ])('by %j closes its ports and says how', async (order, exit, words) => {
    const exits: EngineExit[] = [];
    const engine = spawnEngine({ entry, onExit: (each) => exits.push(each) });
    const port = await answering(engine);
    port.post(order);
    expect(await engine.exited).toEqual({ ...exit, wasStopped: false });
    expect(await reasonOf(port)).toBe(`the engine ended unexpectedly (${words})`);
    expect(await reasonOf(engine.connect())).toBe(`the engine ended unexpectedly (${words})`);
    expect(exits).toEqual([{ ...exit, wasStopped: false }]);
    // Stopping what has ended is no error.
    await engine.stop();
  });

  it('before it accepts a connection closes those that wait', async () => {
    const engine = spawnEngine({ entry: brokenEngine });
    expect(await reasonOf(engine.connect())).toBe('the engine ended unexpectedly (exit code 78)');
  });

  it('has its last message delivered before its ports close', async () => {
    const engine = started();
    const port = await answering(engine);
    const log: unknown[] = [];
    port.onMessage((message) => log.push(message));
    port.onClose(() => log.push('closed'));
    // Small enough to be in the channel before the process is gone.
    port.post({ echo: 'first' });
    port.post({ echo: 'last' });
    port.post({ signal: 'SIGTERM' });
    await engine.exited;
    await reasonOf(port);
    expect(log).toEqual(['first', 'last', 'closed']);
  });
});

describe('stopping', () => {
  it('waits for the checkpoint', async () => {
    const file = scratchFile();
    const engine = started('--home', file, '300');
    const port = await answering(engine);
    expect(existsSync(file)).toBe(false);
    await engine.stop();
    expect(readFileSync(file, 'utf8')).toBe('saved');
    expect(await engine.exited).toEqual({ code: 0, signal: null, wasStopped: true });
    expect(await reasonOf(port)).toBe('the engine was stopped');
  });

  it('ends an engine that does not end, when patience does', async () => {
    const engine = started('--home', 'never');
    await answering(engine);
    await engine.stop(50);
    expect(await engine.exited).toEqual({ code: null, signal: 'SIGKILL', wasStopped: true });
  });

  it('is not what Ctrl-C does to an engine: the host decides', async () => {
    const engine = started();
    const port = await answering(engine);
    port.post({ signal: 'SIGINT' });
    port.post({ echo: 'still here' });
    expect(await new Promise((resolve) => port.onMessage(resolve))).toBe('still here');
  });
});
