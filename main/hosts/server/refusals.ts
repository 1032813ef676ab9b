import type { ServerResponse } from 'node:http';

/** Why a request is not answered, in a sentence for whoever sent it. */
export interface Refusal {
  status: keyof typeof statusTexts;
  text: string;
}

const statusTexts = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  411: 'Length Required',
  413: 'Content Too Large',
  426: 'Upgrade Required',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  507: 'Insufficient Storage',
} as const;

export function refuse(response: ServerResponse, { status, text }: Refusal): void {
  const body = `${text}\n`;
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    // With its length known it can be read while the rest of what was asked is still being sent.
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  });
  response.end(body);
}

/** The same on a bare connection, where there is no response to write it on. */
export function rawResponse({ status, text }: Refusal): string {
  const body = `${text}\n`;
  return [
    `HTTP/1.1 ${status} ${statusTexts[status]}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}
