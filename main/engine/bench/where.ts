/** Where the time of a training step goes: up, in calls, in kernels, and back. */
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { WorkbenchError } from '#contract/errors.ts';
import type { Executor, ExecutorId } from '../../tensor/executors/executor.ts';
import { compileProgram } from '../../tensor/program.ts';
import { median } from './median.ts';
import { type KernelTime, type Profile, profileOf } from './profile.ts';
import { benchWorkload } from './run.ts';

/** Milliseconds of a step. On a device kernels run while further ones are dispatched: parts overlap. */
export interface TimeSpent {
  /** The step with a profile being kept, slower than without one: what the parts are parts of. */
  readonly profiledMsPerStep: number;
  /** Inputs are handed to the device; null on the processor, which reads them where they lie. */
  readonly uploadMs: number | null;
  /** What the host does for a step without waiting for the device, or on the processor beside computing. */
  readonly dispatchMs: number;
  /** The device computes, by its own clock; null where it keeps no times. */
  readonly kernelsMs: number | null;
  /** The loss comes back from a device that has nothing else to do; null on the processor. */
  readonly readbackMs: number | null;
  /** The longest first; their sum is `kernelsMs`. */
  readonly kernels: readonly KernelTime[];
  /** Why `kernelsMs` is null. */
  readonly notMeasured: string | null;
}

const PROFILED: readonly ExecutorId[] = ['ort-cpu', 'ort-webgpu'];
/** A profile has a line for every call of a kernel: more steps tell nothing new. */
const MOST_STEPS = 10;
const READS = 20;

/** @throws WorkbenchError `cli/bad-flag` for an executor that keeps no profile */
export function checkKeepsProfile(id: ExecutorId): void {
  if (PROFILED.includes(id)) return;
  throw new WorkbenchError(
    'cli/bad-flag',
    `--where: expected executor ${PROFILED.join(' or ')}, for others keep no profile, found ${id}`,
  );
}

/** @throws WorkbenchError `cli/bad-flag` for a workload that is none, or an executor that keeps no profile */
export async function whereTimeGoes(name: string, executor: Executor, steps: number): Promise<TimeSpent> {
  checkKeepsProfile(executor.id);
  const counted = Math.min(steps, MOST_STEPS);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'fewstep-profile-'));
  try {
    const profiled: Executor = {
      ...executor,
      compile: (graph, options) => executor.compile(graph, { ...options, profileTo: folder }),
    };
    const { msPerStep } = await benchWorkload(name, profiled, counted);
    // A session that was refused leaves one too, before the one that ran.
    const last = (await readdir(folder)).sort().at(-1)!;
    const profile = profileOf(await readFile(path.join(folder, last), 'utf8'), counted);
    if (executor.id === 'ort-cpu') return onProcessor(profile, msPerStep);
    return onDevice(profile, msPerStep, await readbackMs(executor), executor.device.name);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param msPerStep  the median of the same steps, what calling ONNX Runtime takes included */
export function onProcessor({ onHost }: Profile, msPerStep: number): TimeSpent {
  const kernelsMs = sumOf(onHost);
  return {
    profiledMsPerStep: msPerStep,
    uploadMs: null,
    dispatchMs: Math.max(0, msPerStep - kernelsMs),
    kernelsMs,
    readbackMs: null,
    kernels: onHost,
    notMeasured: null,
  };
}

/** @param msPerStep  as of {@link onProcessor} */
export function onDevice(
  { runMs, uploadMs, callsMs, onDevice: kernels }: Profile,
  msPerStep: number,
  readback: number,
  device: string,
): TimeSpent {
  const hasTimes = kernels.length > 0;
  return {
    profiledMsPerStep: msPerStep,
    uploadMs,
    dispatchMs: callsMs + Math.max(0, msPerStep - runMs),
    kernelsMs: hasTimes ? sumOf(kernels) : null,
    readbackMs: readback,
    kernels,
    notMeasured: hasTimes
      ? null
      : `ONNX Runtime's profile has no times of ${device}, which seems to have no timestamp queries`,
  };
}

function sumOf(kernels: readonly KernelTime[]): number {
  return kernels.reduce((sum, { ms }) => sum + ms, 0);
}

/** One number from an idle device: a run that brings it back against the same run that leaves it there. */
async function readbackMs(executor: Executor): Promise<number> {
  const [left, read] = [await tinyRunMs(executor, false), await tinyRunMs(executor, true)];
  return Math.max(0, read - left);
}

async function tinyRunMs(executor: Executor, isRead: boolean): Promise<number> {
  const program = await compileProgram(executor, {
    state: { x: { shape: [1] } },
    inputs: {},
    run: ({ x }) => {
      const next = tf.add(x as Tensor1D, 1);
      const outputs: Record<string, Tensor> = isRead ? { y: tf.reshape(next, []) } : {};
      return { state: { x: next }, outputs };
    },
  });
  const times: number[] = [];
  // The first runs allocate and compile shaders.
  for (let k = -READS; k < READS; k++) {
    const began = performance.now();
    await program.run({});
    if (k >= 0) times.push(performance.now() - began);
  }
  await program.dispose();
  return median(times);
}
