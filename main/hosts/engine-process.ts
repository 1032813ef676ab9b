import { fork } from 'node:child_process';
import { openPorts } from '#contract/rpc/mux.ts';
import type { Port } from '#contract/rpc/port.ts';
import { portFromIpc } from '../engine/process-port.ts';
import type { IpcChannel } from '../engine/process-port.ts';

export interface EngineExit {
  /** Exit code; null if a signal ended it, or if it could not be started. */
  code: number | null;
  signal: string | null;
  /** True if `stop` was called before. */
  wasStopped: boolean;
}

/** @typeParam Connection  a Port, or in the desktop host what becomes one in the window */
export interface EngineProcess<Connection = Port> {
  readonly pid: number | undefined;
  /** One more connection; it closes, with the reason, when the engine ends. */
  connect(): Connection;
  readonly exited: Promise<EngineExit>;
  /**
   * Asks the engine to end and waits until it has: it saves a checkpoint first, which takes its
   * time. After `timeoutMs` (two minutes) it is killed; 0 kills it now.
   */
  stop(timeoutMs?: number): Promise<void>;
}

interface SpawnEngineOptions {
  /** The engine's entry file. */
  entry: string;
  args?: readonly string[];
  env?: NodeJS.ProcessEnv;
  onExit?(exit: EngineExit): void;
}

/** How long an engine that was asked to end may take for its checkpoint, milliseconds. */
export const patienceMs = 120_000;

/**
 * Starts an engine in a child process. What it prints goes to stderr: stdout belongs to the host's
 * own answers.
 */
export function spawnEngine({
  entry,
  args = [],
  env = process.env,
  onExit,
}: SpawnEngineOptions): EngineProcess {
  const child = fork(entry, [...args], {
    env,
    // The host's own flags (an inspector port, a test runner's loader) are not the engine's.
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  let wasStopped = false;

  const exited = new Promise<EngineExit>((resolve) => {
    child.once('exit', (code, signal) => {
      const exit = { code, signal, wasStopped };
      // What it sent before it ended is still in the channel.
      if (child.connected) child.once('disconnect', () => resolve(exit));
      else resolve(exit);
    });
    child.on('error', (error) => {
      if (child.pid !== undefined) return; // It runs: a message or signal did not reach it, `exit` will tell.
      process.stderr.write(`The engine could not be started: ${error.message}\n`);
      resolve({ code: null, signal: null, wasStopped });
    });
  });
  if (onExit !== undefined) void exited.then(onExit);

  const open = openPorts(portFromIpc(child as IpcChannel, exited.then(sentenceFor)));

  return {
    pid: child.pid,
    connect: open,
    exited,
    async stop(timeoutMs = patienceMs) {
      wasStopped = true;
      if (timeoutMs === 0) child.kill('SIGKILL');
      // On Windows SIGTERM ends a process unasked; the engine takes a closed channel as the same request.
      else if (process.platform === 'win32' && child.connected) child.disconnect();
      else child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** Why a connection to that engine is closed, for a person. */
export function sentenceFor(exit: EngineExit): string {
  if (exit.wasStopped) return 'the engine was stopped';
  if (exit.signal !== null) return `the engine ended unexpectedly (signal ${exit.signal})`;
  if (exit.code !== null) return `the engine ended unexpectedly (exit code ${exit.code})`;
  return 'the engine could not be started';
}
