/**
 * The compiled executor: a graph becomes an ONNX model run by ONNX Runtime on its CPU provider. All
 * outputs are allocated once, and state is double-buffered: step k reads buffer A and writes B, step
 * k+1 the reverse, so a run allocates and copies nothing.
 */
import os from 'node:os';
import type * as ort from 'onnxruntime-node';
import { type ConstantData, type Graph, typedArrayOf } from '../graph.ts';
import { type FedConstant, fedConstants } from '../onnx/large-constants.ts';
import { onnxFromGraph } from '../onnx/lower.ts';
import { optimized } from '../passes/index.ts';
import { type Segment, segmentedState } from '../passes/segments.ts';
import { sizeOf } from '../shape.ts';
import type { Executable, Executor, HostArrays, Traffic } from './executor.ts';
import { stateOutputName } from './names.ts';
import type { Precision } from './precision.ts';
import {
  LARGEST_BAKED,
  type Slot,
  allocate,
  checkArray,
  openSession,
  profileOptions,
  slotsOf,
  tensorOf,
} from './session.ts';
import { TrafficCounter } from './traffic.ts';
import { type Fetches, runInto } from './written-outputs.ts';

/** No input or output of a program has this name. */
const SEQUENCE = '!none';

/**
 * @param threads  intra-op threads; results on the CPU are reproducible for a fixed number
 * @param largestBaked  bytes of constants up to which they are part of the model: ONNX Runtime then packs
 *   weights for its kernels once
 * @param precision  float16 rounds the factors of products as a GPU would: for comparison, for it is slower here
 */
export function ortCpuExecutor(
  threads: number,
  largestBaked = LARGEST_BAKED,
  precision: Precision = 'float32',
): Executor {
  return {
    id: 'ort-cpu',
    device: {
      name: os.cpus()[0]?.model.trim() ?? 'CPU',
      memoryBytes: os.totalmem(),
      features: [threads === 1 ? '1 thread' : `${threads} threads`],
      isSoftware: false,
    },
    async compile(graph, { state = [], profileTo } = {}) {
      // A training step follows the last one at once: its threads wait for it on their cores. Those of a
      // program that runs now and then would take the cores from it meanwhile, some 40 ms each time.
      const isBackToBack = state.length > 0;
      const cut = segmentedState(optimized(graph), state);
      const fed = fedConstants(cut.graph, largestBaked);
      const model = onnxFromGraph(cut.graph, { fed, precision, keepsCasts: true, sequence: SEQUENCE });
      const session = await openSession(model, {
        executionProviders: ['cpu'],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        ...profileOptions(profileTo),
        executionMode: 'sequential',
        graphOptimizationLevel: 'all',
        // Outputs live in our buffers; the arena serves intermediates and never shrinks in between.
        enableCpuMemArena: true,
        enableMemPattern: true,
        extra: {
          // Gemm copies a bias to its output in one thread before it adds the product, so that among two
          // the sum afterwards is sooner: 1024 x 128 x 512 in 0.51 ms for 0.61, 2048 x 256 x 256 in 0.95 for 1.13.
          ...(threads > 1 ? { optimization: { disable_specified_optimizers: 'MatMulAddFusion' } } : {}),
          session: {
            // Far points make kernel values underflow; denormals would slow those steps tenfold.
            set_denormal_as_zero: '1',
            intra_op: { allow_spinning: isBackToBack ? '1' : '0' },
          },
        },
      });
      return new HostBufferedExecutable(session, graph, state, [...new Set(fed.values())], cut.segments);
    },
  };
}

class HostBufferedExecutable implements Executable {
  private readonly session: ort.InferenceSession;
  private readonly inputs: readonly Slot[];
  private readonly state: readonly Slot[];
  private readonly outputs: readonly Slot[];
  private readonly counter: TrafficCounter;
  /** Of each state, the memory that even steps read and odd steps write, and the other. */
  private readonly buffers: readonly (readonly [ConstantData, ConstantData])[];
  /** Feeds and fetches of even and odd steps; only the roles of the state buffers differ. */
  private readonly feeds: [Record<string, ort.Tensor>, Record<string, ort.Tensor>];
  private readonly fetches: [Fetches, Fetches];
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
    const slots = slotsOf(graph, stateNames);
    ({ inputs: this.inputs, state: this.state, outputs: this.outputs } = slots);
    this.counter = new TrafficCounter(slots);
    const memory = (slot: Slot): ConstantData => typedArrayOf(slot.dtype, sizeOf(slot.shape));
    this.buffers = this.state.map((slot) => [memory(slot), memory(slot)] as const);
    // Always the same memory: ONNX Runtime reads it where it lies.
    const constants = Object.fromEntries(fed.map((each) => [each.name, tensorOf(each, each.data)]));
    const phaseOf = (phase: 0 | 1) => {
      const feeds: Record<string, ort.Tensor> = { ...constants };
      const fetches: Fetches = { [SEQUENCE]: null };
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
      for (const slot of this.outputs) {
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
    await runInto(this.session, feeds, this.fetches[phase]);
    this.phase = (1 - phase) as 0 | 1;
    this.counter.countRun();
    return this.results[phase];
  }

  async readState(): Promise<HostArrays> {
    this.counter.countState();
    return Object.fromEntries(this.state.map(({ name }, i) => [name, this.buffers[i]![this.phase]]));
  }

  async writeState(state: HostArrays): Promise<void> {
    // All are checked before any is written: a wrong one must not leave half a state behind.
    for (const slot of this.state) checkArray(slot, state[slot.name]);
    this.state.forEach(({ name }, i) => this.buffers[i]![this.phase].set(state[name]!));
    this.counter.countState();
  }

  undo(): void {
    this.phase = (1 - this.phase) as 0 | 1;
  }

  traffic(): Traffic {
    return this.counter.total();
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
