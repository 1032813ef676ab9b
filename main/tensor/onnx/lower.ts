/**
 * Lowers a graph to the bytes of an ONNX model. Each node is translated by its kernel rule; this
 * file only names values, shares constants and encodes the result through the generated schema.
 */
import { create, toBinary } from '@bufbuild/protobuf';
import { type ConstantData, type DType, type Graph, type Value, constantElements } from '../graph.ts';
import { kernelTable } from '../kernels/index.ts';
import type { OnnxAttribute, OnnxEmitter } from '../kernels/rule.ts';
import type { FedConstant } from './large-constants.ts';
import {
  type AttributeProto,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  StringStringEntryProtoSchema,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from './onnx_pb.ts';

/** Opset 21 is the newest whose operators all exist in every ONNX Runtime provider we use. */
const OPSET = 21n;
const IR_VERSION = 10n;

type OnnxType = DType | 'int64' | 'float16';
/** AttributeProto.type. */
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, graph: 5, ints: 7 } as const;

/** TensorProto.data_location of bytes in another file. */
const EXTERNAL = 1;

const ELEMENT_TYPE: Readonly<Record<OnnxType, number>> = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
};

/** A second file for the bytes of weights, for models beyond the 2 GiB that one file can have. */
export interface ExternalData {
  /** Its name beside the model. */
  readonly location: string;
  /** Appends bytes. @returns where they begin */
  append(bytes: Uint8Array): number;
}

export interface OnnxOptions {
  /** Constants that are inputs of the model instead. */
  readonly fed?: ReadonlyMap<Value, FedConstant>;
  /** What the file says of itself. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly external?: ExternalData;
  /** Of products and convolutions; all else is float32. Float32 if left out. */
  readonly precision?: 'float32' | 'float16';
  /**
   * For a provider without float16: it computes in float32 what is between two casts, and takes the casts
   * away as well, unless something else stands beside them.
   */
  readonly keepsCasts?: boolean;
  /** Name of an empty sequence that comes before the other outputs; none if left out. */
  readonly sequence?: string;
}

/** A value as float16 between -1 and 1, and the float32 scalar that makes it what it was. */
interface Halved {
  readonly half: string;
  readonly scale: string;
}

/** Under which nothing is scaled up: zeros stay zeros. */
const LEAST_SCALE = 1e-30;

/** Initializers below this stay in the model, where shapes are looked for. */
const LEAST_EXTERNAL = 1024;

/** Encodes `graph` as an ONNX model whose inputs and outputs carry the graph's names. */
export function onnxFromGraph(graph: Graph, options: OnnxOptions = {}): Uint8Array {
  return new Lowering(graph, options).encode();
}

class Lowering implements OnnxEmitter {
  private readonly proto: GraphProto = create(GraphProtoSchema, { name: 'fewstep' });
  private readonly names = new Map<Value, string>();
  private readonly shared = new Map<string, string>();
  /** Initializers by the memory they are a copy of: a teacher that is called twice is written once. */
  private readonly written = new Map<ConstantData, { readonly key: string; readonly name: string }[]>();
  private readonly halves = new Map<string, Halved>();
  private readonly graph: Graph;
  private readonly options: OnnxOptions;
  /** Names in use: a loop's body shares them with what is around it. */
  private readonly naming: { counter: number; readonly taken: ReadonlySet<string> };

  constructor(graph: Graph, options: OnnxOptions, outer?: Lowering) {
    this.graph = graph;
    this.options = options;
    this.naming = outer?.naming ?? {
      counter: 0,
      taken: new Set([...graph.inputs, ...graph.outputs, ...this.fedInputs()].map(({ name }) => name)),
    };
  }

