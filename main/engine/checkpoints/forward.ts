/**
 * One pass of a network that was made elsewhere, from its file to its output: recognised and converted as
 * an import does it, into a folder that is gone afterwards, and run as every model is.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { CheckpointKind, RecognitionOptions } from '#contract/checkpoints.ts';
import { WorkbenchError } from '#contract/errors.ts';
import type { NetworkConfig } from '#contract/networks.ts';
import type { CancelSignal } from '#contract/workbench.ts';
import { fileSource } from '../../checkpoints/byte-source.ts';
import { openSafetensors } from '../../checkpoints/safetensors/index.ts';
import type { Executor } from '../../tensor/executors/executor.ts';
import { compileProgram } from '../../tensor/program.ts';
import { readWeights, weightShapes } from '../plan/weights.ts';
import { callReader } from '../reader/call.ts';
import type { SpawnReader } from '../reader/process.ts';
import type { Conversion } from '../reader/protocol.ts';
import { type Candidate, candidatesOf } from './network-candidates.ts';
import { type NamedArray, type NetworkPass, arraysOf, networkPass } from './network-pass.ts';

/** All of it is held in memory at once; a batch of a hundred images of 512 x 512 fits. */
const MOST_IO_BYTES = 2 ** 29;

/** Both sides compute in float32, in another order, through every layer of a network. */
export const FORWARD_TOLERANCE = 2e-4;

export interface ForwardReport {
  readonly kind: CheckpointKind;
  readonly title: string;
  readonly config: NetworkConfig;
  /** What no shape tells and nobody chose, and the expected outputs told. */
  readonly settled: Readonly<Record<string, number>>;
  /** Recognising, converting and loading; and the pass itself. */
  readonly loadSeconds: number;
  readonly seconds: number;
  /** Largest resident memory of this process. */
  readonly memoryBytes: number;
  /** What the network was fed beside noise, where no file says so. */
  readonly fed: Readonly<Record<string, number>> | null;
  /** Of all outputs that the file has; null without one. */
  readonly maxAbsError: number | null;
  /** The largest of the errors over the standard deviation of what was expected. */
  readonly relativeToStd: number | null;
  readonly output: readonly OutputReport[];
}

interface OutputReport {
  readonly name: string;
  /** As the code that made the network has it: channels before rows and columns. */
  readonly shape: readonly number[];
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly std: number;
  readonly maxAbsError: number | null;
  readonly relativeToStd: number | null;
}

interface ForwardRequest {
  readonly file: string;
  readonly options: RecognitionOptions;
  /** Inputs and expected outputs, safetensors; seeded noise and nothing to compare with if null. */
  readonly io: string | null;
  readonly spawn: SpawnReader;
  readonly executor: Executor;
  readonly signal?: CancelSignal;
  readonly onProgress?: (done: number, of: number) => void;
}

/**
 * @throws WorkbenchError `checkpoint/...` for a file that is refused or not recognised, and for one whose
 *   inputs do not fit the network
 */
export async function forwardPass(request: ForwardRequest): Promise<ForwardReport> {
  const began = performance.now();
  const given = request.io === null ? null : inputsFrom(request.io);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fewstep-forward-'));
  try {
    const { recognition } = await converted(sized(request, given), folder);
    const { kind, title, config, convention } = recognition;
    const file = path.join(folder, 'weights.safetensors');
    const shapes = weightShapes(file);
    const weights = readWeights(file);
    let first: Passed | null = null;
    for (const candidate of candidatesOf(recognition, request.options)) {
      const pass = networkPass(candidate.config, convention, given);
      const passed = await run(pass, shapes, weights, request.executor, began);
      first ??= { ...passed, pass, ...candidate };
      if (passed.relativeToStd !== null && passed.relativeToStd <= FORWARD_TOLERANCE) {
        first = { ...passed, pass, ...candidate };
        break;
      }
      // There is nothing to agree with.
      if (passed.relativeToStd === null) break;
    }
    const { pass, settled, config: found, ...passed } = first!;
    return {
      kind,
      title,
      config: found ?? config,
      settled,
      fed: pass.fed,
      memoryBytes: process.resourceUsage().maxRSS * 1024,
      ...passed,
    };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** What one pass gave, and of which network. */
type Passed = Awaited<ReturnType<typeof run>> & Candidate & { readonly pass: NetworkPass };

async function run(
  pass: NetworkPass,
  shapes: Readonly<Record<string, readonly number[]>>,
  weights: Readonly<Record<string, Float32Array>>,
  executor: Executor,
  began: number,
): Promise<Pick<ForwardReport, 'loadSeconds' | 'seconds' | 'maxAbsError' | 'relativeToStd' | 'output'>> {
  const program = await compileProgram(executor, {
    inputs: {
      ...Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { shape }])),
      ...Object.fromEntries(
        Object.entries(pass.inputs).map(([name, { shape }]) => [inputName(name), { shape }]),
      ),
    },
    run: (_, tensors) => ({
      outputs: pass.run(
        tensors,
        Object.fromEntries(Object.keys(pass.inputs).map((name) => [name, tensors[inputName(name)]!])),
      ),
    }),
  });
  const loaded = performance.now();
  try {
    const inputs = Object.entries(pass.inputs).map(([name, { data }]) => [inputName(name), data]);
    const found = await program.run({
      ...weights,
      ...(Object.fromEntries(inputs) as Record<string, Float32Array>),
    });
    const seconds = (performance.now() - loaded) / 1000;
    const output = Object.entries(pass.outputs).map(([name, shape]) =>
      reportOf(name, shape, found[name] as Float32Array, pass.expected[name] ?? null),
    );
    return {
      loadSeconds: (loaded - began) / 1000,
      seconds,
      maxAbsError: worst(output.map(({ maxAbsError }) => maxAbsError)),
      relativeToStd: worst(output.map(({ relativeToStd }) => relativeToStd)),
      output,
    };
  } finally {
    await program.dispose();
  }
}

