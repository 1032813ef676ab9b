import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { WorkbenchError, wireErrorFrom } from '#contract/errors.ts';
import { sentenceFor, spawnEngine } from '../engine-process.ts';
import { superviseEngine } from '../engine-supervisor.ts';
import type { EngineEvent, SupervisedEngine } from '../engine-supervisor.ts';
import { isLoopback } from './access.ts';
import { hasDisplay, openBrowser } from './browser.ts';
import { startServer } from './server.ts';
import type { RunningServer, ServerOptions } from './server.ts';

const defaultPort = 4777;
/** Ports tried above the default one before any free one is taken. */
const portsTried = 20;
/** One Ctrl-C arrives twice under npm, which passes on what the terminal has sent to all already. */
const echoMs = 1000;

const usage = `fewstep serve [--port N] [--host ADDRESS] [--home FOLDER] [--open | --no-open] [--json]

  --port N        port to listen on; ${defaultPort} or the next free one by default, 0 for any
  --host ADDRESS  address to listen on; 127.0.0.1 (this machine only) by default
  --home FOLDER   data folder
  --open          open a browser even where no display is seen; --no-open never does
  --json          one JSON document {url, port} on stdout`;

/** Where the built parts are; for tests, and for hosts that keep them elsewhere. */
interface ServeParts {
  engineEntry: string;
  rendererFolder: string;
}

interface ServeFlags {
  /** Null: the default, which may move on to a free one. */
  port: number | null;
  host: string;
  home: string | null;
  open: boolean;
  json: boolean;
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
  // The port first: if it is busy nothing else has been started.
  const server = await startOnFreePort(flags, {
    host: flags.host,
    rendererFolder: parts.rendererFolder,
    connect: () => running().connect(),
  });
  const setupFailed = new Promise<'setup failed'>((resolve) => {
    engine = superviseEngine({
      spawn: () =>
        spawnEngine({ entry: parts.engineEntry, args: flags.home === null ? [] : ['--home', flags.home] }),
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
  if (isHurried) return 130;
  return why === 'signal' ? 0 : 1;
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

function parseFlags(argv: readonly string[]): ServeFlags {
  const values = readFlags(argv);
  return {
    port: values.port === undefined ? null : portFrom(values.port),
    host: values.host ?? '127.0.0.1',
    home: values.home ?? null,
    open: values.open ?? hasDisplay(process.platform, process.env),
    json: values.json ?? false,
  };
}

interface RawFlags {
  port?: string;
  host?: string;
  home?: string;
  open?: boolean;
  json?: boolean;
}

function readFlags(argv: readonly string[]): RawFlags {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        port: { type: 'string' },
        host: { type: 'string' },
        home: { type: 'string' },
        open: { type: 'boolean' },
        json: { type: 'boolean' },
      },
      allowNegative: true,
      strict: true,
    }).values;
  } catch (error) {
    throw new WorkbenchError('cli/bad-argument', `${(error as Error).message}\n\n${usage}\n`);
  }
}

function portFrom(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(port <= 65_535)) {
    throw new WorkbenchError(
      'cli/bad-argument',
      `--port: expected a whole number from 0 to 65535, found ${text}`,
    );
  }
  return port;
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
