import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { connect as netConnect, createServer as createNetServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { createClient } from '#contract/rpc/client.ts';
import { describeContract, until } from '#contract/rpc/contract-suite.ts';
import { portPair } from '#contract/rpc/pair.ts';
import type { Port } from '#contract/rpc/port.ts';
import { portFromWebSocket } from '#contract/rpc/websocket-port.ts';
import { isOwnHost, isOwnOrigin } from './access.ts';
import { startServer } from './server.ts';
import type { RunningServer, ServerOptions } from './server.ts';

const token = 'test-token';
const page = '<!doctype html><title>Fewstep</title>';
const script = 'export const answer = 42;\n';
const secret = 'not for visitors';

let scratch: string;
let rendererFolder: string;
let server: RunningServer;
/** The engine's ends of all connections, oldest first. */
const engines: Port[] = [];

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'fewstep-server-'));
  rendererFolder = join(scratch, 'renderer');
  mkdirSync(join(rendererFolder, 'assets'), { recursive: true });
  writeFileSync(join(rendererFolder, 'index.html'), page);
  writeFileSync(join(rendererFolder, 'assets', 'main-Ab3_x-9Z.js'), script);
  writeFileSync(join(rendererFolder, 'assets', 'logo.svg'), '<svg/>');
  writeFileSync(join(rendererFolder, 'a b%.txt'), 'spaced');
  writeFileSync(join(rendererFolder, 'empty.css'), '');
  writeFileSync(join(rendererFolder, '.hidden'), secret);
  writeFileSync(join(scratch, 'secret.txt'), secret);
  mkdirSync(join(scratch, 'renderer-old'));
  writeFileSync(join(scratch, 'renderer-old', 'secret.txt'), secret);
  symlinkSync(join(scratch, 'secret.txt'), join(rendererFolder, 'link.txt'));
  symlinkSync(scratch, join(rendererFolder, 'up'));
  server = await started();
});
afterAll(async () => {
  await server.close();
  rmSync(scratch, { recursive: true });
});

function started(options: Partial<ServerOptions> = {}): Promise<RunningServer> {
  return startServer({ port: 0, token, rendererFolder, connect: connectEngine, ...options });
}

function connectEngine(): Port {
  const [host, engine] = portPair();
  engines.push(engine);
  return host;
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** `path` goes out as it is; fetch would tidy it. */
async function get(
  path: string,
  {
    method = 'GET',
    headers = {},
    port = server.port,
  }: { method?: string; headers?: Record<string, string>; port?: number } = {},
): Promise<Answer> {
  const sent = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: false });
  sent.end();
  const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
  let body = '';
  response.setEncoding('utf8');
  for await (const chunk of response) body += chunk as string;
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}

const bearer = { Authorization: `Bearer ${token}` };

describe('the token', () => {
  it('in the address opens the door once: a cookie for this site, and no token left in the address', async () => {
    const first = await get(new URL(server.url).pathname + new URL(server.url).search);
    expect(first.status).toBe(303);
    expect(first.headers.location).toBe('/');
    expect(first.headers['cache-control']).toBe('no-store');
    const [cookie = ''] = first.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^fewstep-[0-9a-f]{8}=test-token; Path=\/; HttpOnly; SameSite=Strict$/);
    const second = await get('/', { headers: { Cookie: `other=1; ${cookie.split(';')[0]}` } });
    expect(second).toMatchObject({ status: 200, body: page });
  });

  it('is random unless given, and different each time', async () => {
    const two = await Promise.all([0, 1].map(() => started({ token: undefined })));
    const tokens = two.map(({ url }) => new URL(url).searchParams.get('token') ?? '');
    expect(new Set(tokens).size).toBe(2);
    for (const each of tokens) expect(Buffer.from(each, 'base64url')).toHaveLength(32);
    await Promise.all(two.map((each) => each.close()));
  });

  it('for one visit works once', async () => {
    const { search } = new URL(server.oneTimeUrl());
    expect(search).not.toContain(token);
    expect((await get(`/${search}`)).status).toBe(303);
    expect((await get(`/${search}`)).status).toBe(401);
  });

  it.each([
    ['none', '/', {}],
    ['a wrong one in the address', '/?token=wrong', {}],
    ['an empty one', '/?token=', {}],
    ['a longer one', `/?token=${token}x`, {}],
    ['a wrong one beside a good cookie', '/?token=wrong', { cookie: 'good' }],
    ['the right one at another path', `/assets/main-Ab3_x-9Z.js?token=${token}`, {}],
    ['a wrong bearer', '/', { Authorization: 'Bearer wrong' }],
    ['another scheme', '/', { Authorization: `Basic ${token}` }],
    ['a cookie of another name', '/', { Cookie: `fewstep=${token}` }],
    ['a wrong cookie', '/', { cookie: 'wrong' }],
  ])('%s is refused with a page that says where to find the address', async (_what, path, headers) => {
    const sent: Record<string, string> = { ...headers };
    if (sent['cookie'] !== undefined) {
      const [cookie = ''] = (await get(`/?token=${token}`)).headers['set-cookie'] ?? [];
      const name = cookie.slice(0, cookie.indexOf('='));
      sent['cookie'] = `${name}=${sent['cookie'] === 'good' ? token : 'wrong'}`;
    }
    const answer = await get(path, { headers: sent });
    expect(answer.status).toBe(401);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(answer.body).toContain('terminal');
    expect(answer.body).toContain('http://127.0.0.1:4777/?token=');
    expect(answer.body).not.toContain(token);
  });
});

