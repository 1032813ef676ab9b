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
import { importData } from './import-data.ts';
import { flagValue } from './flags.ts';
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

const USAGE = `fewstep COMMAND [flags]

  doctor                 what can compute here, how fast, and what is missing [--measure]
  engine install tensorflow
                         fetch or build TensorFlow into the data folder, try it, and offer it as an executor
                         [--cpu|--gpu --from auto|package|wheel]
  engine list            engines that are installed
  engine remove tensorflow
  train                  train a method on a dataset (train --help for its flags)
  sample --run RUN       draw samples into a file [--n 1000 --nfe 1 --seed 0 --step K --sampler euler
                         --out FILE.npy|npz|csv|png --decoder AUTOENCODER]
  eval --run RUN         metrics against fresh data [--n 2000 --nfe 1,2,4 --sampler euler --seed 0]
                         images against real ones, with standard errors
                         [--space pixels|encoder:RUN|onnx:MODEL --reference holdout|training|all
                         --classes reference|any]
                         of the best of N noises [--candidates N --verifier density|nearness|class]
                         both of one class [--label K --guidance W --guidance-low T --guidance-high T
                         --guidance-channels 3], and of a policy of several calls
                         [--temperature T --stochasticity H]
  inspect FILE           what a checkpoint is and what is in it; nothing in it is run [--stats]
  import FILE            make a recognised network a model of yours [--name N]
                         both where shapes do not tell [--as KIND --group ema --heads H --convention C
                         --time-divisor half|half-minus-one --components K --nfe N
                         --scaling-factor F --groups G --size PIXELS]
                         and of an ONNX feature network [--pixel-range symmetric|unit|byte|imagenet
                         --pixel-layout nchw|nhwc --output NAME]
  import-data PATH...    images as a data set: PNG and JPEG in files and folders, whose sub-folders are classes,
                         NPZ, IDX or CIFAR; or a CSV or NPY file of points [--name N --size PIXELS
                         --channels auto|grey|colour --labels folders|none --background white|black]
                         or their latents [--autoencoder MODEL --mirrored true|false]
  forward FILE           one pass of a recognised network, its time and its output; flags as for import
                         [--io FILE.io.safetensors] compares with the outputs that a file has
  export RUN             a run's or model's network as a file [--format onnx|safetensors
                         --names fewstep|original --nfe N --batch N --out FILE]
  golden FOLDER          recompute the numbers of the authors' own code
  reproduce NAME|--all   claims of the papers at toy scale [--quick --seeds 0,1,2]
  bench                  milliseconds, TFLOP/s and bytes of a training step [--only NAME --steps 30
                         --executor ID --precision float16 --where --peers FILE --write]
                         (bench --help for the workloads, and how to time other programs)
  serve                  the workbench in a browser (serve --help)

Every command takes --json: one JSON document on stdout. A failure is {"error": {code, message, detail}}
and a non-zero exit status.`;

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  const json = rest.includes('--json');
  if (name === undefined || name === '--help' || name === 'help') {
    process.stdout.write(`${USAGE}\n`);
    return name === undefined ? 2 : 0;
  }
  try {
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
