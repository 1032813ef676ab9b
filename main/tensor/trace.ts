/**
 * Tracing: a TensorFlow.js backend named `trace` whose kernels compute nothing. Each call infers
 * its output shapes from the kernel table and appends a node to the current graph; host data written
 * to the backend becomes a constant. Running a function once under it records forward pass, tape
 * gradients and optimiser alike.
 *
 * What a traced function must not do: read values (`dataSync`), draw random numbers itself (they
 * would be frozen into the graph; pass draws in as inputs), or branch on tensor contents.
 */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import * as tf from '@tensorflow/tfjs-core';
import { WorkbenchError } from '#contract/errors.ts';
import { type Attributes, type ConstantData, type DType, Graph, type Value, typedArrayOf } from './graph.ts';
import './gradients.ts';
import { kernelTable } from './kernels/index.ts';
import { sizeOf } from './shape.ts';

export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype?: DType;
}

const BACKEND = 'trace';

class TraceBackend extends tf.KernelBackend {
  graph: Graph | null = null;
  private readonly data: tf.DataStorage<{ graph: Graph; value: Value }>;

  constructor() {
    super();
    this.data = new tf.DataStorage(this, tf.engine());
  }

  override numDataIds(): number {
    return this.data.numDataIds();
  }
  override floatPrecision(): 16 | 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }
  // The graph owns its values; a disposed tensor only forgets its handle.
  override disposeData(dataId: object): boolean {
    this.data.delete(dataId);
    return true;
  }
  override refCount(): number {
    return 1;
  }
  override incRef(): void {}
  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }
  override dispose(): void {}

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): object {
    const dataId = {};
    this.move(dataId, values, shape, dtype);
    return dataId;
  }
  override move(
    dataId: object,
    values: tf.backend_util.BackendValues,
    shape: number[],
    dtype: tf.DataType,
  ): void {
    const graph = this.currentGraph();
    const known = dtypeOf(dtype, 'constant');
    this.data.set(dataId, {
      graph,
      value: graph.constant(elementsOf(values, known, shape), known, [...shape]),
    });
  }
  override readSync(): never {
    throw new WorkbenchError(
      'tensor/read-while-tracing',
      `A traced function read the contents of a tensor${callSite(new Error())}; tensors have no contents while tracing.`,
    );
  }
  override read(): never {
    return this.readSync();
  }

  /** Registers a value and returns the handle that TensorFlow.js wraps as a tensor. */
  handleOf(value: Value): tf.TensorInfo {
    const dataId = {};
    this.data.set(dataId, { graph: this.currentGraph(), value });
    return { dataId, shape: [...value.shape], dtype: value.dtype };
  }

  override valueOf(info: tf.TensorInfo): Value {
    const held = this.data.get(info.dataId);
    if (held.graph !== this.currentGraph()) {
      throw new WorkbenchError(
        'tensor/foreign-tensor',
        `A tensor of another trace was used${callSite(new Error())}; pass it in as an input.`,
      );
    }
    // Two handles of one buffer may differ in shape (TensorFlow.js reshapes by reference).
    const { value } = held;
    return value.shape.length === info.shape.length && value.shape.every((n, i) => n === info.shape[i])
      ? value
      : this.reshaped(value, info.shape);
  }

  private reshaped(value: Value, shape: number[]): Value {
    const graph = this.currentGraph();
    const output = graph.value(value.dtype, [...shape]);
    graph.append({
      kernel: 'Reshape',
      inputNames: ['x'],
      inputs: [value],
      outputs: [output],
      attrs: { shape },
    });
    return output;
  }

  currentGraph(): Graph {
    if (this.graph === null) throw new Error('the trace backend is only usable inside trace()');
    return this.graph;
  }
}

let backend: TraceBackend | null = null;

function traceBackend(): TraceBackend {
  if (backend !== null) return backend;
  tf.enableProdMode(); // no advertisement for other backends on the console
  const created = new TraceBackend();
  backend = created;
  tf.registerBackend(BACKEND, () => created, 0);
  for (const [kernelName, rule] of kernelTable) {
    tf.registerKernel({
      kernelName,
      backendName: BACKEND,
      kernelFunc: ({ inputs, attrs }) => {
        const graph = created.currentGraph();
        const present = Object.entries(inputs).filter(([, info]) => info !== undefined && info !== null);
        const values = present.map(([, info]) => created.valueOf(info!));
        const attributes = (attrs ?? {}) as Attributes;
        const outputs = rule
          .infer(
            values,
            attributes,
            present.map(([name]) => name),
          )
          .map(({ dtype, shape }) => graph.value(dtype, shape));
        graph.append({
          kernel: kernelName,
          inputNames: present.map(([name]) => name),
          inputs: values,
          outputs,
          attrs: attributes,
        });
        const infos = outputs.map((value) => created.handleOf(value));
        return infos.length === 1 && rule.returnsList !== true ? infos[0]! : infos;
      },
    });
  }
  return created;
}