describe('static files', () => {
  it.each([
    ['/', page, 'text/html; charset=utf-8', 'no-cache'],
    ['/index.html', page, 'text/html; charset=utf-8', 'no-cache'],
    ['/index.html?view=runs', page, 'text/html; charset=utf-8', 'no-cache'],
    [
      '/assets/main-Ab3_x-9Z.js',
      script,
      'text/javascript; charset=utf-8',
      'private, max-age=31536000, immutable',
    ],
    ['/assets/logo.svg', '<svg/>', 'image/svg+xml', 'no-cache'],
    ['/a%20b%25.txt', 'spaced', 'text/plain; charset=utf-8', 'no-cache'],
    ['/empty.css', '', 'text/css; charset=utf-8', 'no-cache'],
  ])('%s is served with its type and caching', async (path, body, type, cacheControl) => {
    const answer = await get(path, { headers: bearer });
    expect(answer).toMatchObject({ status: 200, body });
    expect(answer.headers).toMatchObject({
      'content-type': type,
      'cache-control': cacheControl,
      'content-length': String(Buffer.byteLength(body)),
    });
    const head = await get(path, { headers: bearer, method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, body: '' });
    expect(head.headers['content-length']).toBe(String(Buffer.byteLength(body)));
  });

  it('and refusals carry the security headers', async () => {
    for (const answer of [
      await get('/', { headers: bearer }),
      await get('/'),
      await get('/nothing', { headers: bearer }),
    ]) {
      expect(answer.headers['content-security-policy']).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; " +
          "font-src 'self'; worker-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; " +
          "frame-ancestors 'none'",
      );
      expect(answer.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
    }
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s is not answered', async (method) => {
    const answer = await get('/', { method, headers: bearer });
    expect(answer.status).toBe(405);
    expect(answer.headers['allow']).toBe('GET, HEAD');
  });

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/assets/../index.html',
    '/%2e%2e/secret.txt',
    '/%2e%2e%2fsecret.txt',
    '/..%2fsecret.txt',
    '/..%5csecret.txt',
    '/..\\secret.txt',
    '/%252e%252e/secret.txt',
    '/%c0%ae%c0%ae/secret.txt',
    '/%e0%80%ae./secret.txt',
    '/....//secret.txt',
    '/..;/secret.txt',
    '/./index.html',
    '//secret.txt',
    '//etc/passwd',
    '/assets//main-Ab3_x-9Z.js',
    '/../renderer-old/secret.txt',
    '/-old/secret.txt',
    '/.hidden',
    '/%2ehidden',
    '/link.txt',
    '/up/secret.txt',
    '/up/renderer/index.html/../../secret.txt',
    '/index.html%00.js',
    '/index.html/',
    '/index.html/x',
    '/assets',
    '/assets/',
    '/C:/Windows/win.ini',
    '/index.html::$DATA',
    '/%',
    '/%zz',
    'http://127.0.0.1/secret.txt',
    'file:///etc/passwd',
    '*',
    `/${'a/'.repeat(4000)}`,
    `/${'a'.repeat(5000)}`,
  ])('the path %s names nothing', async (path) => {
    const answer = await get(path, { headers: bearer });
    expect(answer.status).toBe(404);
    expect(answer.body).not.toContain(secret);
    expect((await get('/', { headers: bearer })).status).toBe(200);
  });
});

