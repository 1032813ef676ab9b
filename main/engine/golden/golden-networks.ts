/**
 * Checks networks against forward passes of the authors' own code: their weights are recognised and
 * converted as an import does it, and run as every other network is.
 */
import path from 'node:path';
import { z } from 'zod';
import type { RecognitionOptions } from '#contract/checkpoints.ts';
import { WorkbenchError } from '#contract/errors.ts';
import { parseFields } from '#contract/parse.ts';
import type { Executor } from '../../tensor/executors/executor.ts';
import { forwardPass } from '../checkpoints/forward.ts';
import { nodeReader } from '../reader/node-process.ts';

export interface NetworkComparison {
  readonly name: string;
  /** Largest absolute difference over the standard deviation of what is expected. */
  readonly relativeError: number;
}

/** One network of a golden folder. */
export interface NetworkCase {
  readonly name: string;
  /** The file of its weights. */
  readonly weights: string;
  /** Inputs and outputs of a forward pass, safetensors. */
  readonly io: string;
  readonly options: RecognitionOptions;
}

const WEIGHTS = /\.(safetensors|pt|pth|bin|ckpt)$/;
const OLD_NAMES = '-old-names';

const netsFile = z.record(
  z.string(),
  z.object({
    kind: z.enum(['dit', 'sit', 'repa']),
    config: z.looseObject({ num_heads: z.int().min(1) }),
  }),
);
const diffusersFile = z.looseObject({ num_attention_heads: z.int().min(1), sample_size: z.int().min(1) });
const autoencoderFile = z.looseObject({ norm_num_groups: z.int().min(1) });

/** The networks that a `nets-*.json` names, by the names of their files. */
export function netsCases(json: unknown, files: readonly string[]): NetworkCase[] {
  const nets = parseFields(netsFile, json);
  return Object.entries(nets).flatMap(([name, { kind, config }]) =>
    casesOf(name, files, { kind, heads: config.num_heads }),
  );
}

/** The network of a `diffusers-dit-*.json`, in whose code frequencies divide by one channel less. */
export function diffusersCases(json: unknown, files: readonly string[], file: string): NetworkCase[] {
  const { num_attention_heads: heads, sample_size: size } = parseFields(diffusersFile, json);
  return casesOf(stemOf(file), files, { kind: 'diffusers-dit', heads, size, timeDivisor: 'half-minus-one' });
}

/** The autoencoder of a `vae-*.json`. */
export function autoencoderCases(json: unknown, files: readonly string[], file: string): NetworkCase[] {
  const groups = parseFields(autoencoderFile, json).norm_num_groups;
  return casesOf(stemOf(file), files, { kind: 'autoencoder-kl', groups });
}

/**
 * Runs a network on the inputs that a file has, and compares every output.
 *
 * @throws WorkbenchError `checkpoint/...` for weights or inputs that cannot be used
 */
export async function compareNetwork(
  { name, weights, io, options }: NetworkCase,
  executor: Executor,
): Promise<NetworkComparison[]> {
  const { output } = await forwardPass({ file: weights, options, io, spawn: nodeReader(), executor });
  return output.map(({ name: key, relativeToStd }) => ({
    name: `${name} ${key}`,
    relativeError: relativeToStd ?? Infinity,
  }));
}

/**
 * Weights of a name, and those of the same network with older names. Files that have a JSON of their
 * own are its business.
 *
 * @throws WorkbenchError `golden/missing-part`
 */
function casesOf(name: string, files: readonly string[], options: RecognitionOptions): NetworkCase[] {
  const names = [name, `${name}${OLD_NAMES}`].filter(
    (each) => each === name || !files.some((file) => path.basename(file) === `${each}.json`),
  );
  const find = (wanted: (base: string) => boolean): string | undefined =>
    files.find((file) => wanted(path.basename(file)));
  const cases = names.flatMap((each) => {
    const weights = files.filter((file) => {
      const base = path.basename(file);
      return WEIGHTS.test(base) && base.replace(WEIGHTS, '') === each;
    });
    const io = find((base) => base === `${each}.io.safetensors`) ?? find((base) => base === ioOf(name));
    return weights.map((file) => ({ name: path.basename(file), weights: file, io, options }));
  });
  if (cases.length === 0) {
    throw new WorkbenchError('golden/missing-part', `Expected the weights of ${name}, found no such file.`);
  }
  return cases.map(({ io, ...rest }) => {
    if (io !== undefined) return { ...rest, io };
    throw new WorkbenchError('golden/missing-part', `Expected ${ioOf(name)}, found no such file.`);
  });
}

function ioOf(name: string): string {
  // The older names of a network change nothing of what it computes.
  return `${name.endsWith(OLD_NAMES) ? name.slice(0, -OLD_NAMES.length) : name}.io.safetensors`;
}

function stemOf(file: string): string {
  return path.basename(file).replace(/\.json$/, '');
}
