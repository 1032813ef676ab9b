/** What Electron makes, as far as the host uses it. */
import { EventEmitter } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { onTestFinished, vi } from 'vitest';

/** MessagePortMain as far as the host uses it, on a port of Node's. */
export class FakePort extends EventEmitter {
  readonly #port: MessagePort;
  constructor(port: MessagePort) {
    super();
    this.#port = port;
    port.on('close', () => this.emit('close'));
    onTestFinished(() => port.close());
  }
  start(): void {
    this.#port.on('message', (data: unknown) => this.emit('message', { data }));
  }
  postMessage(message: unknown): void {
    this.#port.postMessage(message);
  }
  close(): void {
    this.#port.close();
  }
}

export class FakeChannel {
  readonly port1: FakePort;
  readonly port2: FakePort;
  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.port1 = new FakePort(port1);
    this.port2 = new FakePort(port2);
  }
}

/** A utility process that does nothing by itself. */
export class FakeChild extends EventEmitter {
  pid: number | undefined = undefined;
  readonly stdout = new EventEmitter();
  readonly stderr = new EventEmitter();
  readonly postMessage = vi.fn<(message: unknown, ports: unknown[]) => void>();
  readonly kill = vi.fn(() => true);
}