describe('requests of other sites', () => {
  it.each([
    'evil.example',
    'evil.example:4777',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '10.0.0.1',
    '[::2]',
    'localhost:1:2',
    'a@localhost',
  ])('a request to the host %j is refused, token or not: its name may have been rebound', async (host) => {
    const answer = await get('/', { headers: { ...bearer, Host: host } });
    // Node answers a request with no host at all itself.
    expect([400, 403]).toContain(answer.status);
    expect(answer.body).not.toContain(page);
  });

  it.each(['localhost', 'LOCALHOST:8888', '127.0.0.1:1234', '127.1.2.3', '[::1]:80'])(
    'the host %s is this machine, at whatever port a tunnel begins',
    async (host) => {
      expect((await get('/', { headers: { ...bearer, Host: host } })).status).toBe(200);
    },
  );

  it.each([
    'https://evil.example',
    'http://localhost:3000',
    'null',
    'file://',
    'http://localhost/',
    'garbage',
  ])('a request from the origin %s is refused', async (origin) => {
    const answer = await get('/', { headers: { ...bearer, Host: 'localhost:4777', Origin: origin } });
    expect(answer.status).toBe(403);
  });

  it('our own origin is served, by either scheme', async () => {
    for (const origin of ['http://localhost:4777', 'https://localhost:4777']) {
      const answer = await get('/', { headers: { ...bearer, Host: 'localhost:4777', Origin: origin } });
      expect(answer.status).toBe(200);
    }
    expect(isOwnOrigin('http://localhost', 'localhost:80')).toBe(true);
    expect(isOwnOrigin('https://localhost', 'localhost:80')).toBe(false);
  });

  it('a server beyond loopback is reached by address or by its own name, not by any name', () => {
    expect(isOwnHost('192.168.1.7:4777', '0.0.0.0')).toBe(true);
    expect(isOwnHost('[fe80::1]:4777', '::')).toBe(true);
    expect(isOwnHost('gpu-box:4777', 'gpu-box')).toBe(true);
    expect(isOwnHost('evil.example:4777', '0.0.0.0')).toBe(false);
    expect(isOwnHost('192.168.1.7:4777', '127.0.0.1')).toBe(false);
    expect(isOwnHost(undefined, '0.0.0.0')).toBe(false);
    expect(isOwnHost('', '0.0.0.0')).toBe(false);
  });
});

