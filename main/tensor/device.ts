/** Which executors this machine has, found by trying them, and the one that `auto` means. */
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { type ExecutorDevice, type ExecutorEntry, type ExecutorId, executorId } from '#contract/engines.ts';
import { WorkbenchError, wireErrorFrom } from '#contract/errors.ts';
import type { Executor } from './executors/executor.ts';
import { ortCpuExecutor } from './executors/ort.ts';
import { referenceExecutor } from './executors/tfjs.ts';
import { ortWebGpuExecutor } from './executors/webgpu.ts';
import { compileProgram } from './program.ts';

export interface ExecutorOptions {
  /** Of matrix products and convolutions; float32 unless said. */
  readonly precision?: 'float32' | 'float16' | undefined;
}

/** What trying an executor tells of it; how fast it is takes longer to tell. */
export type ProbedExecutor = Omit<ExecutorEntry, 'score'>;

type Make = (options: ExecutorOptions) => Executor | Promise<Executor>;

const makers = new Map<ExecutorId, Make>([
  ['ort-cpu', () => ortCpuExecutor(defaultThreads())],
  ['ort-webgpu', ({ precision = 'float32' }) => ortWebGpuExecutor({ precision })],
  ['tensorflow', () => installedTensorflow()],
  ['reference', () => referenceExecutor()],
]);
/** One adapter and one library serve all: drivers do not like to be opened twice. */
const SHARED: readonly ExecutorId[] = ['ort-webgpu', 'tensorflow'];
const shared = new Map<string, Promise<Executor>>();
let engines: string | null = null;
let preferred: ExecutorId = 'ort-cpu';

/** @param folder  where installed engines lie, one folder each */
export function useEnginesFolder(folder: string | null): void {
  if (folder !== engines) forgetExecutor('tensorflow');
  engines = folder;
}

/** What `auto` means from now on. */
export function preferExecutor(id: ExecutorId): void {
  preferred = id;
}

/**
 * The executor that FEWSTEP_EXECUTOR names for `auto`; null where it says nothing.
 * @throws WorkbenchError `engine/no-executor` for a name that is none's
 */
export function pinnedExecutor(): ExecutorId | null {
  const named = process.env['FEWSTEP_EXECUTOR'];
  if (named === undefined || named === '' || named === 'auto') return null;
  const found = executorId.safeParse(named);
  if (found.success) return found.data;
  throw new WorkbenchError(
    'engine/no-executor',
    `FEWSTEP_EXECUTOR: expected one of auto, ${executorId.options.join(', ')}, found "${named}"`,
  );
}

/**
 * @param id  `auto` for the one that FEWSTEP_EXECUTOR or {@link preferExecutor} names, and for float16 the
 *   only one that has it
 * @throws WorkbenchError `engine/no-executor` with the reason, and what to do
 */
export async function executorById(
  id: ExecutorId | 'auto',
  options: ExecutorOptions = {},
): Promise<Executor> {
  const { precision = 'float32' } = options;
  const isHalf = precision === 'float16';
  const chosen = id !== 'auto' ? id : isHalf ? 'ort-webgpu' : (pinnedExecutor() ?? preferred);
  if (isHalf && chosen !== 'ort-webgpu') {
    throw new WorkbenchError(
      'engine/no-executor',
      `precision: expected float32 for ${chosen}, for only ort-webgpu computes in float16, found float16`,
      { field: 'precision' },
    );
  }
  const make = async (): Promise<Executor> => {
    try {
      return await makers.get(chosen)!(options);
    } catch (error) {
      throw unavailable(chosen, error);
    }
  };
  if (!SHARED.includes(chosen)) return make();
  const key = keyOf(chosen, precision);
  const known = shared.get(key) ?? make();
  shared.set(key, known);
  known.catch(() => {
    if (shared.get(key) === known) shared.delete(key);
  });
  return known;
}