/** The inputs say how large the images are, where the file has no table of positions to tell. */
function sized(request: ForwardRequest, given: ReadonlyMap<string, NamedArray> | null): ForwardRequest {
  const size = given?.get('x')?.shape.at(-1);
  if (size === undefined || size < 1 || request.options.size !== undefined) return request;
  return { ...request, options: { ...request.options, size } };
}

async function converted(
  { file, options, spawn, signal, onProgress }: ForwardRequest,
  folder: string,
): Promise<Conversion> {
  const done: Conversion[] = [];
  const request = { kind: 'convert', file: path.resolve(file), options, folder } as const;
  await callReader<'convert'>(spawn, request, (conversion) => void done.push(conversion), {
    signal,
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  return done[0]!;
}

function inputsFrom(file: string): ReadonlyMap<string, NamedArray> {
  const checkpoint = openSafetensors(fileSource(path.resolve(file)));
  try {
    if (checkpoint.fileBytes > MOST_IO_BYTES) {
      throw new WorkbenchError(
        'checkpoint/io-too-large',
        `${path.basename(file)}: expected inputs and outputs of at most ${MOST_IO_BYTES} bytes, found ${checkpoint.fileBytes}`,
      );
    }
    return arraysOf(checkpoint, path.basename(file));
  } finally {
    checkpoint.close();
  }
}

/** Parameters have names of their own, some of them short. */
function inputName(name: string): string {
  return `input ${name}`;
}

function reportOf(
  name: string,
  shape: readonly number[],
  found: Float32Array,
  expected: NetworkPass['expected'][string] | null,
): OutputReport {
  const own = momentsOf(found);
  const about = { name, shape, min: own.min, max: own.max, mean: own.mean, std: own.std };
  if (expected === null) return { ...about, maxAbsError: null, relativeToStd: null };
  if (!isSameImage(expected, shape)) {
    throw new WorkbenchError(
      'checkpoint/wrong-shape',
      `${name}: expected [${shape.join(', ')}] to compare with, found [${expected.shape.join(', ')}]`,
    );
  }
  let maxAbsError = 0;
  found.forEach((value, i) => {
    const difference = Math.abs(value - expected.data[i]!);
    // What is no number is no small difference.
    maxAbsError = Number.isNaN(difference) ? Infinity : Math.max(maxAbsError, difference);
  });
  return {
    ...about,
    maxAbsError,
    relativeToStd: maxAbsError === 0 ? 0 : maxAbsError / momentsOf(expected.data).std,
  };
}

/** The same samples, rows and columns: code differs in whether grid points are an axis of their own. */
function isSameImage({ shape, data }: NamedArray, own: readonly number[]): boolean {
  const isSame = [0, shape.length - 2, shape.length - 1].every(
    (at, i) => shape[at] === own[i === 0 ? 0 : own.length - 3 + i],
  );
  return isSame && data.length === own.reduce((product, n) => product * n, 1);
}

function momentsOf(values: Float32Array): { min: number; max: number; mean: number; std: number } {
  let [min, max, sum, squares] = [Infinity, -Infinity, 0, 0];
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  const mean = sum / values.length;
  for (const value of values) squares += (value - mean) ** 2;
  return { min, max, mean, std: Math.sqrt(squares / values.length) };
}

function worst(errors: readonly (number | null)[]): number | null {
  const known = errors.filter((error) => error !== null);
  return known.length === 0 ? null : Math.max(...known);
}