describe('the WebSocket', () => {
  function socketTo(headers: Record<string, string>, path = '/rpc', port = server.port): WebSocket {
    return new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
  }

  describeContract('The server', async () => {
    const known = engines.length;
    const window = portFromWebSocket(socketTo(bearer));
    await until(() => expect(engines).toHaveLength(known + 1));
    const engine = engines.at(-1) as Port;
    return { window, engine, close: () => window.close() };
  });

  it.each<[string, string, number, Record<string, string>]>([
    ['no token', '/rpc', 401, {}],
    ['a wrong token', '/rpc', 401, { Authorization: 'Bearer wrong' }],
    ['the token in the address only', `/rpc?token=${token}`, 401, {}],
    ['another path', '/other', 404, bearer],
    ["another site's origin", '/rpc', 403, { ...bearer, Origin: 'https://evil.example' }],
    ['the origin of another port', '/rpc', 403, { ...bearer, Origin: 'http://127.0.0.1:1' }],
    ['a rebound name', '/rpc', 403, { ...bearer, Host: 'evil.example' }],
  ])('with %s is refused before it opens', async (_what, path, status, headers) => {
    const known = engines.length;
    const socket = socketTo(headers, path);
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(status);
    socket.on('error', () => {});
    socket.terminate();
    expect(engines).toHaveLength(known);
  });

  it('opens with the cookie and our own origin, as the page does it', async () => {
    const [cookie = ''] = (await get(`/?token=${token}`)).headers['set-cookie'] ?? [];
    const socket = socketTo({
      Cookie: cookie.split(';')[0] ?? '',
      Origin: `http://127.0.0.1:${server.port}`,
    });
    await once(socket, 'open');
    socket.close();
    await once(socket, 'close');
  });

  it('at the plain address says what it is', async () => {
    expect((await get('/rpc', { headers: bearer })).status).toBe(426);
  });

  it('is closed on a message beyond the limit, and the engine is told', async () => {
    const small = await started({ maxPayloadBytes: 1000 });
    onTestFinished(() => small.close());
    const socket = socketTo(bearer, '/rpc', small.port);
    await once(socket, 'open');
    await until(() => expect(engines.at(-1)).toBeDefined());
    const engineClosed = new Promise((resolve) => engines.at(-1)?.onClose(resolve));
    socket.send(new Uint8Array(1001));
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).toBe(1009);
    await engineClosed;
  });

  it('that no longer answers pings is dropped', async () => {
    const impatient = await started({ heartbeatMs: 20 });
    onTestFinished(() => impatient.close());
    const lively = socketTo(bearer, '/rpc', impatient.port);
    let isLivelyClosed = false;
    lively.on('close', () => (isLivelyClosed = true));
    await once(lively, 'open');
    const dead = new WebSocket(`ws://127.0.0.1:${impatient.port}/rpc`, { headers: bearer, autoPong: false });
    await once(dead, 'open');
    const [code] = (await once(dead, 'close')) as [number];
    expect(code).toBe(1006);
    expect(isLivelyClosed).toBe(false);
  });

  it('beyond the 64th is refused', async () => {
    const own = await started();
    onTestFinished(() => own.close());
    const sockets = Array.from({ length: 64 }, () => socketTo(bearer, '/rpc', own.port));
    await Promise.all(sockets.map((socket) => once(socket, 'open')));
    const [, response] = (await once(
      socketTo(bearer, '/rpc', own.port).on('error', () => {}),
      'unexpected-response',
    )) as [{ destroy(): void }, { statusCode: number }];
    expect(response.statusCode).toBe(503);
  });

  it('closes with the reason when the engine goes, and the next one is a new connection', async () => {
    const socket = socketTo(bearer);
    await once(socket, 'open');
    const client = createClient(portFromWebSocket(socket));
    const call = client.call('engine.describe', {});
    engines.at(-1)?.close('the engine ended unexpectedly (signal SIGSEGV)');
    await expect(call).rejects.toMatchObject({
      code: 'rpc/disconnected',
      detail: { reason: 'the engine ended unexpectedly (signal SIGSEGV)' },
    });
    const known = engines.length;
    const again = socketTo(bearer);
    await once(again, 'open');
    expect(engines).toHaveLength(known + 1);
    again.close();
    await once(again, 'close');
  });

  it('survives garbage on the bare connection', async () => {
    for (const bytes of [
      '\0\0\0',
      'GET / HTTP/1.1\r\n\r\n',
      'GET /rpc HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\r\n',
    ]) {
      const raw = netConnect(server.port, '127.0.0.1');
      raw.end(bytes);
      raw.resume();
      raw.on('error', () => {});
      await once(raw, 'close');
    }
    expect((await get('/', { headers: bearer })).status).toBe(200);
  });
});

describe('starting and closing', () => {
  it('on a busy port is an error that names it and what to do', async () => {
    const other = createNetServer();
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const error = await started({ port }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'server/port-busy', detail: { host: '127.0.0.1', port } });
    expect((error as Error).message).toContain(`Port ${port} of 127.0.0.1 is in use`);
    expect((error as Error).message).toContain('--port');
  });

  it('on an address that is not ours is an error that names it', async () => {
    // TEST-NET-1 of RFC 5737: no machine has it.
    await expect(started({ host: '192.0.2.1' })).rejects.toMatchObject({
      code: 'server/address-unavailable',
    });
  });

  it('without a built window is an error that says how to build it', async () => {
    await expect(started({ rendererFolder: scratch })).rejects.toMatchObject({
      code: 'server/no-window',
      message: expect.stringContaining('npm run build') as string,
    });
  });

  it('closing tells the windows, frees the port, and can be followed by a new start', async () => {
    const first = await started();
    const socket = new WebSocket(`ws://127.0.0.1:${first.port}/rpc`, { headers: bearer });
    await once(socket, 'open');
    const closed = once(socket, 'close') as Promise<[number, Buffer]>;
    const engineClosed = new Promise((resolve) => engines.at(-1)?.onClose(resolve));
    await first.close();
    expect((await closed)[1].toString()).toBe('The workbench server has stopped');
    await engineClosed;
    const second = await started({ port: first.port });
    expect((await get('/', { headers: bearer, port: second.port })).status).toBe(200);
    await second.close();
  });
});
