import { expect, it, vi } from 'vitest';
import { WebSocketServer, WebSocket as NodeSocket } from 'ws';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { describeContract, until } from './contract-suite.ts';
import type { Wire } from './contract-suite.ts';
import type { Port } from './port.ts';
import { portFromWebSocket } from './websocket-port.ts';

async function listening(): Promise<{ server: WebSocketServer; url: string }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** `socketClass` is the window's: Node's own WebSocket has the browser's interface. */
async function socketWire(socketClass: typeof WebSocket | typeof NodeSocket): Promise<Wire> {
  const { server, url } = await listening();
  const accepted = once(server, 'connection') as Promise<[NodeSocket]>;
  const window = portFromWebSocket(new socketClass(url) as WebSocket);
  const [socket] = await accepted;
  return {
    window,
    engine: portFromWebSocket(socket),
    close: () => {
      for (const each of server.clients) each.terminate();
      server.close();
    },
  };
}

describeContract('A WebSocket from ws', () => socketWire(NodeSocket));
describeContract("A WebSocket with the browser's interface", () => socketWire(WebSocket));

it('what is posted before the socket is open is sent when it is, in order', async () => {
  const { server, url } = await listening();
  const heard: unknown[] = [];
  server.on('connection', (socket) => portFromWebSocket(socket).onMessage((message) => heard.push(message)));
  const window = portFromWebSocket(new NodeSocket(url));
  window.post(1);
  window.post({ values: new Float32Array([2]) });
  await until(() => expect(heard).toEqual([1, { values: new Float32Array([2]) }]));
  window.close();
  server.close();
});

it('a refused connection closes the port with the reason', async () => {
  const { server, url } = await listening();
  server.close();
  const reason = await closeOf(portFromWebSocket(new NodeSocket(url)));
  expect(reason).toContain('ECONNREFUSED');
});

it.each([
  ['text', 'hello'],
  ['bytes of another format', new Uint8Array(32)],
])('a message of %s closes the port on both sides', async (_what, data) => {
  const { server, url } = await listening();
  const raw = new NodeSocket(url);
  const [socket] = (await once(server, 'connection')) as [NodeSocket];
  const engine = portFromWebSocket(socket);
  const heard = vi.fn();
  engine.onMessage(heard);
  if (raw.readyState !== NodeSocket.OPEN) await once(raw, 'open');
  raw.send(data);
  const [, reason] = (await once(raw, 'close')) as [number, Buffer];
  expect(reason.toString()).toMatch(/binary/);
  expect(await closeOf(engine)).toMatch(/binary/);
  expect(heard).not.toHaveBeenCalled();
  server.close();
});

it('a long reason in any script is cut to what a close frame carries', async () => {
  for (const reason of ['x'.repeat(500), '漂'.repeat(100), '🙂'.repeat(60)]) {
    const { window, engine, close } = await socketWire(NodeSocket);
    engine.close(reason);
    const told = await closeOf(window);
    expect(told?.endsWith('…')).toBe(true);
    expect(reason.startsWith(told?.slice(0, -1) ?? '-')).toBe(true);
    expect(new TextEncoder().encode(told ?? '').length).toBeLessThanOrEqual(123);
    await close();
  }
});

function closeOf(port: Port): Promise<string | null> {
  return new Promise((resolve) => port.onClose(resolve));
}
