import { readFile, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { CustomScheme } from 'electron';
import { securityHeaders } from '../content-policy.ts';
import { contentTypeOf, segmentsOf } from '../server/static-files.ts';

const host = 'fewstep';

/** Where the window comes from. A scheme of its own has none of the rights of `file:`. */
export const appScheme: CustomScheme = {
  scheme: 'app',
  privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
};
export const appOrigin = `${appScheme.scheme}://${host}`;
export const appUrl = `${appOrigin}/index.html`;

/** Answers requests of the app's scheme with files of `folder`, and nothing outside of it. */
export function appHandler(folder: string): (request: Request) => Promise<Response> {
  return async ({ method, url }) => {
    const { host: askedHost, pathname } = new URL(url);
    if (askedHost !== host) return refusal(404);
    if (method !== 'GET') return refusal(405, { Allow: 'GET' });
    const segments = segmentsOf(pathname);
    if (segments === null) return refusal(404);
    const path = join(folder, ...segments);
    const bytes = await readInside(folder, path);
    if (bytes === null) return refusal(404);
    return new Response(bytes, { headers: { ...securityHeaders, 'Content-Type': contentTypeOf(path) } });
  };
}

/** The file's content, or null if there is none there, or a link leads out of the folder. */
async function readInside(folder: string, path: string): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    const root = await realpath(folder);
    const real = await realpath(path);
    // Read by name: inside a packed app only whole files can be.
    return real.startsWith(root + sep) ? await readFile(real) : null;
  } catch {
    return null;
  }
}

function refusal(status: 404 | 405, headers: Record<string, string> = {}): Response {
  return new Response(
    status === 404 ? 'There is nothing at this address.\n' : 'Only GET is answered here.\n',
    {
      status,
      headers: { ...securityHeaders, ...headers, 'Content-Type': 'text/plain; charset=utf-8' },
    },
  );
}
