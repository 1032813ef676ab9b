import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join, sep } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '#contract/rpc/contract-suite.ts';
import { portPair } from '#contract/rpc/pair.ts';
import { createGrantKey, openGrant, sealGrant } from '../../engine/checkpoints/grants.ts';
import { startServer } from './server.ts';
import type { RunningServer } from './server.ts';
import { uploadName } from './upload-name.ts';
import { Uploads } from './uploads.ts';
import type { UploadOptions } from './uploads.ts';

const token = 'test-token';
const key = createGrantKey();
const bearer = { Authorization: `Bearer ${token}` };
const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => i % 251);

let scratch: string;
let home: string;
const closing: (() => Promise<void>)[] = [];
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'fewstep-uploads-'));
  home = join(scratch, 'home');
  mkdirSync(home);
  writeFileSync(join(scratch, 'index.html'), '<!doctype html>');
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  rmSync(scratch, { recursive: true });
});

async function started(
  options: Partial<UploadOptions> = {},
): Promise<{ server: RunningServer; uploads: Uploads }> {
  const uploads = new Uploads({ home, seal: (path) => sealGrant(path, key), ...options });
  const server = await startServer({
    port: 0,
    token,
    rendererFolder: scratch,
    connect: () => portPair()[0],
    uploads,
  });
  closing.push(async () => {
    await server.close();
    await uploads.close();
  });
  return { server, uploads };
}

