/** What `fewstep help` and `fewstep COMMAND --help` say. A test holds the flags here to those that are read. */
import { samplers } from '../../samplers/index.ts';

interface FlagHelp {
  readonly flag: string;
  /** What is written after it; none for a flag that is given or not. */
  readonly value?: string;
  readonly what: string;
}

export interface CommandHelp {
  /** What is written after the command's name. */
  readonly usage: string;
  readonly what: string;
  readonly flags: readonly FlagHelp[];
  /** Said below the flags. */
  readonly more?: string;
}

const HOME: FlagHelp = {
  flag: 'home',
  value: 'FOLDER',
  what: "data folder [the platform's, or FEWSTEP_HOME]",
};
const JSON_FLAG: FlagHelp = { flag: 'json', what: 'one JSON document on stdout' };

/** Of samples: from what noises and how they are drawn, which class, how guided, how policies are chained. */
const DRAWN: readonly FlagHelp[] = [
  {
    flag: 'sampler',
    value: 'NAME',
    what: `of a velocity: ${samplers.map(({ id }) => id).join(', ')} [euler]`,
  },
  { flag: 'seed', value: 'N', what: 'of the noises [0]' },
  { flag: 'label', value: 'K', what: 'class by index [images: each in turn; points: any]' },
  { flag: 'guidance', value: 'W', what: 'guidance scale towards the class [1, which is none]' },
  { flag: 'guidance-low', value: 'T', what: 'guided from this time on; t = 1 is noise [0]' },
  { flag: 'guidance-high', value: 'T', what: 'guided up to this time [1]' },
  { flag: 'guidance-channels', value: 'N', what: 'guides the first N channels [all]' },
  { flag: 'temperature', value: 'T', what: 'of a policy: below 1 sharpens all its calls but the last [1]' },
  { flag: 'stochasticity', value: 'H', what: 'of a policy: fresh noise mixed in between its calls [0]' },
];

/** Of a checkpoint, where its shapes do not tell. */
const RECOGNITION: readonly FlagHelp[] = [
  { flag: 'as', value: 'KIND', what: 'what it is, e.g. dit or sit; inspect names the kinds that fit' },
  { flag: 'group', value: 'NAME', what: 'which of several sets of weights [the EMA]' },
  { flag: 'heads', value: 'N', what: 'attention heads' },
  {
    flag: 'convention',
    value: 'NAME',
    what: 'how the network is asked: dit, sit, repa or flow-1000',
  },
  {
    flag: 'time-divisor',
    value: 'D',
    what: 'of the time embedding: half (DiT) or half-minus-one (diffusers)',
  },
  { flag: 'components', value: 'K', what: 'of a pi-Flow policy: mixture components or grid points' },
  { flag: 'nfe', value: 'N', what: 'network calls that a DX policy was made for' },
  { flag: 'scaling-factor', value: 'F', what: "of an autoencoder's latents" },
  { flag: 'groups', value: 'N', what: 'group-norm groups of an autoencoder' },
  { flag: 'size', value: 'PIXELS', what: 'height and width of its images or latents' },
  { flag: 'pixel-range', value: 'R', what: 'of a feature network: symmetric, unit, byte or imagenet' },
  { flag: 'pixel-layout', value: 'L', what: 'of a feature network: nchw or nhwc' },
  { flag: 'output', value: 'NAME', what: 'of a feature network: the output that holds the features' },
];

