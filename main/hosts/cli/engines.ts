/** `fewstep engine install|list|remove`: what computes besides what comes with the program. */
import { type InstallProgress, type InstalledEngine, engineInstall } from '#contract/engines.ts';
import { WorkbenchError } from '#contract/errors.ts';
import { parseFields } from '#contract/parse.ts';
import type { StreamParsed, WorkbenchClient } from '#contract/workbench.ts';
import { withEngine } from './engine.ts';
import { type FlagTypes, parseFlags, text } from './flags.ts';
import { type Output, printable } from './output.ts';

const COMMON: FlagTypes = { home: 'string', json: 'boolean' };

export async function engines(argv: readonly string[], output: Output): Promise<number> {
  const [verb, ...rest] = argv;
  switch (verb) {
    case 'install':
      return install(rest, output);
    case 'list':
      return list(rest, output);
    case 'remove':
      return remove(rest, output);
    default:
      throw new WorkbenchError(
        'cli/missing-flag',
        `engine: expected install, list or remove, found ${verb === undefined ? 'nothing' : `"${verb}"`}`,
      );
  }
}

async function install(argv: readonly string[], output: Output): Promise<number> {
  const [engine, rest] = named(argv);
  const given = parseFlags(rest, { ...COMMON, gpu: 'boolean', cpu: 'boolean', from: 'string' });
  if (given['gpu'] === true && given['cpu'] === true) {
    throw new WorkbenchError('cli/bad-flag', '--gpu: expected no --cpu beside it, found both', {
      field: 'gpu',
    });
  }
  const from = text(given, 'from');
  const input = parseFields(engineInstall, {
    engine,
    kind: given['gpu'] === true ? 'gpu' : 'cpu',
    ...(from === undefined ? {} : { from }),
  });
  return withEngine(text(given, 'home'), async (client) => {
    const installed = await installing(client, input, output);
    output.answer({ engine: installed }, [lineOf(installed)]);
    return 0;
  });
}

async function list(argv: readonly string[], output: Output): Promise<number> {
  const given = parseFlags(argv, COMMON);
  return withEngine(text(given, 'home'), async (client) => {
    const found = await client.call('engines.list', {});
    const nothing = 'No engine is installed; TensorFlow can be: fewstep engine install tensorflow';
    output.answer({ engines: found }, found.length === 0 ? [nothing] : found.map(lineOf));
    return 0;
  });
}

async function remove(argv: readonly string[], output: Output): Promise<number> {
  const [engine, rest] = named(argv);
  const given = parseFlags(rest, COMMON);
  const input = { engine: parseFields(engineInstall, { engine }).engine };
  return withEngine(text(given, 'home'), async (client) => {
    const { bytes } = await client.call('engines.remove', input);
    output.answer({ bytes }, [`${sizeOf(bytes)} freed`]);
    return 0;
  });
}

/** The engine's name, which stands before or after the flags. */
function named(argv: readonly string[]): [string | undefined, string[]] {
  const at = argv.findIndex((arg, i) => !arg.startsWith('-') && !/^--(home|from)$/.test(argv[i - 1] ?? ''));
  return at < 0 ? [undefined, [...argv]] : [argv[at], argv.toSpliced(at, 1)];
}

function installing(
  client: WorkbenchClient,
  input: StreamParsed<'engines.install'>,
  output: Output,
): Promise<InstalledEngine> {
  let result: InstalledEngine | null = null;
  let said = '';
  const tell = (progress: InstallProgress): void => {
    if (progress.kind === 'done') result = progress.engine;
    else {
      const { step, message, fraction } = progress;
      const line = `${step.padEnd(8)} ${message}${fraction === null ? '' : ` ${10 * Math.floor(10 * fraction)}%`}`;
      if (line !== said) output.say(printable((said = line)));
    }
  };
  return new Promise((resolve, reject) => {
    const cancel = (): void => {
      stop();
      reject(
        new WorkbenchError('rpc/cancelled', 'The installation was cancelled; what was downloaded is kept.'),
      );
    };
    const stop = client.listen('engines.install', input, tell, (error) => {
      process.off('SIGINT', cancel).off('SIGTERM', cancel);
      if (error !== null) reject(error);
      else if (result !== null) resolve(result);
    });
    process.on('SIGINT', cancel).on('SIGTERM', cancel);
  });
}

function lineOf({ id, kind, from, version, bytes, folder }: InstalledEngine): string {
  return printable(`${id} ${version} (${kind}, from its ${from}), ${sizeOf(bytes)}: ${folder}`);
}

function sizeOf(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
