/** `fewstep COMMAND`: the command line. Answers on stdout, everything else on stderr. */
import { WorkbenchError } from '#contract/errors.ts';
import { enginesFolder } from '../../engine/executors/executors.ts';
import { resolveHome } from '../../store/home.ts';
import { useEnginesFolder } from '../../tensor/device.ts';
import { runServe } from '../server/main.ts';
import { bench } from './bench.ts';
import { importCheckpoint, inspect } from './checkpoints.ts';
import { golden } from './commands.ts';
import { doctor } from './doctor.ts';
import { engines } from './engines.ts';
import { evaluate } from './evaluate.ts';
import { exportCommand } from './export.ts';
import { forward } from './forward.ts';
import { flagValue } from './flags.ts';
import { COMMAND_HELP, helpOf, overview } from './help.ts';
import { importData } from './import-data.ts';
import { type Output, createOutput, reportFailure } from './output.ts';
import { reproduce } from './reproduce.ts';
import { sample } from './sample.ts';
import { train } from './train.ts';

process.setSourceMapsEnabled(true);

const COMMANDS: Readonly<Record<string, (argv: readonly string[], output: Output) => Promise<number>>> = {
  doctor,
  engine: engines,
  train,
  sample,
  eval: evaluate,
  inspect,
  import: importCheckpoint,
  'import-data': importData,
  forward,
  export: exportCommand,
  golden,
  reproduce,
  bench,
  serve: (argv) => runServe(argv),
};

async function main(given: readonly string[]): Promise<number> {
  const argv = given.map((arg) => (arg === '-h' ? '--help' : arg));
  // `help train` is `train --help`.
  const [name, ...rest] = argv[0] === 'help' && argv.length > 1 ? [...argv.slice(1), '--help'] : argv;
  const json = rest.includes('--json');
  if (name === undefined || name === '--help' || name === 'help') {
    process.stdout.write(`${overview()}\n`);
    return name === undefined ? 2 : 0;
  }
  try {
    const help = COMMAND_HELP[name];
    if (help !== undefined && rest.includes('--help')) {
      const usage = helpOf(name, help);
      createOutput(json).answer({ usage }, [usage]);
      return 0;
    }
    const command = COMMANDS[name];
    if (command === undefined) {
      throw new WorkbenchError(
        'cli/unknown-command',
        `expected one of ${Object.keys(COMMANDS).join(', ')}, found "${name}"`,
      );
    }
    // Commands that open no data folder may still name an engine that lies in one.
    useEnginesFolder(enginesFolder(resolveHome(flagValue(rest, 'home'))));
    return await command(rest, createOutput(json));
  } catch (error) {
    reportFailure(error, json);
    return exitCodeOf(error);
  }
}

/** 2 for what the person can mend on the command line, 3 for a file that is refused, 1 for the rest. */
function exitCodeOf(error: unknown): number {
  const area = error instanceof WorkbenchError ? error.code.split('/')[0]! : '';
  if (area === 'checkpoint') return 3;
  return ['cli', 'config', 'dataset', 'method', 'sampler', 'rpc'].includes(area) ? 2 : 1;
}

// Whoever reads may have had enough, as `head` has.
process.stdout.on('error', () => {});
process.exitCode = await main(process.argv.slice(2));
// A pipe takes 64 KiB at a time, and what an exit finds unwritten is lost.
await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
// An executor's threads would keep a finished command alive.
process.exit();