/** Commands whose flags are few; the others have a help of their own. */
export const COMMAND_HELP: Readonly<Record<string, CommandHelp>> = {
  doctor: {
    usage: '[flags]',
    what: 'what can compute here, how fast, and what is missing',
    flags: [{ flag: 'measure', what: 'measures every executor again, five seconds each' }, HOME, JSON_FLAG],
  },
  engine: {
    usage: 'install tensorflow | list | remove tensorflow [flags]',
    what: "TensorFlow's library: fetched or built into the data folder, tried, and offered as an executor",
    flags: [
      { flag: 'cpu', what: 'install: for the processor, the standard' },
      { flag: 'gpu', what: 'install: for an NVIDIA card with its driver' },
      { flag: 'from', value: 'WAY', what: 'install: package, wheel, or auto, which tries both [auto]' },
      HOME,
      JSON_FLAG,
    ],
  },
  sample: {
    usage: '--run RUN [flags]',
    what: 'draws samples into a file',
    flags: [
      { flag: 'run', value: 'RUN', what: 'a run by id or folder, or an imported model by id' },
      { flag: 'n', value: 'N', what: 'samples [1000]' },
      { flag: 'nfe', value: 'N', what: 'network evaluations a sample [1]' },
      { flag: 'step', value: 'K', what: 'the checkpoint of this step [the newest]' },
      { flag: 'decoder', value: 'MODEL', what: 'an imported autoencoder that makes images of latents' },
      { flag: 'out', value: 'FILE', what: "NPY, NPZ, CSV or PNG by its ending [in the run's folder]" },
      ...DRAWN,
      HOME,
      JSON_FLAG,
    ],
  },
  eval: {
    usage: '--run RUN [flags]',
    what: 'metrics against fresh data; images against real ones, with standard errors',
    flags: [
      { flag: 'run', value: 'RUN', what: 'a run by id or folder' },
      { flag: 'n', value: 'N', what: 'samples [2000]' },
      { flag: 'nfe', value: 'N,N', what: 'network evaluations a sample, one budget or several [1]' },
      { flag: 'space', value: 'SPACE', what: 'of images: pixels, encoder:RUN or onnx:MODEL [pixels]' },
      { flag: 'reference', value: 'WHICH', what: 'real images: holdout, training or all [holdout]' },
      {
        flag: 'classes',
        value: 'WHICH',
        what: 'samples have classes as the reference has, or any [reference]',
      },
      { flag: 'candidates', value: 'N', what: 'the best of N noises of the student starts its teacher' },
      { flag: 'verifier', value: 'NAME', what: 'which is best: density, nearness or class [density]' },
      ...DRAWN,
      HOME,
      JSON_FLAG,
    ],
  },
  inspect: {
    usage: 'FILE [flags]',
    what: 'what a checkpoint is and what is in it; nothing in it is run',
    flags: [
      { flag: 'stats', what: 'least, largest, mean and deviation of every tensor' },
      ...RECOGNITION,
      JSON_FLAG,
    ],
    more: 'A file that is refused ends with status 3.',
  },
  import: {
    usage: 'FILE [flags]',
    what: 'makes a recognised network a model of yours',
    flags: [{ flag: 'name', value: 'NAME', what: "[the file's]" }, ...RECOGNITION, HOME, JSON_FLAG],
  },
  'import-data': {
    usage: 'PATH... [flags]',
    what: 'makes images of yours a data set: PNG and JPEG in files and folders, NPZ, IDX or CIFAR; or a CSV or NPY file of points',
    flags: [
      { flag: 'name', value: 'NAME', what: "[the first path's]" },
      { flag: 'size', value: 'PIXELS', what: 'a side [as they are where all are alike and small, else 32]' },
      { flag: 'channels', value: 'HOW', what: 'auto, grey or colour [auto]' },
      { flag: 'labels', value: 'HOW', what: 'folders, where each sub-folder is a class, or none [folders]' },
      { flag: 'background', value: 'COLOUR', what: 'behind transparent pixels: white or black [white]' },
      { flag: 'autoencoder', value: 'MODEL', what: 'keeps their latents in place of the images' },
      { flag: 'mirrored', value: 'BOOL', what: 'latents of the mirrored images too: true or false [true]' },
      HOME,
      JSON_FLAG,
    ],
  },
  forward: {
    usage: 'FILE [flags]',
    what: 'one pass of a recognised network, its time and its output',
    flags: [
      { flag: 'io', value: 'FILE', what: 'safetensors of inputs, and outputs to agree with' },
      ...RECOGNITION,
      JSON_FLAG,
    ],
  },
  export: {
    usage: 'RUN --format onnx|safetensors [flags]',
    what: "a run's or model's network as a file",
    flags: [
      { flag: 'format', value: 'NAME', what: 'onnx or safetensors' },
      {
        flag: 'names',
        value: 'WHOSE',
        what: 'of parameters: fewstep, or original (those of DiT and SiT) [fewstep]',
      },
      { flag: 'nfe', value: 'N', what: 'ONNX: network calls of a policy [as it was trained for]' },
      { flag: 'batch', value: 'N', what: 'ONNX: samples a call [1]' },
      { flag: 'out', value: 'FILE', what: 'where to [the exports of the data folder]' },
      HOME,
      JSON_FLAG,
    ],
  },
  golden: {
    usage: 'FOLDER [flags]',
    what: "recomputes the numbers of the authors' own code",
    flags: [JSON_FLAG],
  },
};

/** Commands that print a help of their own. */
const OTHERS: Readonly<Record<string, string>> = {
  train: 'trains a method on a data set, or resumes a run',
  reproduce: 'claims of the papers at toy scale, each judged by a rule',
  bench: 'milliseconds, TFLOP/s and bytes of a training step',
  serve: 'the workbench in a browser',
};

/** As people come to need them. */
const ORDER = [
  ...['serve', 'train', 'sample', 'eval', 'import-data', 'inspect', 'import', 'forward', 'export'],
  ...['reproduce', 'golden', 'bench', 'doctor', 'engine'],
];

const COLUMN = 28;
const WIDTH = 108;

/** What `fewstep COMMAND --help` prints. */
export function helpOf(name: string, { usage, what, flags, more }: CommandHelp): string {
  const rows = flags.map((each) => {
    const written = `--${each.flag}${each.value === undefined ? '' : ` ${each.value}`}`;
    return row(written, each.what);
  });
  const end = more === undefined ? [] : ['', more];
  return [`fewstep ${name} ${usage}`, ...wrapped(what, WIDTH), '', ...rows, ...end].join('\n');
}

/** What `fewstep help` prints. */
export function overview(): string {
  const rows = ORDER.map((name) => row(name, COMMAND_HELP[name]?.what ?? OTHERS[name]!));
  return `fewstep COMMAND [flags]

${rows.join('\n')}

fewstep COMMAND --help lists the flags of a command, and train --help --method METHOD those of a method.
Every command takes --json: one JSON document on stdout. A failure is {"error": {code, message, detail}}
and a non-zero exit status.`;
}

function row(left: string, right: string): string {
  const [first, ...rest] = wrapped(right, WIDTH - COLUMN);
  return [`  ${left.padEnd(COLUMN - 2)}${first}`, ...rest.map((line) => ' '.repeat(COLUMN) + line)].join(
    '\n',
  );
}

/** Lines of at most so many characters, broken between words. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
