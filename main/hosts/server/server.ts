import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { WorkbenchError } from '#contract/errors.ts';
import type { Port } from '#contract/rpc/port.ts';
import { portFromWebSocket } from '#contract/rpc/websocket-port.ts';
import { securityHeaders } from '../content-policy.ts';
import { Tokens, createToken, isOwnHost, isOwnOrigin } from './access.ts';
import { rawResponse, refuse } from './refusals.ts';
import type { Refusal } from './refusals.ts';
import { openStaticFile } from './static-files.ts';
import { answerUploads } from './upload-requests.ts';
import type { Uploads } from './uploads.ts';

export interface ServerOptions {
  /** Address to listen on; loopback unless a person asks for more. */
  host?: string;
  /** 0 picks a free one. */
  port: number;
  /** Secret of this server; a new random one by default. */
  token?: string;
  /** The built window: a folder with `index.html`. */
  rendererFolder: string;
  /** A new connection to the engine, for each WebSocket. */
  connect(): Port;
  /** Takes files that windows send to `/files`; where there is none, nothing is at that address. */
  uploads?: Uploads;
  /** Largest message from a window, bytes. */
  maxPayloadBytes?: number;
  /** A socket that leaves a ping unanswered for this long is dropped, milliseconds. */
  heartbeatMs?: number;
}

export interface RunningServer {
  /** Address with the token: what a person opens. */
  readonly url: string;
  readonly port: number;
  /** The same address with a token for one visit, to hand to a browser on a command line that others can list. */
  oneTimeUrl(): string;
  /** Tells every window, closes every connection, and frees the port. */
  close(): Promise<void>;
}

const maxSockets = 64;
const closingMs = 1000;
/** Whoever has its answer may go on sending what it began for so long. */
const patienceMs = 5000;

/**
 * Serves the built window over HTTP and the Workbench over a WebSocket at `/rpc`, and takes files at `/files`.
 *
 * @throws WorkbenchError `server/no-window`, `server/port-busy`, `server/port-denied` or
 *   `server/address-unavailable`, with nothing left listening
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host = '127.0.0.1', rendererFolder, token = createToken() } = options;
  if (!existsSync(join(rendererFolder, 'index.html'))) {
    throw new WorkbenchError(
      'server/no-window',
      `Expected the built window, index.html, in a folder that lacks it; build it with "npm run build": ${rendererFolder}`,
      { rendererFolder },
    );
  }
  const tokens = new Tokens(token);
  // An upload takes as long as it takes; it is given up when it stalls.
  const http = createServer({ requestTimeout: 0 }, (request, response) => {
    hangUpAfter(request, response);
    respond(request, response, { tokens, host, rendererFolder, uploads: options.uploads ?? null }).catch(
      () => {
        // The visitor left while a file was sent, or the disk failed under it: the response cannot go on.
        response.destroy();
      },
    );
  });
  await listen(http, options.port, host);
  const { port } = http.address() as AddressInfo;
  const sockets = acceptSockets(http, { ...options, tokens, host });

  const shownHost =
    host === '0.0.0.0' || host === '::' ? hostname() : host.includes(':') ? `[${host}]` : host;
  const origin = `http://${shownHost}:${port}`;
  return {
    url: `${origin}/?token=${token}`,
    port,
    oneTimeUrl: () => `${origin}/?token=${tokens.issueTicket()}`,
    async close() {
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      await sockets.close();
      http.closeAllConnections();
      await closed;
    },
  };
}

async function listen(http: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, port, host)));
    http.listen(port, host, resolve);
  });
}

function listenError(error: NodeJS.ErrnoException, port: number, host: string): WorkbenchError {
  const detail = { host, port };
  switch (error.code) {
    case 'EADDRINUSE':
      return new WorkbenchError(
        'server/port-busy',
        `Port ${port} of ${host} is in use, perhaps by another Fewstep; ` +
          `stop that program or choose another port with --port (--port 0 takes any free one)`,
        detail,
      );
    case 'EACCES':
      return new WorkbenchError(
        'server/port-denied',
        `This user may not listen on port ${port} of ${host}; choose one above 1023 with --port`,
        detail,
      );
    default:
      return new WorkbenchError(
        'server/address-unavailable',
        `Expected --host to be an address of this machine, found ${host} (${error.code ?? error.message})`,
        detail,
      );
  }
}

interface Site {
  tokens: Tokens;
  host: string;
  rendererFolder: string;
  uploads: Uploads | null;
}

/** A request that was answered before all of it had come does not keep its connection. */
function hangUpAfter(request: IncomingMessage, response: ServerResponse): void {
  response.once('finish', () => {
    if (request.complete) return;
    const timer = setTimeout(() => {
      if (!request.complete) request.destroy();
    }, patienceMs);
    request.once('close', () => clearTimeout(timer));
  });
}