  encode(): Uint8Array {
    for (const { name, value } of this.graph.inputs) {
      this.names.set(value, name);
      this.proto.input.push(valueInfo(name, value));
    }
    for (const input of this.fedInputs()) this.proto.input.push(valueInfo(input.name, input));
    this.lowerNodes();
    const { sequence } = this.options;
    if (sequence !== undefined) {
      this.emit('SequenceEmpty', [], [sequence], {});
      // Its type is left for the reader to find, as that of no other value is.
      this.proto.output.push(create(ValueInfoProtoSchema, { name: sequence }));
    }
    // Identity gives every output its own name even when it is an input, a constant or repeated.
    for (const { name, value } of this.graph.outputs) {
      this.emit('Identity', [this.nameOf(value)], [name], {});
      this.proto.output.push(valueInfo(name, value));
    }
    this.renameIdentities();
    const model = create(ModelProtoSchema, {
      irVersion: IR_VERSION,
      producerName: 'fewstep',
      opsetImport: [{ domain: '', version: OPSET }],
      graph: this.proto,
      metadataProps: entriesOf(this.options.metadata ?? {}),
    });
    return toBinary(ModelProtoSchema, model);
  }

  /**
   * The graph as the body of an ONNX Loop: round and condition, then the carried values, which are all
   * it takes in; the invariants are read where they are, outside.
   */
  private encodeBody(carried: number, invariant: readonly string[]): GraphProto {
    const [round, ...values] = this.graph.inputs.map(({ value }) => value);
    const [iteration, condition, goesOn] = [this.fresh('round'), this.fresh('condition'), this.fresh('on')];
    this.proto.input.push(scalarInfo(iteration, 'int64'), scalarInfo(condition, 'bool'));
    for (const value of values.slice(0, carried)) {
      const name = this.fresh('carried');
      this.names.set(value, name);
      this.proto.input.push(valueInfo(name, value));
    }
    values.slice(carried).forEach((value, i) => this.names.set(value, invariant[i]!));
    this.names.set(round!, this.cast(iteration, 'float32'));
    this.lowerNodes();
    this.emit('Identity', [condition], [goesOn], {});
    this.proto.output.push(scalarInfo(goesOn, 'bool'));
    for (const { value } of this.graph.outputs) {
      const name = this.fresh('next');
      this.emit('Identity', [this.nameOf(value)], [name], {});
      this.proto.output.push(valueInfo(name, value));
    }
    return this.proto;
  }

  private lowerNodes(): void {
    for (const node of this.graph.nodes) {
      const rule = kernelTable.get(node.kernel);
      if (rule === undefined) throw new Error(`no lowering for kernel ${node.kernel}`);
      const lowered = rule.lower(
        this,
        node.inputs.map((value) => this.nameOf(value)),
        node,
      );
      node.outputs.forEach((value, i) => this.names.set(value, lowered[i]!));
    }
  }

  /**
   * Lets the node that computes an output write it under the output's name, where it is the only
   * reader's view of it. ONNX Runtime would otherwise copy each state buffer once a step.
   */
  private renameIdentities(): void {
    const producers = new Map<string, { output: string[]; at: number }>();
    for (const node of this.proto.node) {
      node.output.forEach((name, at) => producers.set(name, { output: node.output, at }));
    }
    const renamed = new Map<string, string>();
    this.proto.node = this.proto.node.filter((node) => {
      if (node.opType !== 'Identity') return true;
      const [from] = node.input;
      const [to] = node.output;
      const producer = producers.get(from!);
      const isOutput = this.proto.output.some((output) => output.name === to);
      if (!isOutput || producer === undefined || renamed.has(from!)) return true;
      producer.output[producer.at] = to!;
      renamed.set(from!, to!);
      return false;
    });
    renameInputs(this.proto, renamed);
  }

  private nameOf(value: Value): string {
    const known = this.names.get(value);
    if (known !== undefined) return known;
    // Inputs of the model, which the bodies of loops read where they are too.
    const name = this.options.fed?.get(value)?.name ?? this.constantOf(value);
    this.names.set(value, name);
    return name;
  }

