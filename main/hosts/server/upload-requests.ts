import type { IncomingMessage, ServerResponse } from 'node:http';
import { refuse } from './refusals.ts';
import type { Uploads } from './uploads.ts';

/**
 * What `/files` answers, to whoever may ask: `GET ?bytes=N` whether a file of that size would be taken, so
 * that nobody sends gigabytes for a no; `POST ?name=...` takes one and answers `{grant, name, bytes}`.
 */
export async function answerUploads(
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
  uploads: Uploads,
): Promise<void> {
  if (request.method === 'GET' || request.method === 'HEAD') {
    const asked = query.get('bytes') ?? '';
    if (!/^\d{1,15}$/.test(asked))
      return refuse(response, { status: 400, text: 'Expected the size of a file in ?bytes=.' });
    const refusal = await uploads.refusalFor(Number(asked));
    if (refusal !== null) return refuse(response, refusal);
    return answer(response, 200, {});
  }
  if (request.method !== 'POST') {
    response.setHeader('Allow', 'GET, HEAD, POST');
    return refuse(response, { status: 405, text: 'Only GET, HEAD and POST are answered here.' });
  }
  const name = query.get('name');
  if (name === null || name === '')
    return refuse(response, { status: 400, text: 'Expected the name of the file in ?name=.' });
  const taken = await uploads.take(request, name);
  if (!('refusal' in taken)) return answer(response, 201, taken);
  if (taken.refusal === null) response.destroy();
  else refuse(response, taken.refusal);
}

function answer(response: ServerResponse, status: 200 | 201, value: object): void {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  });
  response.end(body);
}
