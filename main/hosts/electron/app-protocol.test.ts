import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentSecurityPolicy } from '../content-policy.ts';
import { appHandler, appOrigin, appUrl } from './app-protocol.ts';

const secret = 'not for the window';
let outer: string;
let handle: (request: Request) => Promise<Response>;

beforeAll(() => {
  outer = mkdtempSync(join(tmpdir(), 'fewstep-app-'));
  const folder = join(outer, 'renderer');
  mkdirSync(join(folder, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  writeFileSync(join(folder, 'assets', 'main.js'), 'export {};');
  writeFileSync(join(folder, '.hidden'), secret);
  writeFileSync(join(outer, 'secret.txt'), secret);
  symlinkSync(join(outer, 'secret.txt'), join(folder, 'link.txt'));
  symlinkSync(outer, join(folder, 'up'));
  handle = appHandler(folder);
});

afterAll(() => rmSync(outer, { recursive: true }));

const get = (url: string): Promise<Response> => handle(new Request(url));

describe('the app scheme', () => {
  it.each([
    [appUrl, 'text/html; charset=utf-8', '<!doctype html>'],
    [`${appUrl}?query#fragment`, 'text/html; charset=utf-8', '<!doctype html>'],
    [`${appOrigin}/assets/main.js`, 'text/javascript; charset=utf-8', 'export {};'],
  ])('serves %s with the policy and its type', async (url, type, text) => {
    const response = await get(url);
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe(type);
    expect(response.headers.get('Content-Security-Policy')).toBe(contentSecurityPolicy);
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(await response.text()).toBe(text);
  });

  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/..%5csecret.txt',
    '/%252e%252e%252fsecret.txt',
    '/link.txt',
    '/up/secret.txt',
    '/.hidden',
    '/assets',
    '/',
    '//index.html',
    '/index.html%00',
    '/%zz',
    '/absent.js',
  ])('has nothing at %s', async (path) => {
    const response = await get(`${appOrigin}${path}`);
    expect(response.status).toBe(404);
    expect(await response.text()).not.toContain(secret);
    expect(response.headers.get('Content-Security-Policy')).toBe(contentSecurityPolicy);
  });

  it('answers for its own host alone', async () => {
    for (const url of [
      'app://other/index.html',
      'app://fewstep.example/index.html',
      'app://fewstep:1/index.html',
    ]) {
      expect((await get(url)).status).toBe(404);
    }
  });

  it.each(['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'])('does not answer %s', async (method) => {
    const response = await handle(new Request(appUrl, { method }));
    expect(response.status).toBe(405);
    expect(response.headers.get('Allow')).toBe('GET');
  });

  it('never leaves its folder, whatever the path', async () => {
    const part = fc.constantFrom(
      '..',
      '.',
      '%2e%2e',
      '%2f',
      '/',
      '\\',
      '%5c',
      'secret.txt',
      'up',
      'assets',
      '%00',
      'C:',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 10 }), fc.boolean(), async (parts, hasSlashes) => {
        const response = await get(`${appOrigin}/${parts.join(hasSlashes ? '/' : '')}`);
        expect(await response.text()).not.toContain(secret);
      }),
      { seed: 4, numRuns: 300 },
    );
  });
});