  private constantOf(value: Value): string {
    const data = constantElements(value);
    if (data === null) throw new Error(`value ${value.id} is used before it is computed`);
    const key = `${value.dtype} ${value.shape.join()}`;
    const same = this.written.get(data) ?? [];
    const known = same.find((each) => each.key === key);
    if (known !== undefined) return known.name;
    const name = this.initializer(value.dtype, value.shape, bytesOf(data));
    this.written.set(data, [...same, { key, name }]);
    return name;
  }

  private fedInputs(): FedConstant[] {
    return [...new Set(this.options.fed?.values())];
  }

  /** A name that neither this class nor the program's interface uses yet. */
  private fresh(prefix: string): string {
    const name = `${prefix}_${this.naming.counter++}`;
    return this.naming.taken.has(name) ? this.fresh(prefix) : name;
  }

  private initializer(type: OnnxType, shape: readonly number[], rawData: Uint8Array): string {
    const name = this.fresh('const');
    const { external } = this.options;
    this.proto.initializer.push(
      create(TensorProtoSchema, {
        name,
        dims: shape.map(BigInt),
        dataType: ELEMENT_TYPE[type],
        ...(external !== undefined && rawData.length >= LEAST_EXTERNAL
          ? { dataLocation: EXTERNAL, externalData: placeOf(external, rawData) }
          : { rawData }),
      }),
    );
    return name;
  }

  private sharedConstant(key: string, make: () => string): string {
    const known = this.shared.get(key);
    if (known !== undefined) return known;
    const name = make();
    this.shared.set(key, name);
    return name;
  }

  private emit(
    opType: string,
    input: readonly string[],
    output: string[],
    attrs: Readonly<Record<string, OnnxAttribute>>,
  ): void {
    const attribute = Object.entries(attrs).map(([name, value]) => attributeProto(name, value));
    this.proto.node.push({
      $typeName: 'onnx.NodeProto',
      name: this.fresh(opType),
      opType,
      domain: '',
      input: [...input],
      output,
      attribute,
    });
  }

  op(type: string, inputs: readonly string[], attrs: Readonly<Record<string, OnnxAttribute>> = {}): string {
    return this.multi(type, inputs, 1, attrs)[0]!;
  }

  multi(
    type: string,
    inputs: readonly string[],
    outputs: number,
    attrs: Readonly<Record<string, OnnxAttribute>> = {},
  ): string[] {
    const names = Array.from({ length: outputs }, () => this.fresh('v'));
    this.emit(type, inputs, names, attrs);
    return [...names];
  }

  product(
    type: string,
    factors: readonly [string, string],
    attrs: Readonly<Record<string, OnnxAttribute>> = {},
  ): string {
    if (this.options.precision !== 'float16') return this.op(type, factors, attrs);
    const [a, b] = factors.map((factor) => this.halved(factor)) as [Halved, Halved];
    const product = this.cast(this.kept(this.op(type, [a.half, b.half], attrs)), 'float32');
    return this.op('Mul', [product, this.op('Mul', [a.scale, b.scale])]);
  }

  /**
   * Scaled by its largest element first: gradients of large batches are far below the least float16,
   * and sums of squares above the largest.
   */
  private halved(name: string): Halved {
    const known = this.halves.get(name);
    if (known !== undefined) return known;
    const magnitude = this.op('Abs', [name]);
    // By rows first, which many threads do at once.
    const ofRows = this.op('ReduceMax', [magnitude, this.ints([-1])], { keepdims: 0 });
    const scale = this.op('Max', [this.op('ReduceMax', [ofRows], { keepdims: 0 }), this.scalar(LEAST_SCALE)]);
    const halved = { half: this.kept(this.cast(this.op('Div', [name, scale]), 'float16')), scale };
    this.halves.set(name, halved);
    return halved;
  }

  private kept(half: string): string {
    return this.options.keepsCasts === true ? this.op('Concat', [half], { axis: 0 }) : half;
  }

  ints(values: readonly number[]): string {
    return this.sharedConstant(`ints ${values.join()}`, () =>
      this.initializer('int64', [values.length], bytesOf(BigInt64Array.from(values, BigInt))),
    );
  }

