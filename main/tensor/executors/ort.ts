/**
 * The compiled executor: a graph becomes an ONNX model run by ONNX Runtime. On the CPU provider all
 * outputs are allocated once, and state is double-buffered: step k reads buffer A and writes B, step
 * k+1 the reverse, so a run allocates and copies nothing.
 */
import * as ort from 'onnxruntime-node';
import { WorkbenchError } from '#contract/errors.ts';
import { type ConstantData, type DType, type Graph, typedArrayOf } from '../graph.ts';
import { type FedConstant, fedConstants } from '../onnx/large-constants.ts';
import { onnxFromGraph } from '../onnx/lower.ts';
import { optimized } from '../passes/index.ts';
import { type Segment, segmentedState } from '../passes/segments.ts';
import { sizeOf } from '../shape.ts';
import type { Executable, Executor, HostArrays } from './executor.ts';
import { stateOutputName } from './names.ts';

interface Slot {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** Programs with more bytes of constants than this are fed them at every run. */
const LARGEST_BAKED = 2 ** 30;

/**
 * @param threads  intra-op threads; results on the CPU are reproducible for a fixed number
 * @param largestBaked  bytes of constants up to which they are part of the model: ONNX Runtime then packs
 *   weights for its kernels once
 */
export function ortCpuExecutor(threads: number, largestBaked = LARGEST_BAKED): Executor {
  return {
    id: 'ort-cpu',
    async compile(graph, { state = [] } = {}) {
      // A training step follows the last one at once: its threads wait for it on their cores. Those of a
      // program that runs now and then would take the cores from it meanwhile, some 40 ms each time.
      const isBackToBack = state.length > 0;
      const cut = segmentedState(optimized(graph), state);
      const { session, fed } = await createSession(cut.graph, largestBaked, {
        executionProviders: ['cpu'],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        graphOptimizationLevel: 'all',
        // Outputs live in our buffers; the arena serves intermediates and never shrinks in between.
        enableCpuMemArena: true,
        enableMemPattern: true,
        extra: {
          session: {
            // Far points make kernel values underflow; denormals would slow those steps tenfold.
            set_denormal_as_zero: '1',
            intra_op: { allow_spinning: isBackToBack ? '1' : '0' },
          },
        },
      });
      return new HostBufferedExecutable(session, graph, state, fed, cut.segments);
    },
  };
}

/**
 * The same program on ONNX Runtime's WebGPU provider. State and outputs still pass through host
 * buffers here, which is right everywhere and not yet fast.
 */
export function ortWebGpuExecutor(): Executor {
  return {
    id: 'ort-webgpu',
    async compile(graph, options) {
      const { session, fed } = await createSession(optimized(graph), LARGEST_BAKED, {
        executionProviders: ['webgpu'],
        graphOptimizationLevel: 'all',
      });
      return new HostBufferedExecutable(session, graph, options?.state ?? [], fed, new Map());
    },
  };
}

async function createSession(
  graph: Graph,
  largestBaked: number,
  options: ort.InferenceSession.SessionOptions,
): Promise<{ session: ort.InferenceSession; fed: readonly FedConstant[] }> {
  const fed = fedConstants(graph, largestBaked);
  const model = onnxFromGraph(graph, { fed });
  try {
    const session = await ort.InferenceSession.create(model, { logSeverityLevel: 3, ...options });
    return { session, fed: [...new Set(fed.values())] };
  } catch (error) {
    throw new WorkbenchError(
      'engine/compile-failed',
      `ONNX Runtime could not compile the program: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

class HostBufferedExecutable implements Executable {
  private readonly session: ort.InferenceSession;
  private readonly inputs: readonly Slot[];
  private readonly state: readonly Slot[];
  /** Of each state, the memory that even steps read and odd steps write, and the other. */
  private readonly buffers: readonly (readonly [ConstantData, ConstantData])[];
  /** Feeds and fetches of even and odd steps; only the roles of the state buffers differ. */
  private readonly feeds: [Record<string, ort.Tensor>, Record<string, ort.Tensor>];
  private readonly fetches: [Record<string, ort.Tensor>, Record<string, ort.Tensor>];
  private readonly results: [HostArrays, HostArrays];
  private phase: 0 | 1 = 0;

  constructor(
    session: ort.InferenceSession,
    graph: Graph,
    stateNames: readonly string[],
    fed: readonly FedConstant[],
    segments: ReadonlyMap<string, readonly Segment[]>,
  ) {
    this.session = session;
    const slots = (list: Graph['inputs']): Slot[] =>
      list.map(({ name, value }) => ({ name, dtype: value.dtype, shape: value.shape }));
    const isState = ({ name }: Slot) => stateNames.includes(name);
    this.inputs = slots(graph.inputs).filter((slot) => !isState(slot));
    this.state = slots(graph.inputs).filter(isState);
    const stateOutputs = this.state.map(({ name }) => stateOutputName(name));
    const plain = slots(graph.outputs).filter(({ name }) => !stateOutputs.includes(name));
    const memory = (slot: Slot): ConstantData => typedArrayOf(slot.dtype, sizeOf(slot.shape));
    this.buffers = this.state.map((slot) => [memory(slot), memory(slot)] as const);
    // Always the same memory: ONNX Runtime reads it where it lies.
    const constants = Object.fromEntries(fed.map((each) => [each.name, tensorOf(each, each.data)]));
    const phaseOf = (phase: 0 | 1) => {
      const feeds: Record<string, ort.Tensor> = { ...constants };
      const fetches: Record<string, ort.Tensor> = {};
      const results: HostArrays = {};
      this.state.forEach((slot, i) => {
        const whole: Segment = { name: slot.name, begin: 0, end: sizeOf(slot.shape) };
        for (const { name, begin, end } of segments.get(slot.name) ?? [whole]) {
          const part = { ...slot, shape: segments.has(slot.name) ? [end - begin] : slot.shape };
          const [from, to] = [this.buffers[i]![phase], this.buffers[i]![1 - phase]!];
          feeds[name] = tensorOf(part, from.subarray(begin, end));
          fetches[stateOutputName(name)] = tensorOf(part, to.subarray(begin, end));
        }
      });
      for (const slot of plain) {
        const tensor = allocate(slot);
        fetches[slot.name] = tensor;
        results[slot.name] = tensor.data as ConstantData;
      }
      return { feeds, fetches, results };
    };
    const [even, odd] = [phaseOf(0), phaseOf(1)];
    this.feeds = [even.feeds, odd.feeds];
    this.fetches = [even.fetches, odd.fetches];
    this.results = [even.results, odd.results];
  }

  async run(inputs: HostArrays): Promise<HostArrays> {
    const { phase } = this;
    const feeds = this.feeds[phase];
    for (const slot of this.inputs) bindInput(feeds, slot, inputs[slot.name]);
    await this.session.run(feeds, this.fetches[phase]);
    this.phase = (1 - phase) as 0 | 1;
    return this.results[phase];
  }

  async readState(): Promise<HostArrays> {
    return Object.fromEntries(this.state.map(({ name }, i) => [name, this.buffers[i]![this.phase]]));
  }

  async writeState(state: HostArrays): Promise<void> {
    // All are checked before any is written: a wrong one must not leave half a state behind.
    for (const slot of this.state) checkArray(slot, state[slot.name]);
    this.state.forEach(({ name }, i) => this.buffers[i]![this.phase].set(state[name]!));
  }

  undo(): void {
    this.phase = (1 - this.phase) as 0 | 1;
  }

  async dispose(): Promise<void> {
    await this.session.release();
  }
}

/** Re-wraps only when the caller brings another array than last time. */
function bindInput(feeds: Record<string, ort.Tensor>, slot: Slot, array: ConstantData | undefined): void {
  checkArray(slot, array);
  if (feeds[slot.name]?.data !== array) feeds[slot.name] = tensorOf(slot, array);
}

function checkArray(slot: Slot, array: ConstantData | undefined): asserts array is ConstantData {
  const wanted = sizeOf(slot.shape);
  if (array === undefined || array.length !== wanted) {
    throw new RangeError(
      `program input ${slot.name}: expected ${wanted} elements of shape [${slot.shape.join(', ')}], found ${array?.length ?? 'nothing'}`,
    );
  }
}

function allocate(slot: Slot): ort.Tensor {
  return tensorOf(slot, typedArrayOf(slot.dtype, sizeOf(slot.shape)));
}

function tensorOf({ dtype, shape }: Slot, data: ConstantData): ort.Tensor {
  return new ort.Tensor(dtype, data as Float32Array, shape);
}
