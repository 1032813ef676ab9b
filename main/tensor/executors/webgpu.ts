/** The compiled executor on ONNX Runtime's WebGPU provider: any GPU with Vulkan, Metal or Direct3D 12. */
import type * as ort from 'onnxruntime-node';
import { WorkbenchError } from '#contract/errors.ts';
import type { Graph } from '../graph.ts';
import { fedConstants } from '../onnx/large-constants.ts';
import { onnxFromGraph } from '../onnx/lower.ts';
import { optimized } from '../passes/index.ts';
import { segmentedState } from '../passes/segments.ts';
import { forWebGpu } from '../passes/webgpu/index.ts';
import { unrolled } from '../passes/webgpu/unroll.ts';
import { deviceFailure } from './device-errors.ts';
import type { CompileOptions, Executor } from './executor.ts';
import { fallbackKernels } from './fallbacks.ts';
import { stateOutputName } from './names.ts';
import type { Precision } from './precision.ts';
import { ResidentExecutable } from './resident.ts';
import { type DeviceHealth, RunGuard } from './run-guard.ts';
import { LARGEST_BAKED, openSession, profileOptions, slotsOf } from './session.ts';
import { openAdapter } from './webgpu-adapter.ts';

/** Elements of a state vector above which it is cut: a shader need not be able to bind more than 128 MiB. */
const LARGEST_BINDING = 2 ** 25;

/**
 * @param precision  of matrix products and convolutions; parameters and all else stay float32
 * @throws WorkbenchError `engine/no-executor` with the reason where there is no device,
 *   `engine/no-float16` where its shaders have none
 */
export async function ortWebGpuExecutor({
  precision = 'float32',
}: { precision?: Precision } = {}): Promise<Executor> {
  const { device, health } = await openAdapter();
  if (precision === 'float16' && !device.features.includes('shader-f16')) {
    throw new WorkbenchError(
      'engine/no-float16',
      `precision: expected float32, for ${device.name} has no float16 in its shaders (shader-f16), found float16`,
      { field: 'precision', device: device.name },
    );
  }
  return {
    id: 'ort-webgpu',
    device: precision === 'float16' ? { ...device, features: [...device.features, 'float16'] } : device,
    compile: (graph, options = {}) => compiled(graph, options, precision, health),
  };
}

async function compiled(
  graph: Graph,
  { state = [], profileTo }: CompileOptions,
  precision: Precision,
  health: DeviceHealth,
): Promise<ResidentExecutable> {
  if (health.failure !== null) throw health.failure;
  // Sums over a vector that is cut are recognised only as the tape left them: what the device needs comes last.
  const cut = segmentedState(withoutLoops(optimized(graph)), state, LARGEST_BINDING, LARGEST_BINDING / 2);
  const whole = forWebGpu(cut.graph);
  const fed = fedConstants(whole, LARGEST_BAKED);
  const model = onnxFromGraph(whole, { fed, precision });
  const onDevice = state.flatMap((name) => (cut.segments.get(name) ?? [{ name }]).map(outputOf));
  const { session, isWhole } = await openedWhole(model, onDevice, profileOptions(profileTo));
  return new ResidentExecutable({
    session,
    slots: slotsOf(graph, state),
    segments: cut.segments,
    fed: [...new Set(fed.values())],
    fallbacks: isWhole ? [] : await fallbackKernels(whole, runsOnDevice),
    open: (part, names) => opened(onnxFromGraph(part), names),
    guard: new RunGuard(health),
  });
}

function withoutLoops(graph: Graph): Graph {
  const flat = unrolled(graph);
  return flat === graph ? graph : optimized(flat);
}

const outputOf = ({ name }: { readonly name: string }): string => stateOutputName(name);

/** Refuses a program of which the processor would have to run a part. */
const WHOLE: ort.InferenceSession.SessionOptions = {
  logSeverityLevel: 4,
  extra: { session: { disable_cpu_ep_fallback: '1' } },
};

/** ONNX Runtime gives what a device lacks to the processor without a word, unless it is told not to. */
async function openedWhole(
  model: Uint8Array,
  onDevice: readonly string[],
  profile: ort.InferenceSession.SessionOptions,
): Promise<{ session: ort.InferenceSession; isWhole: boolean }> {
  try {
    return { session: await opened(model, onDevice, { ...WHOLE, ...profile }), isWhole: true };
  } catch (error) {
    if (!isFallback(error)) throw error;
    return { session: await opened(model, onDevice, profile), isWhole: false };
  }
}

async function runsOnDevice(graph: Graph): Promise<boolean> {
  try {
    const session = await opened(onnxFromGraph(graph), [], WHOLE);
    await session.release();
    return true;
  } catch (error) {
    if (isFallback(error)) return false;
    throw error;
  }
}

function isFallback(error: unknown): boolean {
  return error instanceof Error && error.message.includes('fallback to CPU EP has been explicitly disabled');
}

async function opened(
  model: Uint8Array,
  onDevice: readonly string[],
  options: ort.InferenceSession.SessionOptions = {},
): Promise<ort.InferenceSession> {
  try {
    return await openSession(model, {
      executionProviders: ['webgpu'],
      graphOptimizationLevel: 'all',
      preferredOutputLocation: Object.fromEntries(onDevice.map((name) => [name, 'gpu-buffer' as const])),
      ...options,
    });
  } catch (error) {
    throw deviceFailure(error) ?? error;
  }
}