/** The executor of that id where it can be had, else what `auto` means: for what need not be computed on it. */
export async function executorOrAuto(id: ExecutorId | 'auto'): Promise<Executor> {
  if (id === 'auto') return executorById(id);
  return executorById(id).catch(() => executorById('auto'));
}

/** Makes the next one who asks for it get a new one: its device was lost, or its library is another. */
export function forgetExecutor(id: ExecutorId): void {
  for (const precision of ['float32', 'float16'] as const) shared.delete(keyOf(id, precision));
}

/** For tests of what becomes of a run whose device fails. @returns puts the real one back */
export function replaceExecutor(id: ExecutorId, make: Make): () => void {
  const before = makers.get(id)!;
  forgetExecutor(id);
  makers.set(id, make);
  return () => {
    forgetExecutor(id);
    makers.set(id, before);
  };
}

/**
 * Tries an executor on a tiny program. Never throws: why it cannot be had is what it says. Loading a driver
 * takes time, and some drivers print.
 */
export async function probeExecutor(id: ExecutorId): Promise<ProbedExecutor> {
  try {
    const executor = await executorById(id);
    const { device } = executor;
    const program = await compileProgram(executor, {
      inputs: { x: { shape: [2] } },
      run: (_, { x }) => ({ outputs: { y: tf.add(tf.square(x!), 1) } }),
    });
    const { y } = await program.run({ x: Float32Array.of(2, 3) });
    const [first, second] = y!;
    await program.dispose();
    if (first === 5 && second === 10) return { id, available: true, reason: deviceText(device), device };
    return { id, available: false, reason: `It computed 2 * 2 + 1 as ${first}.`, device };
  } catch (error) {
    return { id, available: false, reason: plainReason(wireErrorFrom(error).message), device: null };
  }
}

/** A device as runs and figures name it: `AMD EPYC 7B13, 8 threads`. */
export function deviceText({ name, features }: ExecutorDevice): string {
  return [name, ...features.filter((feature) => /thread|^CUDA/.test(feature))].join(', ');
}

/** One thread per physical core up to 16; FEWSTEP_THREADS overrides. Fixed for a machine, so runs repeat. */
function defaultThreads(): number {
  const asked = Number(process.env['FEWSTEP_THREADS']);
  if (Number.isInteger(asked) && asked >= 1) return asked;
  return Math.max(1, Math.min(16, os.availableParallelism()));
}

/** Versions of what computes, for run records and `doctor`. */
export function engineVersions(): Record<string, string> {
  const require = createRequire(import.meta.url);
  const versionOf = (name: string): string =>
    (require(`${name}/package.json`) as { version: string }).version;
  return {
    node: process.versions.node,
    'onnxruntime-node': versionOf('onnxruntime-node'),
    '@tensorflow/tfjs-core': tf.version_core,
  };
}

async function installedTensorflow(): Promise<Executor> {
  if (engines === null) {
    throw new WorkbenchError('engine/no-executor', 'It lies in a data folder, and none is open.');
  }
  // Loaded when asked for: most never do.
  const { tensorflowExecutor } = await import('./executors/tensorflow.ts');
  return tensorflowExecutor(path.join(engines, 'tensorflow'));
}

function keyOf(id: ExecutorId, precision: string): string {
  return `${id} ${precision}`;
}

function unavailable(id: ExecutorId, error: unknown): WorkbenchError {
  const { code, message } = wireErrorFrom(error);
  // What is named more exactly stays what it is, e.g. that the device lacks float16.
  if (error instanceof WorkbenchError && code !== 'engine/no-executor') return error;
  return new WorkbenchError(
    'engine/no-executor',
    `Executor ${id} is not available: ${plainReason(message)}`,
    { executor: id },
    { cause: error },
  );
}

/** The first line, without what {@link unavailable} put before it. */
function plainReason(message: string): string {
  return message
    .replace(/^Executor [\w-]+ is not available: /, '')
    .split('\n')[0]!
    .slice(0, 600);
}