  scalar(value: number, dtype: DType = 'float32'): string {
    const print = Object.is(value, -0) ? '-0' : String(value);
    return this.sharedConstant(`${dtype} ${print}`, () => {
      const data =
        dtype === 'float32'
          ? Float32Array.of(value)
          : dtype === 'int32'
            ? Int32Array.of(value)
            : Uint8Array.of(value);
      return this.initializer(dtype, [], bytesOf(data));
    });
  }

  floats(values: Float32Array, shape: readonly number[]): string {
    return this.initializer('float32', shape, bytesOf(values));
  }

  cast(input: string, dtype: OnnxType): string {
    return this.op('Cast', [input], { to: ELEMENT_TYPE[dtype] });
  }

  reshape(input: string, shape: readonly number[]): string {
    // A zero in the shape means "empty" here, not "copy from the input".
    return this.op('Reshape', [input, this.ints(shape)], { allowzero: shape.includes(0) ? 1 : 0 });
  }

  transpose(input: string, perm: readonly number[]): string {
    return this.op('Transpose', [input], { perm });
  }

  loop(body: Graph, count: number, carried: readonly string[], invariant: readonly string[]): string[] {
    const rounds = this.sharedConstant(`rounds ${count}`, () =>
      this.initializer('int64', [], bytesOf(BigInt64Array.of(BigInt(count)))),
    );
    const graph = new Lowering(body, this.options, this).encodeBody(carried.length, invariant);
    // No condition of its own: it ends by count.
    return this.multi('Loop', [rounds, '', ...carried], carried.length, { body: { graph } });
  }
}

function placeOf(external: ExternalData, bytes: Uint8Array) {
  const offset = external.append(bytes);
  return entriesOf({ location: external.location, offset: String(offset), length: String(bytes.length) });
}

function entriesOf(record: Readonly<Record<string, string>>) {
  return Object.entries(record).map(([key, value]) => create(StringStringEntryProtoSchema, { key, value }));
}

function attributeProto(name: string, value: OnnxAttribute): AttributeProto {
  if (typeof value === 'number') {
    return create(AttributeProtoSchema, { name, type: ATTRIBUTE_TYPE.int, i: BigInt(value) });
  }
  if (typeof value === 'string') {
    return create(AttributeProtoSchema, {
      name,
      type: ATTRIBUTE_TYPE.string,
      s: new TextEncoder().encode(value),
    });
  }
  if ('graph' in value) {
    return create(AttributeProtoSchema, { name, type: ATTRIBUTE_TYPE.graph, g: value.graph as GraphProto });
  }
  if ('float' in value)
    return create(AttributeProtoSchema, { name, type: ATTRIBUTE_TYPE.float, f: value.float });
  return create(AttributeProtoSchema, { name, type: ATTRIBUTE_TYPE.ints, ints: value.map(BigInt) });
}

/** In the bodies of loops too, which read what is outside by its name. */
function renameInputs({ node: nodes }: GraphProto, renamed: ReadonlyMap<string, string>): void {
  for (const node of nodes) {
    node.input = node.input.map((name) => renamed.get(name) ?? name);
    for (const { g } of node.attribute) if (g !== undefined) renameInputs(g, renamed);
  }
}

function valueInfo(name: string, value: { readonly dtype: DType; readonly shape: readonly number[] }) {
  return create(ValueInfoProtoSchema, {
    name,
    type: {
      tensorType: {
        elemType: ELEMENT_TYPE[value.dtype],
        shape: { dim: value.shape.map((n) => ({ value: { case: 'dimValue' as const, value: BigInt(n) } })) },
      },
    },
  });
}

function scalarInfo(name: string, type: OnnxType) {
  return create(ValueInfoProtoSchema, {
    name,
    type: { tensorType: { elemType: ELEMENT_TYPE[type], shape: { dim: [] } } },
  });
}

function bytesOf(data: ConstantData | BigInt64Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
