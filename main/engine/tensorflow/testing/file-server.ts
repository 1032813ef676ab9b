/** A server of files on this machine that can misbehave as those of the world do. */
import { createHash } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ServedFile {
  readonly bytes: Uint8Array;
  /** Sends so many bytes of the answer, and no more until it is told to hang up. */
  readonly stopsAfter?: number;
  /** Answers whole files alone. */
  readonly ignoresRanges?: boolean;
  /** In place of its md5. */
  readonly md5?: string;
}

export interface FileServer {
  /** Ends in a slash. */
  readonly address: string;
  readonly files: Map<string, ServedFile>;
  /** Path and range of every request. */
  readonly asked: { path: string; range: string | undefined }[];
  hangUp(): void;
  close(): Promise<void>;
}

export async function serveFiles(): Promise<FileServer> {
  const files = new Map<string, ServedFile>();
  const asked: FileServer['asked'] = [];
  const server = http.createServer((request, response) => {
    const path = request.url!.slice(1);
    asked.push({ path, range: request.headers.range });
    const file = files.get(path);
    if (file === undefined) return void response.writeHead(404).end();
    const { bytes } = file;
    const etag = `"${createHash('sha1').update(bytes).digest('hex')}"`;
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const isPart = from > 0 && file.ignoresRanges !== true && request.headers['if-range'] === etag;
    if (isPart && from >= bytes.length) return void response.writeHead(416).end();
    const body = bytes.subarray(isPart ? from : 0);
    response.writeHead(isPart ? 206 : 200, {
      'content-length': body.length,
      etag,
      'x-goog-hash': `crc32c=AAAAAA==,md5=${file.md5 ?? createHash('md5').update(bytes).digest('base64')}`,
    });
    if (file.stopsAfter === undefined) return void response.end(body);
    response.flushHeaders();
    if (file.stopsAfter > 0) response.write(body.subarray(0, file.stopsAfter));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    files,
    asked,
    hangUp: () => server.closeAllConnections(),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
