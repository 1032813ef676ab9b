/** Which executors this machine has, found by trying them. */
import { createRequire } from 'node:module';
import os from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { WorkbenchError } from '#contract/errors.ts';
import type { Executor, ExecutorId } from './executors/executor.ts';
import { ortCpuExecutor, ortWebGpuExecutor } from './executors/ort.ts';
import { referenceExecutor } from './executors/tfjs.ts';
import { compileProgram } from './program.ts';

export interface ExecutorStatus {
  readonly id: ExecutorId;
  readonly available: boolean;
  /** What it runs on; or why it is absent and how to get it. */
  readonly reason: string;
}

/**
 * Tries every executor on a tiny program and says what came of it. WebGPU is tried only when asked:
 * loading a driver is slow and some drivers print.
 */
export async function probeExecutors(): Promise<ExecutorStatus[]> {
  return [
    await probed(
      'ort-cpu',
      () => ortCpuExecutor(defaultThreads()),
      `${cpuName()}, ${defaultThreads()} threads`,
    ),
    await probed('ort-webgpu', ortWebGpuExecutor, 'WebGPU adapter found'),
    {
      id: 'tensorflow',
      available: false,
      reason:
        'The optional package @tensorflow/tfjs-node is not part of this installation; ort-cpu runs the same programs.',
    },
    await probed(
      'reference',
      referenceExecutor,
      'TensorFlow.js in plain JavaScript; slow, for checking the others',
    ),
  ];
}

/** @throws WorkbenchError `engine/no-executor` with the probe's reason */
export async function executorById(id: ExecutorId | 'auto'): Promise<Executor> {
  if (id === 'auto' || id === 'ort-cpu') return ortCpuExecutor(defaultThreads());
  if (id === 'reference') return referenceExecutor();
  const status = (await probeExecutors()).find((candidate) => candidate.id === id);
  if (id === 'ort-webgpu' && status?.available === true) return ortWebGpuExecutor();
  throw new WorkbenchError(
    'engine/no-executor',
    `Executor ${id} is not available: ${status?.reason ?? 'unknown'}`,
  );
}

/** One thread per physical core up to 16; FEWSTEP_THREADS overrides. Fixed for a machine, so runs repeat. */
function defaultThreads(): number {
  const asked = Number(process.env['FEWSTEP_THREADS']);
  if (Number.isInteger(asked) && asked >= 1) return asked;
  return Math.max(1, Math.min(16, os.availableParallelism()));
}

export function deviceName(id: ExecutorId): string {
  return id === 'ort-webgpu'
    ? 'WebGPU'
    : `${cpuName()}, ${id === 'reference' ? 1 : defaultThreads()} threads`;
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

async function probed(id: ExecutorId, make: () => Executor, found: string): Promise<ExecutorStatus> {
  try {
    const program = await compileProgram(make(), {
      inputs: { x: { shape: [2] } },
      run: (_, { x }) => ({ outputs: { y: tf.add(tf.square(x!), 1) } }),
    });
    const { y } = await program.run({ x: Float32Array.of(2, 3) });
    await program.dispose();
    if (y![0] === 5 && y![1] === 10) return { id, available: true, reason: found };
    return { id, available: false, reason: `It computed 2*2+1 as ${y![0]}.` };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { id, available: false, reason: plainReason(message) };
  }
}

function plainReason(message: string): string {
  if (message.includes('RequestAdapter') || message.includes('WebGpuContext')) {
    return 'No WebGPU adapter was found: a GPU driver with Vulkan, Metal or Direct3D 12 is needed (on Linux also the Vulkan loader, libvulkan.so.1).';
  }
  return message.split('\n')[0]!.slice(0, 300);
}

function cpuName(): string {
  return os.cpus()[0]?.model.trim() ?? 'CPU';
}
