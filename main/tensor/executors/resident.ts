/**
 * A program whose state stays on the GPU: every run returns the new state as buffers there, which the
 * next run is fed. Host arrays enter and leave the state through sessions of their own that copy, since
 * reading a GPU tensor directly (`getData`) ends the process in onnxruntime-node 1.30.
 */
import type * as ort from 'onnxruntime-node';
import { type ConstantData, Graph, typedArrayOf } from '../graph.ts';
import type { FedConstant } from '../onnx/large-constants.ts';
import type { Segment } from '../passes/segments.ts';
import { sizeOf } from '../shape.ts';
import type { Executable, HostArrays, Traffic } from './executor.ts';
import { stateOutputName } from './names.ts';
import type { RunGuard } from './run-guard.ts';
import { type Slot, type Slots, checkArray, tensorOf } from './session.ts';
import { TrafficCounter } from './traffic.ts';
import { TwoStates } from './two-states.ts';

/** What is needed of a session; tests put others in its place. */
export interface RunnableSession {
  run(feeds: Record<string, ort.Tensor>): Promise<Record<string, ort.Tensor>>;
  release(): Promise<void>;
}

/** Opens a session whose named outputs stay on the device. */
export type OpenSession = (graph: Graph, onDevice: readonly string[]) => Promise<RunnableSession>;

/** Elements [begin, end) of a state, as the model has them. */
interface Part extends Slot {
  readonly of: number;
  readonly begin: number;
  readonly end: number;
}

type DeviceTensors = Readonly<Record<string, ort.Tensor>>;

export interface ResidentProgram {
  readonly session: RunnableSession;
  readonly slots: Slots;
  readonly segments: ReadonlyMap<string, readonly Segment[]>;
  readonly fed: readonly FedConstant[];
  readonly fallbacks: readonly string[];
  readonly open: OpenSession;
  readonly guard: RunGuard;
}

export class ResidentExecutable implements Executable {
  readonly fallbacks: readonly string[];
  private readonly program: ResidentProgram;
  private readonly parts: readonly Part[];
  private readonly counter: TrafficCounter;
  private readonly feeds: Record<string, ort.Tensor> = {};
  /** Copies to and from the device, opened when first needed. */
  private writing: RunnableSession | null = null;
  private reading: RunnableSession | null = null;
  private constants: DeviceTensors | null = null;
  private readonly states = new TwoStates<DeviceTensors>(disposed);

  constructor(program: ResidentProgram) {
    this.program = program;
    this.fallbacks = program.fallbacks;
    this.counter = new TrafficCounter(program.slots);
    this.parts = program.slots.state.flatMap((slot, of) => {
      const cut = program.segments.get(slot.name);
      if (cut === undefined) return [{ ...slot, of, begin: 0, end: sizeOf(slot.shape) }];
      return cut.map(({ name, begin, end }) => ({ ...slot, name, shape: [end - begin], of, begin, end }));
    });
  }

  async run(inputs: HostArrays): Promise<HostArrays> {
    const { session, slots } = this.program;
    const { states } = this;
    for (const slot of slots.inputs) {
      const array = inputs[slot.name];
      checkArray(slot, array);
      if (this.feeds[slot.name]?.data !== array) this.feeds[slot.name] = tensorOf(slot, array);
    }
    const outputs = await this.program.guard.run(async () => {
      const constants = (this.constants ??= await this.upload());
      const state = states.current ?? states.replace(await this.write(this.zeros()));
      states.beginRun();
      return session.run({ ...this.feeds, ...constants, ...state });
    });
    states.advance(Object.fromEntries(this.parts.map(({ name }) => [name, outputs[stateOutputName(name)]!])));
    this.counter.countRun();
    return Object.fromEntries(slots.outputs.map(({ name }) => [name, outputs[name]!.data as ConstantData]));
  }

  async readState(): Promise<HostArrays> {
    this.counter.countState();
    const state = this.states.current;
    if (state === null) return this.zeros();
    if (this.parts.length === 0) return {};
    const reading = (this.reading ??= await this.program.open(copies(this.parts), []));
    const found = await this.program.guard.run(() => reading.run(state));
    const arrays = this.zeros();
    for (const { name, of, begin } of this.parts) {
      const values = found[stateOutputName(name)]!.data as Float32Array;
      arrays[this.program.slots.state[of]!.name]!.set(values, begin);
    }
    return arrays;
  }

  async writeState(state: HostArrays): Promise<void> {
    // All are checked before any is written: a wrong one must not leave half a state behind.
    for (const slot of this.program.slots.state) checkArray(slot, state[slot.name]);
    this.states.replace(await this.program.guard.run(() => this.write(state)));
    this.counter.countState();
  }

  undo(): void {
    this.states.undo();
  }

  traffic(): Traffic {
    return this.counter.total();
  }

  async dispose(): Promise<void> {
    this.states.dispose();
    this.constants = disposed(this.constants);
    const sessions = [this.writing, this.reading, this.program.session];
    for (const session of sessions) await session?.release();
  }

  private zeros(): Record<string, ConstantData> {
    return Object.fromEntries(
      this.program.slots.state.map(({ name, dtype, shape }) => [name, typedArrayOf(dtype, sizeOf(shape))]),
    );
  }

  private async write(state: HostArrays): Promise<DeviceTensors> {
    if (this.parts.length === 0) return {};
    this.writing ??= await this.program.open(copies(this.parts), this.parts.map(outputOf));
    return copied(this.writing, this.parts, ({ of, begin, end }) =>
      state[this.program.slots.state[of]!.name]!.subarray(begin, end),
    );
  }

  /** Weights too large to be written into the model go to the device once, not at every run. */
  private async upload(): Promise<DeviceTensors> {
    const { fed, open } = this.program;
    if (fed.length === 0) return {};
    const session = await open(copies(fed), fed.map(outputOf));
    try {
      return await copied(session, fed, ({ data }) => data);
    } finally {
      await session.release();
    }
  }
}

const outputOf = ({ name }: { readonly name: string }): string => stateOutputName(name);

async function copied<T extends Slot>(
  session: RunnableSession,
  slots: readonly T[],
  dataOf: (slot: T) => ConstantData,
): Promise<DeviceTensors> {
  const feeds = Object.fromEntries(slots.map((slot) => [slot.name, tensorOf(slot, dataOf(slot))]));
  const found = await session.run(feeds);
  return Object.fromEntries(slots.map((slot) => [slot.name, found[outputOf(slot)]!]));
}

/** A graph that only hands its inputs on. */
function copies(slots: readonly Slot[]): Graph {
  const graph = new Graph();
  for (const { name, dtype, shape } of slots) {
    const value = graph.value(dtype, shape);
    graph.inputs.push({ name, value });
    graph.outputs.push({ name: stateOutputName(name), value });
  }
  return graph;
}

function disposed(tensors: DeviceTensors | null): null {
  for (const tensor of Object.values(tensors ?? {})) tensor.dispose();
  return null;
}
