import type { EngineDescription } from '#contract/catalog.ts';
import { WorkbenchError } from '#contract/errors.ts';
import { createClient } from '#contract/rpc/client.ts';
import type { Port } from '#contract/rpc/port.ts';
import type { CallInput, CallName, CallOutput, CancelSignal, WorkbenchClient } from '#contract/workbench.ts';

/** Opens a wire to the engine. */
export type OpenPort = () => Port;

export type ConnectionStatus = 'connecting' | 'connected' | 'disconnected';

const firstDelayMs = 500;
const longestDelayMs = 8000;

/** Seconds-long waits that double: 0.5, 1, 2, 4, 8, 8, ... */
export function retryDelayMs(failures: number): number {
  return Math.min(longestDelayMs, firstDelayMs * 2 ** Math.max(0, failures - 1));
}

/**
 * The wire to the engine. It opens a port, and opens another when that one is lost; every stream in
 * the window follows `client`, so a new client subscribes all of them again.
 */
export class Connection {
  status = $state<ConnectionStatus>('connecting');
  /** Null while there is nobody to talk to. */
  client = $state.raw<WorkbenchClient | null>(null);
  /** The engine as it described itself last; it stays shown while disconnected. */
  engine = $state.raw<EngineDescription | null>(null);
  /** Why the last attempt or connection ended. */
  lostBecause = $state<string | null>(null);

  readonly #open: OpenPort;
  #port: Port | null = null;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  constructor(open: OpenPort) {
    this.#open = open;
  }

  /** Connects, and stays connected until the returned function is called. */
  start(): () => void {
    this.#isStopped = false;
    this.#connect();
    return () => {
      this.#isStopped = true;
      clearTimeout(this.#timer);
      this.#port?.close();
    };
  }

  retryNow(): void {
    if (this.status !== 'disconnected') return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  /**
   * One call of the workbench.
   *
   * @throws WorkbenchError the engine's, or `rpc/disconnected`
   */
  async call<K extends CallName>(
    name: K,
    input: CallInput<K>,
    signal?: CancelSignal,
  ): Promise<CallOutput<K>> {
    if (this.client === null) {
      throw new WorkbenchError('rpc/disconnected', 'The engine is not connected; try again when it is back');
    }
    return this.client.call(name, input, signal);
  }

  #connect(): void {
    this.status = this.#failures === 0 ? 'connecting' : 'disconnected';
    const port = this.#open();
    this.#port = port;
    const client = createClient(port);
    port.onClose((reason) => this.#lost(port, reason));
    client.call('engine.describe', {}).then(
      (engine) => {
        if (this.#port !== port) return;
        this.#failures = 0;
        this.lostBecause = null;
        this.engine = engine;
        this.client = client;
        this.status = 'connected';
      },
      (error: unknown) => {
        if (this.#port !== port) return;
        port.close(error instanceof Error ? error.message : String(error));
      },
    );
  }

  #lost(port: Port, reason: string | null): void {
    if (this.#port !== port) return;
    this.#port = null;
    this.client = null;
    this.status = 'disconnected';
    this.lostBecause = reason;
    this.#failures += 1;
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => this.#connect(), retryDelayMs(this.#failures));
  }
}
