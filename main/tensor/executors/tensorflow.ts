/**
 * TensorFlow: the traced graph, after the passes, run by TensorFlow.js's kernels for the `tensorflow`
 * backend on the library and the addon of an engine's folder, see main/engine/tensorflow/.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import type { ExecutorDevice } from '#contract/engines.ts';
import { WorkbenchError } from '#contract/errors.ts';
import type { Graph } from '../graph.ts';
import type { RepeatAttributes } from '../kernels/repeat.ts';
import { optimized } from '../passes/index.ts';
import type { Executable, Executor, HostArrays } from './executor.ts';
import { tensorflowFailure } from './tensorflow-errors.ts';
import { registerOwnKernels } from './tensorflow-kernels.ts';
import { type Binding, loadAddon, loadPackage } from './tensorflow-package.ts';
import { Interpreter } from './tfjs-interpreter.ts';

const BACKEND = 'tensorflow';

/** One library per process: TensorFlow cannot be loaded twice, nor let go of. */
let loaded: { readonly binding: Binding; readonly identity: string } | null = null;

/**
 * @param folder  where an engine lies: the addon, named by `engine.json`, and `lib/` beside it
 * @throws WorkbenchError `engine/no-executor` with a plain reason
 */
export async function tensorflowExecutor(folder: string): Promise<Executor> {
  const binding = load(folder);
  const device = await deviceOf(binding);
  return {
    id: 'tensorflow',
    device,
    compile: async (graph, options) => {
      const smaller = optimized(graph);
      const missing = [...new Set(kernelsOf(smaller))].filter((name) => !isKnown(name));
      if (missing.length > 0) {
        throw new WorkbenchError(
          'engine/compile-failed',
          `TensorFlow has no kernel for ${missing.join(', ')}; choose another executor.`,
          { kernels: missing },
        );
      }
      return new TensorflowExecutable(smaller, BACKEND, options?.state ?? []);
    },
  };
}

class TensorflowExecutable extends Interpreter implements Executable {
  override async run(inputs: HostArrays): Promise<HostArrays> {
    try {
      return await super.run(inputs);
    } catch (error) {
      // The state before the step is untouched.
      throw tensorflowFailure(error) ?? error;
    }
  }
}

function load(folder: string): Binding {
  const addon = addonOf(folder);
  const { ino, dev, size } = fs.statSync(addon);
  const identity = `${dev} ${ino} ${size}`;
  if (loaded !== null) {
    if (loaded.identity === identity) return loaded.binding;
    throw unavailable('TensorFlow was replaced while this program ran; restart Fewstep to use the new one.');
  }
  const { NodeJSKernelBackend, createTensorsTypeOpAttr } = loadPackage();
  configure();
  let binding: Binding;
  let backend: tf.KernelBackend;
  try {
    binding = loadAddon(addon);
    backend = new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node-gpu');
  } catch (error) {
    throw unavailable(
      `TensorFlow's addon ${addon} could not be loaded: ${error instanceof Error ? error.message : String(error)}. Install it again: fewstep engine install tensorflow`,
      error,
    );
  }
  tf.registerBackend(BACKEND, () => backend, 0);
  registerOwnKernels(BACKEND, createTensorsTypeOpAttr);
  loaded = { binding, identity };
  return binding;
}

function addonOf(folder: string): string {
  const record = path.join(folder, 'engine.json');
  let addon: unknown;
  try {
    ({ addon } = JSON.parse(fs.readFileSync(record, 'utf8')) as { addon?: unknown });
  } catch (error) {
    throw unavailable(
      fs.existsSync(record)
        ? `${record} cannot be read; install it again: fewstep engine install tensorflow`
        : 'TensorFlow is not installed: fewstep engine install tensorflow',
      error,
    );
  }
  const file = path.join(folder, String(addon));
  if (typeof addon === 'string' && fs.existsSync(file)) return file;
  throw unavailable(
    `${file}, which ${record} names, is missing; install it again: fewstep engine install tensorflow`,
  );
}

/** What TensorFlow reads from the environment when it is loaded; what a person has set stays. */
function configure(): void {
  // All of a card's memory at once would leave none to other programs.
  process.env['TF_FORCE_GPU_ALLOW_GROWTH'] ??= 'true';
  // Its notes about the processor go to everyone's terminal.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  // Else products of float32 matrices are rounded to ten bits on the card, and runs differ from others.
  process.env['NVIDIA_TF32_OVERRIDE'] ??= '0';
  const threads = process.env['FEWSTEP_THREADS'];
  if (threads !== undefined && threads !== '') process.env['TF_NUM_INTRAOP_THREADS'] ??= threads;
}

async function deviceOf(binding: Binding): Promise<ExecutorDevice> {
  const version = `TensorFlow ${binding.TF_Version}`;
  if (!binding.isUsingGpuDevice()) {
    const threads = process.env['TF_NUM_INTRAOP_THREADS'] ?? os.availableParallelism();
    return {
      name: os.cpus()[0]?.model.trim() ?? 'CPU',
      memoryBytes: os.totalmem(),
      features: [`${threads} threads`, version],
      isSoftware: false,
    };
  }
  const card = await firstCard();
  return {
    name: card?.name ?? 'NVIDIA GPU',
    memoryBytes: card?.memoryBytes ?? null,
    features: [card?.cuda === undefined ? 'CUDA' : `CUDA ${card.cuda}`, version],
    isSoftware: false,
  };
}

interface Card {
  readonly name: string;
  readonly memoryBytes: number;
  /** Of the driver. */
  readonly cuda: string | undefined;
}

/** As the driver's own tool tells it; null where that is missing. */
async function firstCard(): Promise<Card | null> {
  const ask = async (args: string[]): Promise<string> =>
    (await promisify(execFile)('nvidia-smi', args, { timeout: 10_000 })).stdout;
  try {
    const [name, mebibytes] = (
      await ask(['--query-gpu=name,memory.total', '--format=csv,noheader,nounits', '--id=0'])
    ).split(',');
    const cuda = /CUDA Version:\s*([\d.]+)/.exec(await ask([]))?.[1];
    return { name: name!.trim(), memoryBytes: Number(mebibytes) * 2 ** 20, cuda };
  } catch {
    return null;
  }
}

function kernelsOf(graph: Graph): string[] {
  return graph.nodes.flatMap((node) =>
    node.kernel === 'Repeat' ? kernelsOf((node.attrs as unknown as RepeatAttributes).body) : [node.kernel],
  );
}

const isKnown = (kernel: string): boolean =>
  (tf.getKernel(kernel, BACKEND) as tf.KernelConfig | undefined) !== undefined;

function unavailable(message: string, cause?: unknown): WorkbenchError {
  return new WorkbenchError('engine/no-executor', message, {}, { cause });
}
