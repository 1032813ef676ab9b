import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WorkbenchError, wireErrorFrom } from '#contract/errors.ts';
import { createGrantKey, GRANT_KEY_VARIABLE, sealGrant } from '../../engine/checkpoints/grants.ts';
import { resolveHome } from '../../store/home.ts';
import { sentenceFor, spawnEngine } from '../engine-process.ts';
import { superviseEngine } from '../engine-supervisor.ts';
import type { EngineEvent, SupervisedEngine } from '../engine-supervisor.ts';
import { isLoopback } from './access.ts';
import { openBrowser } from './browser.ts';
import { defaultPort, parseFlags, usage } from './flags.ts';
import type { ServeFlags } from './flags.ts';
import { startServer } from './server.ts';
import type { RunningServer, ServerOptions } from './server.ts';
import { Uploads } from './uploads.ts';

/** Ports tried above the default one before any free one is taken. */
const portsTried = 20;
/** One Ctrl-C arrives twice under npm, which passes on what the terminal has sent to all already. */
const echoMs = 1000;

/** Where the built parts are; for tests, and for hosts that keep them elsewhere. */
interface ServeParts {
  engineEntry: string;
  rendererFolder: string;
}

/**
 * `fewstep serve`: the engine in a child process and the workbench in the browser, until SIGINT,
 * SIGTERM or SIGHUP; a second signal leaves without waiting for the checkpoint.
 *
 * @param argv  what follows `serve` on the command line
 * @returns the exit code, after what went wrong has been said
 */
export async function runServe(argv: readonly string[], parts: ServeParts = builtParts()): Promise<number> {
  let json = argv.includes('--json');
  try {
    if (argv.includes('--help')) {
      process.stdout.write(`${usage}\n`);
      return 0;
    }
    const flags = parseFlags(argv);
    json = flags.json;
    return await serveUntilStopped(flags, parts);
  } catch (error) {
    const wire = wireErrorFrom(error);
    if (json) process.stdout.write(`${JSON.stringify({ error: wire })}\n`);
    else say(`${wire.message} (${wire.code})`);
    return 1;
  }
}

async function serveUntilStopped(flags: ServeFlags, parts: ServeParts): Promise<number> {
  if (!existsSync(parts.engineEntry)) {
    throw new WorkbenchError(
      'server/no-engine',
      `Expected the built engine in a file that does not exist; build it with "npm run build": ${parts.engineEntry}`,
    );
  }
  const signals = watchSignals();
  try {
    return await serveUntil(signals, flags, parts);
  } finally {
    signals.release();
  }
}

async function serveUntil(signals: Signals, flags: ServeFlags, parts: ServeParts): Promise<number> {
  let engine: SupervisedEngine | null = null;
  function running(): SupervisedEngine {
    if (engine === null) throw new Error('The engine is spawned in the turn in which the server starts');
    return engine;
  }
  const grantKey = createGrantKey();
  const uploads = new Uploads({
    home: resolveHome(flags.home ?? undefined),
    seal: (path) => sealGrant(path, grantKey),
    maxBytes: flags.maxUploadBytes,
    say,
  });
  // The port first: if it is busy nothing else has been started.
  const server = await startOnFreePort(flags, {
    host: flags.host,
    rendererFolder: parts.rendererFolder,
    connect: () => running().connect(),
    uploads,
  });
  void uploads.sweep();
  const setupFailed = new Promise<'setup failed'>((resolve) => {
    engine = superviseEngine({
      spawn: () =>
        spawnEngine({
          entry: parts.engineEntry,
          args: engineArguments(flags),
          env: { ...process.env, [GRANT_KEY_VARIABLE]: grantKey },
        }),
      onEvent(event) {
        say(sentenceForEvent(event));
        if (event.kind === 'gave-up' && event.why === 'setup') resolve('setup failed');
      },
    });
  });
  announce(flags, server);

  const why = await Promise.race([signals.first, setupFailed]);
  if (why === 'signal') {
    say('Stopping: running training saves a checkpoint first. Press Ctrl-C again to leave without it');
  }
  let isHurried = false;
  void signals.second.then(async () => {
    isHurried = true;
    await running().stop(0);
  });
  await Promise.all([server.close(), running().stop()]);
  await uploads.close();
  if (isHurried) return 130;
  return why === 'signal' ? 0 : 1;
}

function engineArguments({ home, files }: ServeFlags): string[] {
  return [...(home === null ? [] : ['--home', home]), ...(files === null ? [] : ['--files', files])];
}

async function startOnFreePort(flags: ServeFlags, rest: Omit<ServerOptions, 'port'>): Promise<RunningServer> {
  if (flags.port !== null) return await startServer({ ...rest, port: flags.port });
  for (let port = defaultPort; port < defaultPort + portsTried; port++) {
    try {
      return await startServer({ ...rest, port });
    } catch (error) {
      if (!(error instanceof WorkbenchError) || error.code !== 'server/port-busy') throw error;
    }
  }
  return await startServer({ ...rest, port: 0 });
}

function announce(flags: ServeFlags, server: RunningServer): void {
  if (flags.json) process.stdout.write(`${JSON.stringify({ url: server.url, port: server.port })}\n`);
  else process.stdout.write(`Fewstep is at ${server.url}\n`);
  if (!isLoopback(flags.host)) {
    say(
      `Listening on ${flags.host}: every machine that reaches this one and has the token can use it, unencrypted. ` +
        `Safer: without --host, through "ssh -L ${server.port}:127.0.0.1:${server.port} THIS-MACHINE"`,
    );
  }
  if (!flags.open) return;
  openBrowser(server.oneTimeUrl(), (reason) =>
    say(`No browser was opened (${reason}); open the address above`),
  );
}

function sentenceForEvent(event: EngineEvent): string {
  switch (event.kind) {
    case 'restarting':
      return `${capitalised(sentenceFor(event.exit))}; it starts again in ${event.inMs} ms`;
    case 'restarted':
      return 'The engine runs again; interrupted runs can be resumed';
    case 'gave-up':
      return event.why === 'setup'
        ? 'The engine cannot start, for the reason above'
        : `${capitalised(sentenceFor(event.exit))} for the 4th time in 30 s and is not started again; ` +
            'stop this server and start it anew when the cause is mended';
  }
}

function capitalised(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

interface Signals {
  first: Promise<'signal'>;
  second: Promise<'signal'>;
  release(): void;
}

/** Catches the signals that ask to stop, so that none of them ends the process by itself. */
function watchSignals(): Signals {
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const waiting: (() => void)[] = [];
  const first = new Promise<'signal'>((resolve) => waiting.push(() => resolve('signal')));
  const second = new Promise<'signal'>((resolve) => waiting.push(() => resolve('signal')));
  let latest = -Infinity;
  function listener(): void {
    const sinceLatest = performance.now() - latest;
    latest = performance.now();
    if (sinceLatest > echoMs) waiting.shift()?.();
  }
  for (const name of names) process.on(name, listener);
  return {
    first,
    second,
    release() {
      for (const name of names) process.off(name, listener);
    },
  };
}

/** The parts as `npm run build` leaves them, found from wherever in the package this file runs. */
function builtParts(): ServeParts {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder);
  return {
    engineEntry: join(folder, 'out', 'main', 'engine.js'),
    rendererFolder: join(folder, 'out', 'renderer'),
  };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
