import type { MessageChannelMain, MessagePortMain, UtilityProcess, utilityProcess } from 'electron';
import { GRANT_KEY_VARIABLE } from '../../engine/checkpoints/grants.ts';
import type { DesktopOrder } from '../../engine/process-port.ts';
import { Readers } from './readers.ts';
import { patienceMs, sentenceFor } from '../engine-process.ts';
import type { EngineExit, EngineProcess } from '../engine-process.ts';

/** One connection to the engine, for a window. */
export interface EngineWire {
  /** Leads straight to the engine's process: this one carries nothing of what is said on it. */
  readonly wire: MessagePortMain;
  /** Brings one sentence, why the engine ended, if it does. */
  readonly fate: MessagePortMain;
}

const engineServiceName = 'Fewstep engine';

/** The part of Electron that this file uses. */
interface Electron {
  utilityProcess: Pick<typeof utilityProcess, 'fork'>;
  MessageChannelMain: typeof MessageChannelMain;
}

interface ForkEngineOptions {
  /** The engine's entry file. */
  entry: string;
  args: readonly string[];
  /** The entry file of what reads checkpoints, one process for each request of the engine. */
  readerEntry: string;
  /** Opens what the host granted; for the engine alone. */
  grantKey: string;
  /** What the engine prints, piece by piece. */
  onOutput(text: string): void;
}

/**
 * Starts an engine in a utility process.
 *
 * @throws if called before the app is ready
 */
export function forkEngine(
  electron: Electron,
  { entry, args, readerEntry, grantKey, onOutput }: ForkEngineOptions,
): EngineProcess<EngineWire> {
  const { utilityProcess, MessageChannelMain } = electron;
  const child = utilityProcess.fork(entry, [...args], {
    serviceName: engineServiceName,
    env: { ...process.env, [GRANT_KEY_VARIABLE]: grantKey },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (piece: Uint8Array | string) => onOutput(piece.toString()));
  }
  const readers = new Readers(electron, readerEntry, child);
  child.on('message', (message: unknown) => readers.take(message));
  let wasStopped = false;
  const fates = new Set<MessagePortMain>();
  const exited = new Promise<EngineExit>((resolve) => {
    child.once('exit', (code) => resolve({ code, signal: null, wasStopped }));
  });
  void exited.then((exit) => {
    readers.endAll();
    for (const fate of fates) fate.postMessage(sentenceFor(exit));
    fates.clear();
  });

  function order(what: DesktopOrder, ports: MessagePortMain[] = []): void {
    child.postMessage(what, ports);
  }

  return {
    get pid() {
      return child.pid;
    },
    connect() {
      const wire = new MessageChannelMain();
      order('connect', [wire.port1]);
      const fate = new MessageChannelMain();
      fates.add(fate.port1);
      // The window has gone, or has another wire by now.
      fate.port1.on('close', () => fates.delete(fate.port1));
      fate.port1.start();
      return { wire: wire.port2, fate: fate.port2 };
    },
    exited,
    async stop(timeoutMs = patienceMs) {
      wasStopped = true;
      if (timeoutMs === 0) killNow(child);
      else order('stop');
      const timer = setTimeout(() => killNow(child), timeoutMs);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** A connection that says at once why there is no engine. */
export function absentWire(
  { MessageChannelMain }: Pick<Electron, 'MessageChannelMain'>,
  reason: string,
): EngineWire {
  const fate = new MessageChannelMain();
  fate.port1.postMessage(reason);
  return { wire: new MessageChannelMain().port2, fate: fate.port2 };
}

/** `kill` of a utility process asks on some systems; the engine takes that as a request to save. */
function killNow(child: UtilityProcess): void {
  if (child.pid === undefined) child.kill();
  else process.kill(child.pid, 'SIGKILL');
}
