/** What an ONNX file says of itself: inputs, outputs and initialisers. Nothing in it is run. */
import { quoted, refusal } from '../refusal.ts';
import type { Dtype } from '../safetensors/dtypes.ts';
import { type Field, type Span, fieldsOf, numbersOf, textOf } from './wire.ts';

/** Element types of ONNX by their numbers. */
const DTYPES: Readonly<Record<number, Dtype>> = {
  1: 'F32',
  2: 'U8',
  3: 'I8',
  4: 'U16',
  5: 'I16',
  6: 'I32',
  7: 'I64',
  9: 'BOOL',
  10: 'F16',
  11: 'F64',
  12: 'U32',
  13: 'U64',
  16: 'BF16',
};
/** Graphs within graphs: loops and branches. */
const MOST_DEPTH = 16;
const MOST_PARTS = 200_000;

export interface OnnxTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Its little-endian elements; null where they are written as numbers of varying length. */
  readonly data: Span | null;
}

export interface OnnxPort {
  readonly name: string;
  /** Null for another type than a tensor of numbers. */
  readonly dtype: Dtype | null;
  /** A size that is left open is null; null for a tensor of any rank. */
  readonly shape: readonly (number | null)[] | null;
}

export interface OnnxModel {
  readonly producer: string;
  readonly irVersion: number;
  /** Of the standard operators; null if they are of other sets alone. */
  readonly opset: number | null;
  readonly nodes: number;
  readonly tensors: readonly OnnxTensor[];
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
}

/**
 * @throws WorkbenchError `checkpoint/onnx` for a damaged file, `checkpoint/onnx-external` for one whose
 *   weights lie in other files, wherever in it they are named
 */
export function readOnnx(bytes: Uint8Array, name: string): OnnxModel {
  return new Walk(bytes, name).model();
}

class Walk {
  private readonly bytes: Uint8Array;
  private readonly name: string;
  private parts = 0;

  constructor(bytes: Uint8Array, name: string) {
    this.bytes = bytes;
    this.name = name;
  }

  model(): OnnxModel {
    let [producer, irVersion] = ['', 0];
    let opset: number | null = null;
    let graph: Omit<OnnxModel, 'producer' | 'irVersion' | 'opset'> | null = null;
    for (const field of this.fields({ from: 0, to: this.bytes.length })) {
      if (field.number === 1) irVersion = field.value;
      else if (field.number === 2) producer = textOf(this.bytes, field);
      else if (field.number === 7) graph = this.graph(field, 0);
      else if (field.number === 8) opset = this.opset(field) ?? opset;
      // Functions are nodes as well, and may hold tensors.
      else if (field.number === 25)
        for (const node of this.fields(field)) if (node.number === 7) this.node(node, 0);
    }
    if (graph === null) throw this.broken('no graph');
    return { producer, irVersion, opset, ...graph };
  }

  private opset(span: Span): number | null {
    let [domain, version] = ['', 0];
    for (const field of this.fields(span)) {
      if (field.number === 1) domain = textOf(this.bytes, field);
      else if (field.number === 2) version = field.value;
    }
    return domain === '' || domain === 'ai.onnx' ? version : null;
  }

  private graph(span: Span, depth: number): Omit<OnnxModel, 'producer' | 'irVersion' | 'opset'> {
    if (depth > MOST_DEPTH) throw this.broken(`graphs within graphs, more than ${MOST_DEPTH} deep`);
    let nodes = 0;
    const tensors = new Map<string, OnnxTensor>();
    const [inputs, outputs]: [OnnxPort[], OnnxPort[]] = [[], []];
    for (const field of this.fields(span)) {
      if (field.number === 1) {
        nodes++;
        this.node(field, depth);
      } else if (field.number === 5) {
        const tensor = this.tensor(field);
        if (tensors.has(tensor.name)) throw this.broken(`two initialisers ${quoted(tensor.name)}`);
        tensors.set(tensor.name, tensor);
      } else if (field.number === 15) this.sparse(field);
      else if (field.number === 11) inputs.push(this.port(field));
      else if (field.number === 12) outputs.push(this.port(field));
    }
    return {
      nodes,
      tensors: [...tensors.values()],
      // Old files list their initialisers as inputs too.
      inputs: inputs.filter((input) => !tensors.has(input.name)),
      outputs,
    };
  }

  /** Looks for tensors in attributes. */
  private node(span: Span, depth: number): void {
    for (const attribute of this.fields(span)) {
      if (attribute.number !== 5) continue;
      for (const field of this.fields(attribute)) {
        if (!field.isBytes) continue;
        if (field.number === 5 || field.number === 10) this.tensor(field);
        else if (field.number === 6 || field.number === 11) this.graph(field, depth + 1);
        else if (field.number === 22 || field.number === 23) this.sparse(field);
      }
    }
  }

  private sparse(span: Span): void {
    for (const field of this.fields(span)) if (field.number === 1 || field.number === 2) this.tensor(field);
  }

  private tensor(span: Span): OnnxTensor {
    const shape: number[] = [];
    let [name, type] = ['', 0];
    let data: Field | null = null;
    for (const field of this.fields(span)) {
      if (field.number === 1) shape.push(...numbersOf(this.bytes, field, this.name));
      else if (field.number === 2) type = field.value;
      else if (field.number === 8) name = textOf(this.bytes, field);
      else if (field.number === 9) data = field;
      else if (field.number === 13 || (field.number === 14 && field.value !== 0)) {
        throw refusal(
          'onnx-external',
          this.name,
          'a model with its weights inside; save it as one file',
          'weights in another file',
        );
      }
    }
    const dtype = DTYPES[type];
    const size = shape.reduce((product, each) => product * each, 1);
    if (!Number.isSafeInteger(size)) throw this.broken(`a tensor ${quoted(name)} of ${size} elements`);
    if (dtype === undefined) {
      // Text and types of eight bits and less: of no use here, and not in the way.
      return { name, dtype: 'U8', shape: [data === null ? 0 : data.to - data.from], data };
    }
    return { name, dtype, shape, data };
  }

  private port(span: Span): OnnxPort {
    let name = '';
    let dtype: Dtype | null = null;
    let shape: (number | null)[] | null = null;
    for (const field of this.fields(span)) {
      if (field.number === 1) name = textOf(this.bytes, field);
      if (field.number !== 2) continue;
      for (const type of this.fields(field)) {
        // A sequence, a map or an optional is none.
        if (type.number !== 1) continue;
        for (const part of this.fields(type)) {
          if (part.number === 1) dtype = DTYPES[part.value] ?? null;
          if (part.number === 2) shape = [...this.fields(part)].map((each) => this.dimension(each));
        }
      }
    }
    return { name, dtype, shape };
  }

  private dimension(span: Span): number | null {
    for (const field of this.fields(span)) if (field.number === 1 && field.value > 0) return field.value;
    return null;
  }

  private *fields(span: Span): Generator<Field> {
    if (++this.parts > MOST_PARTS) throw this.broken(`more than ${MOST_PARTS} parts`);
    yield* fieldsOf(this.bytes, span, this.name);
  }

  private broken(found: string): Error {
    return refusal('onnx', this.name, 'a whole ONNX model', found);
  }
}
