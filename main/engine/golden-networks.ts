/**
 * Checks networks against forward passes of the authors' own code: their weights are recognised and
 * converted as an import does it, and run as every other network is.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { RecognitionOptions } from '#contract/checkpoints.ts';
import { WorkbenchError } from '#contract/errors.ts';
import { parseFields } from '#contract/parse.ts';
import type { NetworkConfig } from '#contract/networks.ts';
import { type CheckpointTensor, readSafetensors } from '../checkpoints/index.ts';
import { applyDitImage } from '../models/dit/image-dit.ts';
import { decode, encode } from '../models/vae/autoencoder.ts';
import type { Executor } from '../tensor/executors/executor.ts';
import { compileProgram } from '../tensor/program.ts';
import { callReader } from './reader/call.ts';
import { nodeReader } from './reader/node-process.ts';
import type { Conversion } from './reader/protocol.ts';

/** Both sides compute in float32, in another order, through every layer of a network. */
export const NETWORK_TOLERANCE = 2e-4;

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

type Tensors = Record<string, Tensor>;
type Arrays = ReadonlyMap<string, CheckpointTensor>;

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
 * Runs a network on the inputs that a file has, and compares.
 *
 * @throws WorkbenchError `checkpoint/...` for weights that cannot be used, `golden/missing-part`
 */
export async function compareNetwork(
  { name, weights, io, options }: NetworkCase,
  executor: Executor,
): Promise<NetworkComparison[]> {
  const { config, parameters } = await convertedNetwork(weights, options);
  const given = readSafetensors(fs.readFileSync(io), path.basename(io)).tensors;
  const { inputs, outputs, run } = passOf(config, given, path.basename(io));
  const arrays = new Map([
    ...parameters,
    ...[...inputs].map(([key, tensor]) => [`io ${key}`, tensor] as const),
  ]);
  const program = await compileProgram(executor, {
    inputs: Object.fromEntries([...arrays].map(([key, { shape }]) => [key, { shape }])),
    run: (_, tensors) => {
      const asked = Object.fromEntries([...inputs.keys()].map((key) => [key, tensors[`io ${key}`]!]));
      return { outputs: run(tensors, asked) };
    },
  });
  try {
    const found = await program.run(
      Object.fromEntries([...arrays].map(([key, tensor]) => [key, floats(key, tensor)])),
    );
    return [...outputs].map(([key, expected]) => ({
      name: `${name} ${key}`,
      relativeError: errorInDeviations(floats(key, expected), found[key] as Float32Array),
    }));
  } finally {
    await program.dispose();
  }
}

interface Pass {
  readonly inputs: Arrays;
  readonly outputs: Arrays;
  readonly run: (parameters: Tensors, inputs: Tensors) => Tensors;
}

/** What a config computes of the tensors of an `io` file, which are NCHW. */
function passOf(config: NetworkConfig, given: Arrays, file: string): Pass {
  const pick = (...names: string[]): Arrays =>
    new Map(
      names.map((name) => {
        const tensor = given.get(name);
        if (tensor !== undefined) return [name, tensor];
        throw new WorkbenchError('golden/missing-part', `${file}: expected a tensor ${name}, found none.`);
      }),
    );
  if (config.network === 'dit') {
    const outputs = pick('out');
    const channels = outputs.get('out')!.shape[1]!;
    return {
      inputs: pick('x', 't', ...(config.classes > 0 ? ['y'] : [])),
      outputs,
      run: (parameters, { x, t, y }) => {
        const said = applyDitImage(
          config,
          parameters,
          nhwc(x!),
          t as Tensor1D,
          (y ?? null) as Tensor1D | null,
        );
        // Some of that code drops the variances that its networks learn, and some does not.
        return { out: tf.slice(nchw(said), [0, 0, 0, 0], [-1, channels, -1, -1]) };
      },
    };
  }
  if (config.network === 'autoencoder-kl') {
    return {
      inputs: pick('image', 'latent'),
      outputs: pick('mean', 'logvar', 'decoded'),
      run: (parameters, { image, latent }) => {
        const { mean, logvar } = encode(config, parameters, nhwc(image!));
        const decoded = decode(config, parameters, nhwc(latent!));
        return { mean: nchw(mean), logvar: nchw(logvar), decoded: nchw(decoded) };
      },
    };
  }
  throw new WorkbenchError('golden/missing-part', `${file}: expected the pass of a network, found a run.`);
}

async function convertedNetwork(
  file: string,
  options: RecognitionOptions,
): Promise<{ config: NetworkConfig; parameters: Arrays }> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fewstep-golden-'));
  try {
    const done: Conversion[] = [];
    const request = { kind: 'convert', file: path.resolve(file), options, folder } as const;
    await callReader(nodeReader(), request, (conversion) => void done.push(conversion));
    const weights = path.join(folder, 'weights.safetensors');
    const { tensors } = readSafetensors(fs.readFileSync(weights), path.basename(file));
    return { config: done[0]!.recognition.config, parameters: tensors };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
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

function nhwc(tensor: Tensor): Tensor {
  return tf.transpose(tensor, [0, 2, 3, 1]);
}

function nchw(tensor: Tensor): Tensor {
  return tf.transpose(tensor, [0, 3, 1, 2]);
}

/** Values as float32: labels come as integers. */
function floats(name: string, { dtype, data }: CheckpointTensor): Float32Array {
  if (data instanceof Float32Array) return data;
  if (dtype === 'I32' || dtype === 'I64' || dtype === 'F64') {
    return Float32Array.from(data as ArrayLike<number | bigint>, Number);
  }
  throw new WorkbenchError(
    'golden/missing-part',
    `${name}: expected float32 or whole numbers, found ${dtype}.`,
  );
}

function errorInDeviations(expected: Float32Array, found: Float32Array): number {
  const mean = expected.reduce((sum, value) => sum + value, 0) / expected.length;
  const variance = expected.reduce((sum, value) => sum + (value - mean) ** 2, 0) / expected.length;
  if (expected.length !== found.length) return Infinity;
  // A NaN is no small difference.
  const worst = expected.reduce((most, value, i) => {
    const difference = Math.abs(value - found[i]!);
    return difference <= most ? most : Number.isNaN(difference) ? Infinity : difference;
  }, 0);
  return worst / Math.sqrt(variance);
}