async function respond(request: IncomingMessage, response: ServerResponse, site: Site): Promise<void> {
  for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
  const { path, query } = splitUrl(request.url ?? '');

  const foreign = foreignRefusal(request, site.host);
  if (foreign !== null) return refuse(response, foreign);
  if (path === '/files' && site.uploads !== null) {
    if (!site.tokens.admits(request)) return refuse(response, unauthorised);
    return await answerUploads(request, response, query, site.uploads);
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return refuse(response, { status: 405, text: 'Only GET and HEAD are answered here.' });
  }
  const offered = path === '/' ? query.get('token') : null;
  if (offered !== null && site.tokens.redeem(offered)) {
    // From here on the cookie speaks; the token stays neither in the address bar nor in the history.
    response.writeHead(303, { Location: '/', 'Set-Cookie': site.tokens.cookie, 'Cache-Control': 'no-store' });
    response.end();
    return;
  }
  if (offered !== null || !site.tokens.admits(request)) return refuse(response, unauthorised);
  if (path === '/rpc') return refuse(response, { status: 426, text: 'This address speaks WebSocket.' });

  const file = await openStaticFile(site.rendererFolder, path);
  if (file === null) return refuse(response, { status: 404, text: 'There is nothing at this address.' });
  response.writeHead(200, {
    'Content-Type': file.contentType,
    'Content-Length': file.bytes,
    'Cache-Control': file.cacheControl,
  });
  if (request.method === 'HEAD' || file.bytes === 0) {
    await file.handle.close();
    response.end();
    return;
  }
  // The end is fixed: a file that grows while it is sent must not exceed its announced length.
  await pipeline(file.handle.createReadStream({ start: 0, end: file.bytes - 1 }), response);
}

function splitUrl(url: string): { path: string; query: URLSearchParams } {
  const mark = url.indexOf('?');
  return mark < 0
    ? { path: url, query: new URLSearchParams() }
    : { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) };
}

const unauthorised: Refusal = {
  status: 401,
  text: [
    'This workbench asks for its access token.',
    '',
    'Open the address that Fewstep printed in the terminal where it was started. It looks like',
    '',
    '    http://127.0.0.1:4777/?token=…',
    '',
    'Each start has a token of its own, so addresses and bookmarks of an earlier start no longer work.',
    'A script sends the token in the header "Authorization: Bearer …".',
  ].join('\n'),
};

function foreignRefusal(request: IncomingMessage, boundHost: string): Refusal | null {
  const { host, origin } = request.headers;
  if (!isOwnHost(host, boundHost)) {
    return {
      status: 403,
      text: 'This workbench answers only under an address of its own machine, such as http://localhost.',
    };
  }
  if (!isOwnOrigin(origin, host)) {
    return { status: 403, text: 'This workbench answers only its own page, not the pages of other sites.' };
  }
  return null;
}

interface SocketSite {
  tokens: Tokens;
  host: string;
  connect(): Port;
  maxPayloadBytes?: number;
  heartbeatMs?: number;
}

function acceptSockets(http: Server, site: SocketSite): { close(): Promise<void> } {
  const { maxPayloadBytes = 64 * 2 ** 20, heartbeatMs = 30_000 } = site;
  const wss = new WebSocketServer({ noServer: true, maxPayload: maxPayloadBytes, perMessageDeflate: false });
  const ports = new Set<Port>();
  const answering = new WeakSet<WebSocket>();

  http.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', () => stream.destroy());
    const refusal = socketRefusal(request, site, wss.clients.size);
    if (refusal !== null) {
      stream.end(rawResponse(refusal));
      return;
    }
    wss.handleUpgrade(request, stream, head, (socket) => {
      answering.add(socket);
      socket.on('pong', () => answering.add(socket));
      const port = portFromWebSocket(socket);
      ports.add(port);
      port.onClose(() => ports.delete(port));
      relay(port, site.connect());
    });
  });

  const heartbeat = setInterval(() => {
    for (const socket of wss.clients) {
      if (answering.delete(socket)) socket.ping();
      else socket.terminate();
    }
  }, heartbeatMs);
  heartbeat.unref();

  return {
    async close() {
      clearInterval(heartbeat);
      for (const port of ports) port.close('The workbench server has stopped');
      const left = [...wss.clients].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
      const timer = setTimeout(() => {
        for (const socket of wss.clients) socket.terminate();
      }, closingMs);
      await Promise.all(left);
      clearTimeout(timer);
      wss.close();
    },
  };
}

function socketRefusal(request: IncomingMessage, site: SocketSite, open: number): Refusal | null {
  const foreign = foreignRefusal(request, site.host);
  if (foreign !== null) return foreign;
  if (!site.tokens.admits(request)) return unauthorised;
  if (splitUrl(request.url ?? '').path !== '/rpc')
    return { status: 404, text: 'There is nothing at this address.' };
  if (open >= maxSockets)
    return { status: 503, text: `Expected at most ${maxSockets} open windows; close one.` };
  return null;
}

/** Passes everything between a window and the engine; when one side closes, the other is told why. */
function relay(window: Port, engine: Port): void {
  forward(window, engine);
  forward(engine, window);
}

function forward(from: Port, to: Port): void {
  from.onMessage((message) => {
    try {
      to.post(message);
    } catch (error) {
      // Both sides send only what can cross every wire; one that does not is not to be served.
      from.close((error as Error).message);
    }
  });
  from.onClose((reason) => to.close(reason ?? undefined));
}
