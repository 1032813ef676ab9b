/** `fewstep inspect` and `fewstep import`: checkpoints made elsewhere. */
import path from 'node:path';
import {
  type CheckpointListing,
  type ModelSummary,
  type RecognitionOptions,
  type TensorStatistics,
  recognitionOptions,
} from '#contract/checkpoints.ts';
import { WorkbenchError } from '#contract/errors.ts';
import { parseFields } from '#contract/parse.ts';
import type { WorkbenchClient } from '#contract/workbench.ts';
import { callReader } from '../../engine/reader/call.ts';
import { nodeReader } from '../../engine/reader/node-process.ts';
import { describeListing } from './checkpoint-table.ts';
import { withEngine } from './engine.ts';
import { type FlagTypes, type FlagValues, numberFrom, parseFlags } from './flags.ts';
import type { Output } from './output.ts';

/** What a person says of a file where its shapes do not, by flag. */
const OPTION_FLAGS = {
  as: 'kind',
  group: 'group',
  heads: 'heads',
  convention: 'convention',
  'time-divisor': 'timeDivisor',
  components: 'components',
  nfe: 'nfe',
  'scaling-factor': 'scalingFactor',
  groups: 'groups',
  size: 'size',
  'pixel-range': 'pixelRange',
  'pixel-layout': 'pixelLayout',
  output: 'output',
} as const satisfies Record<string, keyof RecognitionOptions>;

export const OPTION_TYPES: FlagTypes = Object.fromEntries(
  Object.keys(OPTION_FLAGS).map((flag) => [flag, 'string']),
);
const NUMBERS: ReadonlySet<string> = new Set([
  'heads',
  'components',
  'nfe',
  'scaling-factor',
  'groups',
  'size',
]);

/** `fewstep inspect FILE`: what is in it, what it is, and whether it can be trusted. */
export async function inspect(argv: readonly string[], output: Output): Promise<number> {
  const types: FlagTypes = { ...OPTION_TYPES, stats: 'boolean', json: 'boolean' };
  const { file, given } = fileAndFlags('inspect', argv, types);
  const options = optionsFrom(given);
  // No engine and no data folder: looking at a file leaves nothing behind.
  const reader = nodeReader();
  const listings: CheckpointListing[] = [];
  await callReader(reader, { kind: 'list', file, options }, (item) => void listings.push(item));
  const listing = listings[0]!;
  if (given['stats'] !== true) {
    output.answer(listing, describeListing(listing, null));
    return 0;
  }
  const statistics: TensorStatistics[] = [];
  const tensors = listing.tensors.map(({ name }) => name);
  await callReader(reader, { kind: 'statistics', file, tensors }, (item) => void statistics.push(item));
  output.answer(
    { ...listing, statistics: statistics.map(plainStatistics) },
    describeListing(listing, statistics),
  );
  return 0;
}

/** `fewstep import FILE --name N`: makes a recognised network a model of the data folder. */
export async function importCheckpoint(argv: readonly string[], output: Output): Promise<number> {
  const types: FlagTypes = { ...OPTION_TYPES, name: 'string', home: 'string', json: 'boolean' };
  const { file, given } = fileAndFlags('import', argv, types);
  const name = typeof given['name'] === 'string' ? given['name'] : path.parse(file).name;
  const options = optionsFrom(given);
  const home = typeof given['home'] === 'string' ? given['home'] : undefined;
  return withEngine(home, async (client) => {
    const model = await imported(client, { file, name, options }, output);
    if (model === null) {
      output.answer({ model: null }, [`${path.basename(file)} is a run: it is among the runs now.`]);
    } else {
      output.answer({ model }, [`${model.title}`, `Model ${model.id}: ${model.folder}`]);
    }
    return 0;
  });
}

/** Resolves with the model; null for a run of ours, which is copied to the runs. */
function imported(
  client: WorkbenchClient,
  { file, name, options }: { file: string; name: string; options: RecognitionOptions },
  output: Output,
): Promise<ModelSummary | null> {
  let model: ModelSummary | null = null;
  let tenths = 0;
  return new Promise((resolve, reject) => {
    client.listen(
      'checkpoints.import',
      { source: { kind: 'path', path: file }, name, options },
      (progress) => {
        model = progress.model;
        const reached = Math.floor((10 * progress.done) / Math.max(1, progress.of));
        if (reached > tenths) output.say(`${path.basename(file)}: ${10 * reached}% converted`);
        tenths = Math.max(tenths, reached);
      },
      (error) => {
        if (error === null) resolve(model);
        else reject(error);
      },
    );
  });
}

/**
 * The one file of a command and its flags, in any order.
 *
 * @throws WorkbenchError `cli/missing-flag`, `cli/bad-flag`
 */
export function fileAndFlags(
  command: string,
  argv: readonly string[],
  types: FlagTypes,
): { file: string; given: FlagValues } {
  const isValue = (i: number): boolean => types[argv[i - 1]?.replace(/^--/, '') ?? ''] === 'string';
  const at = argv.findIndex((arg, i) => !arg.startsWith('--') && !isValue(i));
  if (at === -1) {
    throw new WorkbenchError('cli/missing-flag', `${command}: expected a file, found nothing`);
  }
  return { file: path.resolve(argv[at]!), given: parseFlags(argv.toSpliced(at, 1), types) };
}

/** @throws WorkbenchError `config/wrong-value` naming the option */
export function optionsFrom(given: FlagValues): RecognitionOptions {
  const named = Object.entries(OPTION_FLAGS).flatMap(([flag, option]) => {
    const value = given[flag];
    if (typeof value !== 'string') return [];
    return [[option, NUMBERS.has(flag) ? numberFrom(flag, value) : value]];
  });
  return parseFields(recognitionOptions, Object.fromEntries(named));
}

/** With lists that JSON has. */
function plainStatistics({ histogram, edges, ...rest }: TensorStatistics): Record<string, unknown> {
  return { ...rest, histogram: Array.from(histogram), edges: Array.from(edges) };
}
