import { EventEmitter, once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { expect, it, vi } from 'vitest';
import { describeContract, until } from './contract-suite.ts';
import type { Wire } from './contract-suite.ts';
import { portFromMessagePort, portFromPromise } from './message-port.ts';
import type { MessagePortLike } from './message-port.ts';
import { portPair } from './pair.ts';
import type { Port } from './port.ts';

/** The shape of Electron's MessagePortMain: an emitter whose messages are events with `data`. */
class EmittingPort extends EventEmitter {
  readonly #port: MessagePort;

  constructor(port: MessagePort) {
    super();
    this.#port = port;
    port.addEventListener('close', () => this.emit('close'));
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

function domChannel(): [MessagePortLike, MessagePortLike] {
  const { port1, port2 } = new MessageChannel();
  return [port1, port2];
}

/** As in the desktop: a page on one side, a utility process on the other. */
function mixedChannel(): [MessagePortLike, MessagePortLike] {
  const { port1, port2 } = new MessageChannel();
  return [port1, new EmittingPort(port2)];
}

const channels = { 'A MessagePort': domChannel, "A MessagePort facing Electron's": mixedChannel };

function wire([left, right]: [MessagePortLike, MessagePortLike]): Wire {
  return { window: portFromMessagePort(left), engine: portFromMessagePort(right), close: () => {} };
}

for (const [name, open] of Object.entries(channels)) describeContract(name, () => wire(open()));
describeContract('A port that is still on its way', () => {
  const { window, engine, close } = wire(domChannel());
  return { window: portFromPromise(Promise.resolve(window)), engine, close };
});

function closeOf(port: Port): Promise<string | null> {
  return new Promise((resolve) => port.onClose(resolve));
}

it.each(Object.entries(channels))(
  '%s: what was sent before the close arrives, then the reason',
  async (_name, open) => {
    for (const turned of [false, true]) {
      const { window, engine } = wire(open());
      const [from, to] = turned ? [engine, window] : [window, engine];
      const log: unknown[] = [];
      to.onMessage((message) => log.push(message));
      to.onClose((reason) => log.push(reason));
      for (let i = 0; i < 20; i++) from.post(i);
      from.close('done here');
      await until(() => expect(log).toEqual([...Array.from({ length: 20 }, (_, i) => i), 'done here']));
      expect(await closeOf(from)).toBe('done here');
    }
  },
);

it.each(Object.entries(channels))('%s: an end without a word closes the port too', async (_name, open) => {
  const [left, right] = open();
  const port = portFromMessagePort(right);
  left.start();
  left.close();
  expect(await closeOf(port)).toBeNull();
});

it('the reason may come by another way, before or after the end of the channel', async () => {
  for (const isLate of [false, true]) {
    const { port1, port2 } = new MessageChannel();
    let tell: (reason: string) => void = () => {};
    const port = portFromMessagePort(port1, new Promise((resolve) => (tell = resolve)));
    const heard = vi.fn();
    port.onClose(heard);
    if (!isLate) tell('it was killed');
    port2.close();
    await once(port1, 'close');
    if (isLate) {
      expect(heard).not.toHaveBeenCalled();
      tell('it was killed');
    }
    await until(() => expect(heard).toHaveBeenCalledExactlyOnceWith('it was killed'));
  }
});

it('an end for which no reason comes closes the port in the end', async () => {
  const { port1, port2 } = new MessageChannel();
  const port = portFromMessagePort(port1, new Promise(() => {}));
  port2.close();
  expect(await closeOf(port)).toBeNull();
});

it('typed arrays arrive exact-size, whatever they were a view of', async () => {
  const { window, engine } = wire(domChannel());
  const heard = new Promise<unknown>((resolve) => engine.onMessage(resolve));
  window.post({ values: new Float32Array(1000).subarray(10, 14) });
  const { values } = (await heard) as { values: Float32Array };
  expect(values).toHaveLength(4);
  expect(values.buffer.byteLength).toBe(16);
});

it('what is no envelope is not for us, and what may not cross closes the port', async () => {
  const { port1, port2 } = new MessageChannel();
  const port = portFromMessagePort(port1);
  const heard = vi.fn();
  port.onMessage(heard);
  for (const noise of [null, 7, 'hello', {}, { bye: 7 }]) port2.postMessage(noise);
  port2.postMessage({ message: 'ours' });
  await until(() => expect(heard).toHaveBeenCalledExactlyOnceWith('ours'));
  port2.postMessage({ message: { when: new Date() } });
  expect(await closeOf(port)).toContain('when cannot be sent');
});

it('a port that never comes closes with the reason, and one that comes too late is closed', async () => {
  const never = portFromPromise(Promise.reject(new Error('nobody there')));
  never.post('nobody hears');
  expect(await closeOf(never)).toBe('nobody there');

  const [here, there] = portPair();
  let arrive: (port: Port) => void = () => {};
  const late = portFromPromise(new Promise((resolve) => (arrive = resolve)));
  late.close('left');
  arrive(here);
  expect(await closeOf(late)).toBe('left');
  await closeOf(there);
});

it('what is posted to a port on its way is refused at once, or sent in order', async () => {
  const [here, there] = portPair();
  const heard: unknown[] = [];
  there.onMessage((message) => heard.push(message));
  let arrive: (port: Port) => void = () => {};
  const coming = portFromPromise(new Promise((resolve) => (arrive = resolve)));
  expect(() => coming.post({ run: () => {} })).toThrow(/run cannot be sent/);
  coming.post(1);
  coming.post(2);
  arrive(here);
  await until(() => expect(heard).toEqual([1, 2]));
});
