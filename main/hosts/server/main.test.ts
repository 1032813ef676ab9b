import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { until } from '#contract/rpc/contract-suite.ts';
import type { Port } from '#contract/rpc/port.ts';
import { portFromWebSocket } from '#contract/rpc/websocket-port.ts';
import { openGrant } from '../../engine/checkpoints/grants.ts';
import { hasDisplay } from './browser.ts';

const serveScript = fileURLToPath(new URL('./testdata/serve.ts', import.meta.url));
const brokenEngine = fileURLToPath(new URL('../testdata/broken-engine.ts', import.meta.url));
const testEngine = fileURLToPath(new URL('../testdata/engine.ts', import.meta.url));

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'fewstep-serve-'));
  writeFileSync(join(scratch, 'index.html'), '<!doctype html>');
});
afterAll(() => rmSync(scratch, { recursive: true }));

interface Served {
  child: ChildProcessByStdio<null, Readable, Readable>;
  out(): string;
  err(): string;
  exitCode: Promise<number | null>;
  /** The URL that it printed. */
  url(): Promise<URL>;
}

function serve(argv: string[], { engine = testEngine, env = {} } = {}): Served {
  const child = spawn(process.execPath, [serveScript, engine, scratch, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...env },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const exitCode = once(child, 'close').then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exitCode;
  });
  return {
    child,
    out: () => out,
    err: () => err,
    exitCode,
    async url() {
      await until(() => expect(out).toMatch(/\n$/));
      return new URL(/http:\S+?(?=["\s])/.exec(out)?.[0] ?? '');
    },
  };
}

function windowOn(url: URL): Port {
  const authorization = `Bearer ${url.searchParams.get('token')}`;
  return portFromWebSocket(
    new WebSocket(`ws://${url.host}/rpc`, { headers: { Authorization: authorization } }),
  );
}

/** A connection through server and process on which the test engine has answered. */
async function answering(url: URL): Promise<Port> {
  const port = windowOn(url);
  port.post({ echo: 'ready' });
  expect(await new Promise((resolve) => port.onMessage(resolve))).toBe('ready');
  return port;
}

describe('serving', () => {
  it('prints one line with the address; SIGTERM waits for the checkpoint and ends with 0', async () => {
    const file = join(scratch, 'sigterm');
    // The test engine writes its "checkpoint" there.
    const served = serve(['--port', '0', '--no-open', '--home', file]);
    const url = await served.url();
    expect(served.out()).toBe(`Fewstep is at ${url.href}\n`);
    expect(url.hostname).toBe('127.0.0.1');
    const port = await answering(url);
    const closed = new Promise((resolve) => port.onClose(resolve));
    served.child.kill('SIGTERM');
    // npm and the terminal may both pass one Ctrl-C on.
    served.child.kill('SIGINT');
    expect(await served.exitCode).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe('saved');
    expect(await closed).toBe('The workbench server has stopped');
    expect(served.err()).toContain('saves a checkpoint');
  });

  it('a second Ctrl-C leaves without the checkpoint', async () => {
    const served = serve(['--port', '0', '--no-open', '--home', 'never']);
    await answering(await served.url());
    served.child.kill('SIGINT');
    await until(() => expect(served.err()).toContain('Stopping'));
    // Longer than the pause within which two signals are one.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    served.child.kill('SIGINT');
    expect(await served.exitCode).toBe(130);
  });

  it('an engine whose host is killed saves and ends by itself', async () => {
    const file = join(scratch, 'orphan');
    const served = serve(['--port', '0', '--no-open', '--home', file]);
    await answering(await served.url());
    served.child.kill('SIGKILL');
    await until(() => expect(existsSync(file)).toBe(true));
  });

  it('an engine that crashes closes its windows with the reason and runs again', async () => {
    const served = serve(['--port', '0', '--no-open']);
    const url = await served.url();
    const port = await answering(url);
    const closed = new Promise((resolve) => port.onClose(resolve));
    port.post({ exitCode: 5 });
    expect(await closed).toBe('the engine ended unexpectedly (exit code 5)');
    await until(() => expect(served.err()).toContain('The engine runs again'));
    expect(served.err()).toContain('The engine ended unexpectedly (exit code 5); it starts again in 250 ms');
    await answering(url);
  });

  it('an engine that cannot start for what a person must mend ends the server with 1', async () => {
    const served = serve(['--port', '0', '--no-open'], { engine: brokenEngine });
    expect(await served.exitCode).toBe(1);
    expect(served.err()).toContain(
      'The data folder is read-only\nThe engine cannot start, for the reason above\n',
    );
  });

  it('takes files for its engine, which alone can open them, and keeps none when it ends', async () => {
    const home = mkdtempSync(join(scratch, 'home-'));
    const served = serve(['--port', '0', '--no-open', '--files', scratch, '--max-upload', '0.001'], {
      env: { FEWSTEP_HOME: home },
    });
    const url = await served.url();
    const port = await answering(url);
    const start = new Promise((resolve) => port.onMessage(resolve));
    port.post({ tellStart: true });
    const { argv, grantKey } = (await start) as { argv: string[]; grantKey: string };
    expect(argv).toEqual(['--files', scratch]);

    const headers = { Authorization: `Bearer ${url.searchParams.get('token')}` };
    const send = (body: string): Promise<Response> =>
      fetch(new URL('/files?name=a.pt', url), { method: 'POST', headers, body });
    const { grant } = (await (await send('weights')).json()) as { grant: string };
    const path = openGrant(grant, grantKey);
    expect(readFileSync(path, 'utf8')).toBe('weights');
    const refused = await send('x'.repeat(2 ** 21));
    expect(refused.status).toBe(413);
    expect(await refused.text()).toContain('--max-upload');

    served.child.kill('SIGTERM');
    expect(await served.exitCode).toBe(0);
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(join(home, 'uploads'))).toEqual([]);
  });

  it('with --json prints one document', async () => {
    const served = serve(['--port', '0', '--no-open', '--json']);
    const url = await served.url();
    expect(JSON.parse(served.out())).toEqual({ url: url.href, port: Number(url.port) });
  });

  it('beyond loopback says so', async () => {
    const served = serve(['--port', '0', '--no-open', '--host', '0.0.0.0']);
    await served.url();
    await until(() => expect(served.err()).toContain('Listening on 0.0.0.0: every machine'));
  });

  it('says in one line that no browser could be opened, and goes on', async () => {
    const served = serve(['--port', '0', '--open'], { env: { PATH: scratch } });
    const url = await served.url();
    await until(() =>
      expect(served.err()).toMatch(/^No browser was opened \(.*\); open the address above\n$/),
    );
    expect((await fetch(url, { redirect: 'manual' })).status).toBe(303);
  });
});

describe('what a user asks for that cannot be', () => {
  async function busyPort(port = 0): Promise<number> {
    const other = createServer();
    other.listen(port, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    return (other.address() as AddressInfo).port;
  }

  it('a busy port is an error', async () => {
    const port = await busyPort();
    const plain = serve(['--port', String(port), '--no-open']);
    expect(await plain.exitCode).toBe(1);
    expect(plain.err()).toContain(`Port ${port} of 127.0.0.1 is in use`);
    expect(plain.out()).toBe('');
    const json = serve(['--port', String(port), '--no-open', '--json']);
    expect(await json.exitCode).toBe(1);
    expect(JSON.parse(json.out())).toMatchObject({ error: { code: 'server/port-busy', detail: { port } } });
  });

  it('a busy default port is not: the next free one is taken', async () => {
    // Whoever holds 4777 here, we or another program, it is busy.
    await busyPort(4777).catch(() => 4777);
    const served = serve(['--no-open']);
    const url = await served.url();
    expect(Number(url.port)).toBeGreaterThan(4777);
    await answering(url);
  });

  it.each([
    ['--port', 'eighty'],
    ['--port', '70000'],
    ['--port=-1'],
    ['--prot', '80'],
    ['extra'],
    ['--files', join(tmpdir(), 'there is no such folder')],
    ['--max-upload', '0'],
    ['--max-upload', '8GB'],
    ['--max-upload=-1'],
  ])('bad arguments %s %s are refused', async (...argv) => {
    const served = serve(argv);
    expect(await served.exitCode).toBe(1);
    expect(served.err()).toContain('cli/bad-argument');
    expect(served.out()).toBe('');
  });

  it('an engine or a window that is not built is named', async () => {
    const noEngine = serve(['--port', '0', '--no-open'], { engine: join(scratch, 'engine.js') });
    expect(await noEngine.exitCode).toBe(1);
    expect(noEngine.err()).toContain('server/no-engine');
    expect(noEngine.err()).toContain('npm run build');
  });
});

it('a browser is opened where it would be seen', () => {
  expect(hasDisplay('linux', {})).toBe(false);
  expect(hasDisplay('linux', { DISPLAY: ':0' })).toBe(true);
  expect(hasDisplay('linux', { WAYLAND_DISPLAY: 'wayland-0' })).toBe(true);
  expect(hasDisplay('darwin', {})).toBe(true);
  expect(hasDisplay('darwin', { SSH_CONNECTION: '1 2 3 4' })).toBe(false);
  expect(hasDisplay('win32', {})).toBe(true);
});
