import { portPair } from '#contract/rpc/pair.ts';
import type { Port } from '#contract/rpc/port.ts';
import { setupExitCode } from '../engine/process-port.ts';
import { sentenceFor } from './engine-process.ts';
import type { EngineExit, EngineProcess } from './engine-process.ts';

export type EngineEvent =
  /** The engine ended by itself and will be started again. */
  | { kind: 'restarting'; exit: EngineExit; inMs: number }
  | { kind: 'restarted'; pid: number | undefined }
  /** It is not started again: it kept ending, or (`setup`) has said itself what a person must mend. */
  | { kind: 'gave-up'; exit: EngineExit; why: 'crashes' | 'setup' };

interface SupervisorOptions<Connection> {
  spawn(): EngineProcess<Connection>;
  /** A connection that is closed, for that reason. */
  absent(reason: string): Connection;
  onEvent(event: EngineEvent): void;
  /** Pause before a restart, milliseconds, given how many there were in the last 30 s. */
  backoffMs?(recentRestarts: number): number;
  /** Milliseconds of any clock. */
  now?(): number;
}

export interface SupervisedEngine<Connection = Port> {
  /** A connection to the engine of the moment; while there is none, one that is closed and says why. */
  connect(): Connection;
  /** Ends the engine for good; see {@link EngineProcess.stop}. */
  stop(timeoutMs?: number): Promise<void>;
}

const maxRestarts = 3;
const windowMs = 30_000;

/** {@link superviseProcess} for an engine that is reached over a Port. */
export function superviseEngine(options: Omit<SupervisorOptions<Port>, 'absent'>): SupervisedEngine {
  return superviseProcess({ ...options, absent: closedPort });
}

/** Keeps an engine running: started again when it ends by itself, up to 3 times in 30 s. */
export function superviseProcess<Connection>({
  spawn,
  absent,
  onEvent,
  backoffMs = (recent) => 250 * 2 ** recent,
  now = () => performance.now(),
}: SupervisorOptions<Connection>): SupervisedEngine<Connection> {
  let engine: EngineProcess<Connection> | null = null;
  let absence = '';
  let restarts: number[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isStopping = false;

  function start(): EngineProcess<Connection> {
    const started = spawn();
    engine = started;
    void started.exited.then(afterExit);
    return started;
  }

  function afterExit(exit: EngineExit): void {
    engine = null;
    absence = sentenceFor(exit);
    if (isStopping || exit.wasStopped) return;
    const time = now();
    restarts = restarts.filter((each) => time - each < windowMs);
    if (exit.code === setupExitCode || restarts.length >= maxRestarts) {
      const why = exit.code === setupExitCode ? 'setup' : 'crashes';
      absence += '; it is not started again, start Fewstep anew';
      onEvent({ kind: 'gave-up', exit, why });
      return;
    }
    const inMs = backoffMs(restarts.length);
    restarts.push(time);
    absence += '; it is being started again';
    onEvent({ kind: 'restarting', exit, inMs });
    timer = setTimeout(() => {
      onEvent({ kind: 'restarted', pid: start().pid });
    }, inMs);
  }

  start();
  return {
    connect: () => (engine === null ? absent(absence) : engine.connect()),
    async stop(timeoutMs) {
      isStopping = true;
      clearTimeout(timer);
      await engine?.stop(timeoutMs);
    },
  };
}

function closedPort(reason: string): Port {
  const [port, other] = portPair();
  other.close(reason);
  return port;
}
