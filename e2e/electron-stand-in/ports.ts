/** Message channels whose ends may be in any process: MessagePortMain, and the hub that connects them. */
import { EventEmitter } from 'node:events';

/** A process or page that has ports. */
export interface Holder {
  deliver(id: number, data: unknown, ports: readonly number[]): void;
  /** The other end of that port is gone. */
  ended(id: number): void;
}

interface End {
  readonly peer: number;
  /** Null while the port is on its way to whoever will hold it. */
  holder: Holder | null;
  waiting: { data: unknown; ports: readonly number[] }[];
  isOpen: boolean;
}

/** Knows where every port of the app is. It lives in the main process. */
class Hub {
  readonly #ends = new Map<number, End>();
  #next = 0;

  create(): [number, number] {
    const [left, right] = [this.#next++, this.#next++];
    for (const [id, peer] of [
      [left, right],
      [right, left],
    ] as const) {
      this.#ends.set(id, { peer, holder: null, waiting: [], isOpen: true });
    }
    return [left, right];
  }

  hold(id: number, holder: Holder): void {
    const end = this.#end(id);
    end.holder = holder;
    for (const { data, ports } of end.waiting.splice(0)) holder.deliver(id, data, ports);
    if (!this.#end(end.peer).isOpen) holder.ended(id);
  }

  /** The port leaves its holder; messages wait for the next. */
  release(id: number): void {
    this.#end(id).holder = null;
  }

  post(id: number, data: unknown, ports: readonly number[]): void {
    const end = this.#end(id);
    const peer = this.#end(end.peer);
    if (!end.isOpen || !peer.isOpen) return;
    if (peer.holder === null) peer.waiting.push({ data, ports });
    else peer.holder.deliver(end.peer, data, ports);
  }

  close(id: number): void {
    const end = this.#end(id);
    if (!end.isOpen) return;
    end.isOpen = false;
    const peer = this.#end(end.peer);
    if (peer.isOpen) peer.holder?.ended(end.peer);
  }

  /** A process or page ended: so do its ports. */
  lose(holder: Holder): void {
    for (const [id, end] of this.#ends) if (end.holder === holder) this.close(id);
  }

  #end(id: number): End {
    const end = this.#ends.get(id);
    if (end === undefined) throw new Error(`There is no port ${id}`);
    return end;
  }
}

/** What a MessagePortMain needs of the process it is in. */
export interface PortLink {
  post(id: number, data: unknown, ports: readonly number[]): void;
  close(id: number): void;
}

export class MessagePortMain extends EventEmitter {
  readonly id: number;
  readonly #link: PortLink;
  #isStarted = false;
  #early: { data: unknown; ports: MessagePortMain[] }[] = [];
  #isEnded = false;

  constructor(id: number, link: PortLink) {
    super();
    this.id = id;
    this.#link = link;
  }

  start(): void {
    this.#isStarted = true;
    for (const message of this.#early.splice(0)) this.emit('message', message);
  }

  postMessage(data: unknown, transfer: readonly MessagePortMain[] = []): void {
    this.#link.post(this.id, structuredClone(data), transferred(transfer));
  }

  close(): void {
    this.#link.close(this.id);
    this.end();
  }

  /** @internal */
  receive(data: unknown, ports: MessagePortMain[]): void {
    if (this.#isStarted) this.emit('message', { data, ports });
    else this.#early.push({ data, ports });
  }

  /** @internal Electron tells both ends, the closing one too. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    setImmediate(() => this.emit('close'));
  }
}

/** As in Electron, only ports can be transferred. */
export function transferred(transfer: readonly unknown[]): number[] {
  return transfer.map((each, index) => {
    if (each instanceof MessagePortMain) return each.id;
    throw new TypeError(`Port at index ${index} is not a valid port`);
  });
}

/** The ports that are in one process, by their numbers. */
export class PortTable implements Holder {
  readonly #ports = new Map<number, MessagePortMain>();
  readonly #link: PortLink;

  constructor(link: PortLink) {
    this.#link = link;
  }

  take(id: number): MessagePortMain {
    const port = new MessagePortMain(id, this.#link);
    this.#ports.set(id, port);
    return port;
  }

  deliver(id: number, data: unknown, ports: readonly number[]): void {
    this.#ports.get(id)?.receive(
      data,
      ports.map((each) => this.take(each)),
    );
  }

  ended(id: number): void {
    this.#ports.get(id)?.end();
  }
}

export const hub = new Hub();
/** The ports of the main process. */
const mainPorts = new PortTable(hub);

export class MessageChannelMain {
  readonly port1: MessagePortMain;
  readonly port2: MessagePortMain;

  constructor() {
    const [port1, port2] = hub.create().map((id) => {
      const port = mainPorts.take(id);
      hub.hold(id, mainPorts);
      return port;
    });
    if (port1 === undefined || port2 === undefined) throw new Error('A channel has two ends');
    this.port1 = port1;
    this.port2 = port2;
  }
}