/** Everything below the uploads folder that is a file. */
function kept(): string[] {
  try {
    return readdirSync(join(home, 'uploads'), { recursive: true, withFileTypes: true })
      .filter((each) => each.isFile())
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

interface Answer {
  status: number;
  text: string;
}

async function answerOf(sent: ClientRequest): Promise<Answer> {
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  response.setEncoding('utf8');
  for await (const piece of response) text += piece as string;
  return { status: response.statusCode ?? 0, text };
}

function begin(
  { port }: RunningServer,
  path: string,
  headers: Record<string, string | number> = bearer,
  method = 'POST',
): ClientRequest {
  // As browsers do: an answer that comes early is read while the rest is being sent.
  const all = { Connection: 'keep-alive', ...headers };
  return httpRequest({ host: '127.0.0.1', port, path, method, headers: all, agent: false });
}

function send(
  server: RunningServer,
  path: string,
  headers: Record<string, string | number> = bearer,
  body = bytes,
) {
  const sent = begin(server, path, { 'Content-Length': body.length, ...headers });
  sent.end(body);
  return answerOf(sent);
}

describe('a file that a window sends', () => {
  it('is kept whole under its own name, and stands behind a grant that tells no path', async () => {
    const { server } = await started();
    const { status, text } = await send(server, '/files?name=DiT-XL-2%20256.pt');
    expect(status).toBe(201);
    const { grant, ...rest } = JSON.parse(text) as { grant: string };
    expect(rest).toEqual({ name: 'DiT-XL-2 256.pt', bytes: bytes.length });
    expect(text).not.toContain(scratch);
    const path = openGrant(grant, key);
    expect(path.startsWith(join(home, 'uploads') + sep)).toBe(true);
    expect(basename(path)).toBe('DiT-XL-2 256.pt');
    expect(new Uint8Array(readFileSync(path))).toEqual(bytes);
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o077).toBe(0);
    // The same name again is another file.
    const again = JSON.parse((await send(server, '/files?name=DiT-XL-2%20256.pt')).text) as { grant: string };
    expect(openGrant(again.grant, key)).not.toBe(path);
    expect(kept()).toHaveLength(2);
  });

  it('goes when the server ends', async () => {
    const { server, uploads } = await started();
    await send(server, '/files?name=a.pt');
    expect(kept()).toEqual(['a.pt']);
    await server.close();
    await uploads.close();
    expect(readdirSync(join(home, 'uploads'))).toEqual([]);
    closing.pop();
  });

  it('leaves nothing when its sender goes, and the next is taken', async () => {
    const { server } = await started();
    const sent = begin(server, '/files?name=a.pt', { ...bearer, 'Content-Length': bytes.length });
    sent.on('error', () => {});
    sent.write(bytes.subarray(0, 100_000));
    await until(() => expect(kept()).toEqual(['.part']));
    sent.destroy();
    await until(() => expect(kept()).toEqual([]));
    expect((await send(server, '/files?name=a.pt')).status).toBe(201);
  });

  it('leaves nothing when it stalls', async () => {
    const { server } = await started({ idleMs: 30 });
    const sent = begin(server, '/files?name=a.pt', { ...bearer, 'Content-Length': bytes.length });
    const failed = once(sent, 'error');
    sent.write(bytes.subarray(0, 100_000));
    await failed;
    await until(() => expect(kept()).toEqual([]));
  });

  it('leaves nothing when the server ends meanwhile', async () => {
    const { server, uploads } = await started();
    const sent = begin(server, '/files?name=a.pt', { ...bearer, 'Content-Length': bytes.length });
    const failed = once(sent, 'error');
    sent.write(bytes.subarray(0, 100_000));
    await until(() => expect(kept()).toEqual(['.part']));
    await server.close();
    await failed;
    await uploads.close();
    await until(() => expect(kept()).toEqual([]));
    closing.pop();
  });

  it('cannot be longer than it was announced', async () => {
    const { server } = await started();
    const raw = connect(server.port, '127.0.0.1');
    let answer = '';
    raw.on('data', (piece) => (answer += piece.toString()));
    raw.on('error', () => {});
    raw.write(`POST /files?name=a.pt HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n`);
    raw.write('Content-Length: 3\r\n\r\nabcdef');
    await once(raw, 'close');
    // What is beyond is no request, and ends the connection; nobody would hear of the grant.
    expect(answer).toContain('400 Bad Request');
    await until(() => expect(kept()).toEqual([]));
    expect(answer).not.toContain('grant');
  });
});

describe('what is not taken, each with a sentence', () => {
  it.each<[string, number, RegExp, string, Record<string, string | number>]>([
    ['no token', 401, /access token/, '/files?name=a.pt', {}],
    ['a wrong token', 401, /access token/, '/files?name=a.pt', { Authorization: 'Bearer wrong' }],
    ['the token in the address', 401, /access token/, `/files?name=a.pt&token=${token}`, {}],
    [
      "another site's page",
      403,
      /other sites/,
      '/files?name=a.pt',
      { ...bearer, Origin: 'https://evil.example' },
    ],
    [
      'the page of another port',
      403,
      /other sites/,
      '/files?name=a.pt',
      { ...bearer, Origin: 'http://127.0.0.1:1' },
    ],
    ['a rebound name', 403, /its own machine/, '/files?name=a.pt', { ...bearer, Host: 'evil.example' }],
    ['no name', 400, /name of the file/, '/files', bearer],
    ['an empty name', 400, /name of the file/, '/files?name=', bearer],
    ['another address', 405, /GET and HEAD/, '/upload?name=a.pt', bearer],
    ['an address below', 405, /GET and HEAD/, '/files/a.pt', bearer],
  ])('%s', async (_what, status, sentence, path, headers) => {
    const { server } = await started();
    const answer = await send(server, path, headers);
    expect(answer.status).toBe(status);
    expect(answer.text).toMatch(sentence);
    expect(kept()).toEqual([]);
  });

  it.each<[string, Record<string, string | number>, number, RegExp]>([
    ['no length', {}, 411, /Content-Length/],
    ['a length of nothing', { 'Content-Length': 0 }, 400, /empty/],
    ['a length beyond numbers', { 'Content-Length': '99999999999999999' }, 413, /beyond any file/],
    [
      'more than the cap',
      { 'Content-Length': 3 * 2 ** 20 },
      413,
      /3\.0 MiB; this server takes at most 2\.0 MiB/,
    ],
  ])('%s', async (_what, headers, status, sentence) => {
    const { server } = await started({ maxBytes: 2 * 2 ** 20 });
    const sent = begin(server, '/files?name=a.pt', { ...bearer, ...headers });
    sent.on('error', () => {});
    if (headers['Content-Length'] === 0) sent.end();
    else sent.write(new Uint8Array(1000));
    const answer = await answerOf(sent);
    sent.destroy();
    expect(answer.status).toBe(status);
    expect(answer.text).toMatch(sentence);
    expect(kept()).toEqual([]);
  });

  it('more than the disk has room for, counting what is on its way', async () => {
    const mebibyte = 2 ** 20;
    // 256 MiB of it are left to runs that are being saved.
    const { server } = await started({ freeBytes: () => Promise.resolve(266 * mebibyte) });
    const first = begin(server, '/files?name=a.pt', { ...bearer, 'Content-Length': 6 * mebibyte });
    first.on('error', () => {});
    first.write(bytes);
    await until(() => expect(kept()).toEqual(['.part']));
    const second = await send(server, '/files?name=b.pt', bearer, new Uint8Array(5 * mebibyte));
    expect(second).toMatchObject({ status: 507 });
    expect(second.text).toBe('The file has 5.0 MiB; the disk of the data folder has room for 4.0 MiB.\n');
    expect(kept()).toEqual(['.part']);
    first.destroy();
    await until(() => expect(kept()).toEqual([]));
    expect((await send(server, '/files?name=b.pt', bearer, new Uint8Array(5 * mebibyte))).status).toBe(201);
  });

  it.each([
    ['ENOSPC', 507, 'The disk of the data folder is full; nothing was kept of the file.\n'],
    ['EACCES', 500, 'The data folder cannot be written; nothing was kept of the file.\n'],
    ['EIO', 500, 'The file could not be stored (EIO).\n'],
  ])('what fails half-way with %s', async (code, status, text) => {
    let written = 0;
    const { server } = await started({
      create: (path) => {
        writeFileSync(path, 'half');
        return Promise.resolve({
          writeFile(piece) {
            written += piece.length;
            const full = Object.assign(new Error('no'), { code });
            return written > bytes.length / 2 ? Promise.reject(full) : Promise.resolve();
          },
          close: () => Promise.resolve(),
        });
      },
    });
    expect(await send(server, '/files?name=a.pt')).toEqual({ status, text });
    expect(kept()).toEqual([]);
  });

  it('a ninth at once', async () => {
    const { server } = await started();
    const open = Array.from({ length: 8 }, (_, i) => {
      const sent = begin(server, `/files?name=${i}.pt`, { ...bearer, 'Content-Length': bytes.length });
      sent.on('error', () => {});
      sent.write(bytes.subarray(0, 10));
      return sent;
    });
    await until(() => expect(kept()).toHaveLength(8));
    expect(await send(server, '/files?name=9.pt')).toMatchObject({ status: 503 });
    for (const each of open) each.destroy();
    await until(() => expect(kept()).toEqual([]));
  });

  it('other methods', async () => {
    const { server } = await started();
    for (const method of ['PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const sent = begin(server, '/files?name=a.pt', bearer, method);
      sent.end();
      expect((await answerOf(sent)).status).toBe(405);
    }
  });
});

describe('asking before', () => {
  async function ask(server: RunningServer, bytes: string, headers = bearer): Promise<Answer> {
    const sent = begin(server, `/files?bytes=${bytes}`, headers, 'GET');
    sent.end();
    return answerOf(sent);
  }

  it('says what sending would be told', async () => {
    const { server } = await started({ maxBytes: 1000 });
    expect(await ask(server, '1000')).toEqual({ status: 200, text: '{}' });
    expect(await ask(server, '1001')).toMatchObject({ status: 413 });
    expect(await ask(server, '0')).toMatchObject({ status: 400 });
    for (const asked of ['', '-1', '1e3', '1'.repeat(16)])
      expect((await ask(server, asked)).status).toBe(400);
    expect((await ask(server, '1', { Authorization: 'Bearer wrong' })).status).toBe(401);
  });

  it('a server that takes no files has nothing there', async () => {
    const server = await startServer({
      port: 0,
      token,
      rendererFolder: scratch,
      connect: () => portPair()[0],
    });
    closing.push(() => server.close());
    expect((await ask(server, '1')).status).toBe(404);
    expect((await send(server, '/files?name=a.pt')).status).toBe(405);
  });
});

describe('what was left behind', () => {
  it('by servers that are gone, or long ago, is taken away; what another server holds stays', async () => {
    // No process has this number: it is above what systems give out.
    const gone = join(home, 'uploads', '2147483646-a');
    const other = join(home, 'uploads', `${process.ppid}-b`);
    const old = join(home, 'uploads', `${process.ppid}-c`);
    const strange = join(home, 'uploads', 'notes');
    for (const folder of [gone, other, old, strange]) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'a.pt'), 'left');
    }
    const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000);
    utimesSync(old, twoDaysAgo, twoDaysAgo);
    const { uploads } = await started();
    await uploads.sweep();
    expect(readdirSync(join(home, 'uploads'))).toEqual([basename(other)]);
  });

  it('nowhere is no trouble', async () => {
    const { uploads } = await started();
    await uploads.sweep();
    expect(readdirSync(home)).toEqual([]);
  });
});

