/** The one graphics device of this process: opened at the first asking, and held open for all programs. */
import path from 'node:path';
import type * as ort from 'onnxruntime-node';
import type { ExecutorDevice } from '#contract/engines.ts';
import { WorkbenchError } from '#contract/errors.ts';
import { Graph } from '../graph.ts';
import { onnxFromGraph } from '../onnx/lower.ts';
import { describedAdapter } from './adapter/describe.ts';
import { mayHaveVulkan } from './adapter/loader.ts';
import { thisMachine } from './adapter/surroundings.ts';
import { HUNG } from './device-errors.ts';
import { hangWatch } from './hang-watch.ts';
import type { Precision } from './precision.ts';
import type { DeviceHealth } from './run-guard.ts';
import { openSession, tensorOf } from './session.ts';

export interface Adapter {
  readonly device: ExecutorDevice;
  readonly health: DeviceHealth;
}

let current: Promise<Adapter> | null = null;
/** A device that hung keeps its thread: no other is opened in this process. */
let hung: WorkbenchError | null = null;

/** @throws WorkbenchError `engine/no-executor` with the reason */
export async function openAdapter(): Promise<Adapter> {
  if (hung !== null) {
    throw new WorkbenchError('engine/no-executor', `${hung.message} Start Fewstep again to try once more.`);
  }
  current ??= opened();
  try {
    return await current;
  } catch (error) {
    current = null;
    throw new WorkbenchError('engine/no-executor', reasonOf(error), undefined, { cause: error });
  }
}

async function opened(): Promise<Adapter> {
  if (!mayHaveVulkan(thisMachine, path.dirname(process.execPath)))
    throw new Error('no adapter without a loader');
  // Never let go: with the last session the device goes, and all shaders with it.
  const session = await tinySession('float32');
  const product = await productOf(session);
  if (product !== PRODUCT) throw new Error(`it computed 3 * 5 as ${product}`);
  const described = await describedAdapter();
  const features = (await computesHalf()) ? ['shader-f16'] : [];
  const health: DeviceHealth = {
    failure: null,
    onFailure() {
      current = null;
      if (health.failure?.code === 'engine/device-hung') hung = health.failure;
      else void session.release().catch(() => undefined);
    },
    // A device that the processor plays is slow at most.
    watch: described.isSoftware ? null : hangWatch(`${HUNG} (engine/device-hung)`),
  };
  return { device: { ...described, features }, health };
}

/** Nobody tells whether shaders know float16, so a product is tried whose answer is known. */
async function computesHalf(): Promise<boolean> {
  try {
    const session = await tinySession('float16');
    try {
      return (await productOf(session)) === PRODUCT;
    } finally {
      await session.release();
    }
  } catch {
    return false;
  }
}

const PRODUCT = 15;

/** A product of two matrices of one number each, exact in either precision. */
function tinySession(precision: Precision): Promise<ort.InferenceSession> {
  const graph = new Graph();
  const [a, b, y] = ['a', 'b', 'y'].map(() => graph.value('float32', [1, 1]));
  graph.inputs.push({ name: 'a', value: a! }, { name: 'b', value: b! });
  graph.append({
    kernel: 'BatchMatMul',
    inputNames: ['a', 'b'],
    inputs: [a!, b!],
    outputs: [y!],
    attrs: { transposeA: false, transposeB: false },
  });
  graph.outputs.push({ name: 'y', value: y! });
  return openSession(onnxFromGraph(graph, { precision }), {
    executionProviders: ['webgpu'],
    logSeverityLevel: 4,
    // Without it a device that lacks float16 would be helped out by the processor.
    extra: { session: { disable_cpu_ep_fallback: '1' } },
  });
}

async function productOf(session: ort.InferenceSession): Promise<number> {
  const scalar = (value: number) => tensorOf({ dtype: 'float32', shape: [1, 1] }, Float32Array.of(value));
  const { y } = await session.run({ a: scalar(3), b: scalar(5) });
  return (y!.data as Float32Array)[0]!;
}

function reasonOf(error: unknown): string {
  const found = error instanceof Error ? error.message : String(error);
  if (/adapter|WebGpuContext|not supported|backend not found/i.test(found)) {
    return 'No WebGPU device was found: a graphics driver with Vulkan, Metal or Direct3D 12 is needed (on Linux also the Vulkan loader, libvulkan.so.1).';
  }
  return `The WebGPU device does not work: ${found.split('\n')[0]!.slice(0, 300)}`;
}