/** Named tensors in, named tensors out: what can be traced. */
export type Traceable = (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>;

/**
 * Runs `fn` once on symbolic tensors and returns what it would compute.
 *
 * @param specs  shape and dtype (float32 unless said) of every named input
 * @throws WorkbenchError `tensor/unsupported-op` naming the op and where it was called
 */
export function trace(specs: Readonly<Record<string, TensorSpec>>, fn: Traceable): Graph {
  const tracer = traceBackend();
  if (tracer.graph !== null) throw new Error('trace() cannot be nested; trace the inner function first');
  const graph = new Graph();
  const previous = (tf.getBackend() as string | undefined) ?? 'cpu';
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 100; // the caller's line lies below many frames of TensorFlow.js
  tracer.graph = graph;
  activate(BACKEND);
  try {
    tf.tidy(() => {
      const inputs: Record<string, tf.Tensor> = {};
      for (const [name, spec] of Object.entries(specs)) {
        const value = graph.value(spec.dtype ?? 'float32', [...spec.shape]);
        graph.inputs.push({ name, value });
        inputs[name] = tensorOf(value);
      }
      for (const [name, tensor] of Object.entries(fn(inputs))) {
        // An ONNX model has one space of names: the output would shadow the input inside it.
        if (Object.hasOwn(specs, name)) {
          throw new WorkbenchError(
            'tensor/name-taken',
            `Expected an output with a name of its own, found ${name}, which is an input.`,
          );
        }
        graph.outputs.push({ name, value: tracer.valueOf(tensor) });
      }
    });
  } catch (error) {
    throw asUnsupportedOp(error);
  } finally {
    tracer.graph = null;
    Error.stackTraceLimit = stackTraceLimit;
    activate(previous);
  }
  return graph;
}

/**
 * Records a function into a graph of its own while another is recorded: the body of a loop. Its inputs
 * and outputs go by their places, named '0', '1', ...
 *
 * @throws WorkbenchError `tensor/foreign-tensor` if it uses a tensor of the outer graph
 */
export function recordBody(
  specs: readonly TensorSpec[],
  fn: (inputs: tf.Tensor[]) => readonly tf.Tensor[],
): Graph {
  const tracer = traceBackend();
  const outer = tracer.currentGraph();
  const graph = new Graph();
  tracer.graph = graph;
  try {
    return tf.tidy(() => {
      const inputs = specs.map((spec, i) => {
        const value = graph.value(spec.dtype ?? 'float32', [...spec.shape]);
        graph.inputs.push({ name: String(i), value });
        return tensorOf(value);
      });
      fn(inputs).forEach((tensor, i) => {
        graph.outputs.push({ name: String(i), value: tracer.valueOf(tensor) });
      });
      return graph as unknown as tf.TensorContainer;
    }) as unknown as Graph;
  } finally {
    tracer.graph = outer;
  }
}

/** The graph that is being recorded, for transforms that work on a part of it (jvp). */
export function currentGraph(): Graph {
  return traceBackend().currentGraph();
}

/** A TensorFlow.js tensor for a value of the graph being recorded. */
export function tensorOf(value: Value): tf.Tensor {
  return tf.engine().makeTensorFromTensorInfo(traceBackend().handleOf(value));
}

/** The graph value behind a tensor of the graph being recorded. */
export function valueOf(tensor: tf.Tensor): Value {
  return traceBackend().valueOf(tensor);
}

/** Selects a synchronous backend at once: setBackend's work is done before its first await. */
export function activate(name: string): void {
  if (tf.getBackend() !== name) void tf.setBackend(name);
}

/**
 * Host data as a constant holds it. An array that already is one is not copied, as TensorFlow.js's own
 * backends do not: a teacher may have gigabytes. Whoever makes a tensor of an array leaves it alone from
 * then on.
 */
function elementsOf(values: tf.backend_util.BackendValues, dtype: DType, shape: number[]): ConstantData {
  const data = typedArrayOf(dtype, 0);
  const size = sizeOf(shape);
  if (values.length === size && values.constructor === data.constructor) return values as ConstantData;
  const copy = typedArrayOf(dtype, size);
  copy.set(values as ArrayLike<number>);
  return copy;
}

function dtypeOf(dtype: tf.DataType, what: string): DType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new WorkbenchError(
    'tensor/unsupported-dtype',
    `A ${what} of dtype ${dtype} cannot be traced; expected float32, int32 or bool.`,
  );
}

function asUnsupportedOp(error: unknown): unknown {
  const kernel =
    error instanceof Error ? /(?:registered kernel|Kernel) '(\w+)'/.exec(error.message)?.[1] : undefined;
  if (kernel === undefined) return error;
  return new WorkbenchError(
    'tensor/unsupported-op',
    `The op ${kernel} has no rule in main/tensor/kernels${callSite(error as Error)}.`,
    { kernel },
    { cause: error },
  );
}

/** ", called at file:line" for the nearest frame outside TensorFlow.js and this file. */
function callSite(error: Error): string {
  const frames = (error.stack ?? '').split('\n').slice(1);
  const frame = frames.find(
    (line) => !/node_modules|tfjs-core|tensor\/(trace|ops)\.(ts|js)|node:internal/.test(line),
  );
  const where =
    frame === undefined ? undefined : /\(?((?:file:\/\/)?\/?[^\s()]+:\d+:\d+)\)?$/.exec(frame)?.[1];
  return where === undefined ? '' : `, called at ${where.replace('file://', '')}`;
}
