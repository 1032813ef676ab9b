/** utilityProcess: a child process of Node's whose `process.parentPort` is made by parent-port.ts. */
import { fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { constants } from 'node:os';
import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { app } from './app.ts';
import { hub, transferred } from './ports.ts';
import type { Holder } from './ports.ts';

/** What travels between the two processes. */
export type Down =
  | { kind: 'message'; data: unknown; ports: readonly number[] }
  | { kind: 'port message'; id: number; data: unknown; ports: readonly number[] }
  | { kind: 'port ended'; id: number };
export type Up =
  | { kind: 'message'; data: unknown }
  | { kind: 'post'; id: number; data: unknown; ports: readonly number[] }
  | { kind: 'close'; id: number };

interface ForkOptions {
  serviceName?: string;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  stdio?: readonly ('ignore' | 'pipe' | 'inherit')[];
}

const parentPort = fileURLToPath(new URL('./parent-port.ts', import.meta.url));

class UtilityProcess extends EventEmitter implements Holder {
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  readonly #child: ChildProcess;

  constructor(modulePath: string, args: readonly string[], { serviceName, stdio, env, cwd }: ForkOptions) {
    super();
    const [, out = 'inherit', err = 'inherit'] = stdio ?? [];
    this.#child = fork(modulePath, args, {
      execArgv: ['--import', parentPort],
      serialization: 'advanced',
      ...(env === undefined ? {} : { env }),
      ...(cwd === undefined ? {} : { cwd }),
      stdio: ['ignore', out, err, 'ipc'],
    });
    this.stdout = this.#child.stdout;
    this.stderr = this.#child.stderr;
    this.#child.on('spawn', () => this.emit('spawn'));
    this.#child.on('message', (message) => this.#receive(message as Up));
    this.#child.on('exit', (code, signal) => {
      const exitCode = code ?? constants.signals[signal ?? 'SIGKILL'];
      hub.lose(this);
      if (exitCode !== 0) {
        const reason = signal === null ? 'abnormal-exit' : 'killed';
        app.emit('child-process-gone', {}, { type: 'Utility', name: serviceName, reason, exitCode });
      }
      this.emit('exit', exitCode);
    });
    app.addProcess(this.#child, serviceName ?? 'Node Utility Process');
  }

  get pid(): number | undefined {
    return this.#child.exitCode === null && this.#child.signalCode === null ? this.#child.pid : undefined;
  }

  postMessage(data: unknown, transfer: readonly unknown[] = []): void {
    const ports = transferred(transfer);
    for (const id of ports) hub.release(id);
    this.#send({ kind: 'message', data, ports });
    for (const id of ports) hub.hold(id, this);
  }

  kill(): boolean {
    return this.#child.kill('SIGTERM');
  }

  deliver(id: number, data: unknown, ports: readonly number[]): void {
    this.#send({ kind: 'port message', id, data, ports });
    for (const each of ports) hub.hold(each, this);
  }

  ended(id: number): void {
    this.#send({ kind: 'port ended', id });
  }

  #send(message: Down): void {
    // What is sent to a process that ends meanwhile is lost, as Electron loses it.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #receive(message: Up): void {
    if (message.kind === 'message') this.emit('message', message.data);
    else if (message.kind === 'post') hub.post(message.id, message.data, message.ports);
    else hub.close(message.id);
  }
}

export const utilityProcess = {
  fork(modulePath: string, args: readonly string[] = [], options: ForkOptions = {}): UtilityProcess {
    if (!app.isReady()) throw new Error('utilityProcess cannot be used before app is ready');
    return new UtilityProcess(modulePath, args, options);
  },
};