describe('the name that a file gets', () => {
  it.each([
    ['model.safetensors', 'model.safetensors'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\me\\SiT.pt', 'SiT.pt'],
    ['..', 'checkpoint'],
    ['...', 'checkpoint'],
    ['/', 'checkpoint'],
    [' .hidden.pt ', 'hidden.pt'],
    ['a\0b\n.pt', 'a_b_.pt'],
    ['exe.\u202Etp', 'exe._tp'],
    ['a:b*?.pt', 'a_b__.pt'],
    ['CON.pt', '_CON.pt'],
    ['nul', '_nul'],
    ['Zu\u0308rich.pt', 'Z\u00FCrich.pt'],
    ['模型.pt', '模型.pt'],
    [`${'a'.repeat(500)}.safetensors`, `${'a'.repeat(188)}.safetensors`],
  ])('%j is %j', (offered, name) => {
    expect(uploadName(offered)).toBe(name);
  });

  it('is never a path, hidden, empty or too long, and is kept as it is when it comes again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (offered) => {
        const name = uploadName(offered);
        expect(basename(name)).toBe(name);
        expect(name).not.toMatch(/[/\\\p{Cc}:]/u);
        expect(name).toMatch(/^[^.]/);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(201);
      }),
      { seed: 7, numRuns: 2000 },
    );
  });
});
