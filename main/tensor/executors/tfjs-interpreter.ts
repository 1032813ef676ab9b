/** An executable on the kernels of a TensorFlow.js backend, whose state stays in tensors there from run to run. */
import * as tf from '@tensorflow/tfjs-core';
import { type ConstantData, type Graph, type Value, typedArrayOf } from '../graph.ts';
import { sizeOf } from '../shape.ts';
import { activate } from '../trace.ts';
import type { Executable, HostArrays, Traffic } from './executor.ts';
import { stateOutputName } from './names.ts';
import { type Slot, type Slots, checkArray, slotsOf } from './session.ts';
import { Schedule, disposed, tensorFrom } from './tfjs-schedule.ts';
import { TrafficCounter } from './traffic.ts';
import { TwoStates } from './two-states.ts';

export class Interpreter implements Executable {
  private readonly backendName: string;
  private readonly slots: Slots;
  private readonly valueOf: ReadonlyMap<string, Value>;
  private readonly schedule: Schedule;
  private readonly counter: TrafficCounter;
  /** In the order of the slots. */
  private readonly states = new TwoStates<tf.Tensor[]>(disposed);

  /** @param stateNames  names that are both an input and an output of the graph */
  constructor(graph: Graph, backendName: string, stateNames: readonly string[]) {
    this.backendName = backendName;
    this.slots = slotsOf(graph, stateNames);
    this.valueOf = new Map([...graph.inputs, ...graph.outputs].map(({ name, value }) => [name, value]));
    this.schedule = new Schedule(graph);
    this.counter = new TrafficCounter(this.slots);
  }

  async run(inputs: HostArrays): Promise<HostArrays> {
    for (const slot of this.slots.inputs) checkArray(slot, inputs[slot.name]);
    const results = withBackend(this.backendName, () => this.runNow(inputs));
    this.counter.countRun();
    // Kernels run on this thread: whatever else lives here has its turn between two runs.
    await new Promise((resolve) => setImmediate(resolve));
    return results;
  }

  private runNow(inputs: HostArrays): HostArrays {
    const { states } = this;
    const state = states.current ?? states.replace(this.written(zerosOf(this.slots.state)));
    states.beginRun();
    const given = new Map<Value, tf.Tensor>();
    this.slots.state.forEach(({ name }, i) => given.set(this.valueOf.get(name)!, state[i]!));
    for (const slot of this.slots.inputs) {
      given.set(this.valueOf.get(slot.name)!, tensorFrom(inputs[slot.name]!, slot));
    }
    const tensorOf = this.schedule.run(given);
    const results: HostArrays = {};
    for (const slot of this.slots.outputs) {
      results[slot.name] = hostArray(tensorOf(this.valueOf.get(slot.name)!), slot);
    }
    // A state may be an input, a constant or another state: each has a handle of its own.
    const next = this.slots.state.map(({ name }) =>
      tf.keep(tf.clone(tensorOf(this.valueOf.get(stateOutputName(name))!))),
    );
    states.advance(next);
    return results;
  }

  async readState(): Promise<HostArrays> {
    this.counter.countState();
    const state = this.states.current;
    if (state === null) return zerosOf(this.slots.state);
    return Object.fromEntries(this.slots.state.map((slot, i) => [slot.name, hostArray(state[i]!, slot)]));
  }

  async writeState(state: HostArrays): Promise<void> {
    // All are checked before any is written: a wrong one must not leave half a state behind.
    for (const slot of this.slots.state) checkArray(slot, state[slot.name]);
    this.states.replace(withBackend(this.backendName, () => this.written(state)));
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
    this.schedule.dispose();
  }

  private written(state: HostArrays): tf.Tensor[] {
    return this.slots.state.map((slot) => tf.keep(tensorFrom(state[slot.name]!, slot)));
  }
}

/** Works with a backend active; tensors that are not kept are disposed of afterwards. */
export function withBackend<T>(name: string, work: () => T): T {
  const previous = (tf.getBackend() as string | undefined) ?? 'cpu';
  activate(name);
  // TensorFlow.js stays with the backend before where one cannot start, and says nothing.
  if (tf.getBackend() !== name) throw new Error(`the backend ${name} of TensorFlow.js could not be started`);
  tf.engine().startScope();
  try {
    return work();
  } finally {
    tf.engine().endScope();
    activate(previous);
  }
}

type Spec = Pick<Slot, 'dtype' | 'shape'>;

/** A copy on the host. */
export function hostArray(tensor: tf.Tensor, { shape, dtype }: Spec): ConstantData {
  const out = typedArrayOf(dtype, sizeOf(shape));
  out.set(tensor.dataSync());
  return out;
}

function zerosOf(slots: readonly Slot[]): HostArrays {
  return Object.fromEntries(
    slots.map(({ name, dtype, shape }) => [name, typedArrayOf(dtype, sizeOf(shape))]),
  );
}
