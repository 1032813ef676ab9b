import { fromBinary } from '@bufbuild/protobuf';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ortCpuExecutor } from '../executors/ort.ts';
import { Graph } from '../graph.ts';
import { optimized } from '../passes/index.ts';
import { type TensorSpec, type Traceable, trace } from '../trace.ts';
import { onnxFromGraph } from './lower.ts';
import { type GraphProto, ModelProtoSchema } from './onnx_pb.ts';

function modelOf(graph: Graph) {
  return fromBinary(ModelProtoSchema, onnxFromGraph(graph));
}

function protoOf(specs: Record<string, TensorSpec>, fn: Traceable): GraphProto {
  return modelOf(trace(specs, fn)).graph!;
}

async function run(specs: Record<string, TensorSpec>, fn: Traceable, inputs: Record<string, Float32Array>) {
  const executable = await ortCpuExecutor(1).compile(trace(specs, fn));
  return executable.run(inputs);
}

const X = { x: { shape: [2, 3] } };
const DATA = Float32Array.of(1, 2, 3, 4, 5, 6);

const attributesOf = (proto: GraphProto, opType: string) =>
  Object.fromEntries(
    proto.node
      .find((node) => node.opType === opType)!
      .attribute.map((attribute) => [attribute.name, attribute]),
  );

describe('onnxFromGraph', () => {
  it('keeps the names, order, types and shapes of inputs and outputs', () => {
    const proto = protoOf(
      { 'net/w:0': { shape: [3, 2] }, mask: { shape: [2], dtype: 'bool' }, i: { shape: [], dtype: 'int32' } },
      (inputs) => ({
        'loss.mean': tf.mean(inputs['net/w:0']!),
        "w'": tf.neg(inputs['net/w:0']!),
        not: tf.logicalNot(inputs['mask']!),
        count: tf.add(inputs['i']!, tf.scalar(1, 'int32')),
      }),
    );
    const described = (list: GraphProto['input']) =>
      list.map(({ name, type }) => [
        name,
        type!.tensorType!.elemType,
        type!.tensorType!.shape!.dim.map(({ value }) => Number(value.value)),
      ]);
    // ONNX element types: 1 float, 6 int32, 9 bool.
    expect(described(proto.input)).toEqual([
      ['net/w:0', 1, [3, 2]],
      ['mask', 9, [2]],
      ['i', 6, []],
    ]);
    expect(described(proto.output)).toEqual([
      ['loss.mean', 1, []],
      ["w'", 1, [3, 2]],
      ['not', 9, [2]],
      ['count', 6, []],
    ]);
  });

  it('names every value once', () => {
    const proto = protoOf(X, ({ x }) => {
      const y = tf.tanh(x!);
      return { a: y, b: y, c: tf.exp(y), d: x!, e: tf.scalar(2) };
    });
    const defined = [
      ...proto.input.map(({ name }) => name),
      ...proto.initializer.map(({ name }) => name),
      ...proto.node.flatMap(({ output }) => output),
    ];
    expect(new Set(defined).size).toBe(defined.length);
    for (const node of proto.node) expect(defined).toEqual(expect.arrayContaining(node.input));
    expect(new Set(proto.node.map(({ name }) => name)).size).toBe(proto.node.length);
  });

  it('stays clear of names that a program gives its inputs and outputs', async () => {
    const specs = { v_0: { shape: [2] }, const_0: { shape: [2] } };
    const fn: Traceable = (t) => ({
      v_1: tf.tanh(tf.sub(tf.neg(t['v_0']!), t['const_0']!)),
      v_2: tf.add(t['v_0']!, 3),
    });
    const out = await run(specs, fn, { v_0: Float32Array.of(1, 2), const_0: Float32Array.of(-1, -2) });
    expect([...out['v_1']!, ...out['v_2']!]).toEqual([0, 0, 4, 5]);
  });

  it('lets the last kernel write an output without a copy', () => {
    const proto = protoOf(X, ({ x }) => ({ y: tf.tanh(x!) }));
    expect(proto.node.map(({ opType, output }) => [opType, ...output])).toEqual([['Tanh', 'y']]);
  });

  it('copies where an output is read on, an input, a constant, or repeated', async () => {
    const out = await run(
      X,
      ({ x }) => {
        const y = tf.square(x!);
        return { first: y, again: y, 'read on': tf.add(y, 1), input: x!, constant: tf.tensor1d([7, 8]) };
      },
      { x: DATA },
    );
    expect([...out['first']!]).toEqual([1, 4, 9, 16, 25, 36]);
    expect([...out['again']!]).toEqual([1, 4, 9, 16, 25, 36]);
    expect([...out['read on']!]).toEqual([2, 5, 10, 17, 26, 37]);
    expect([...out['input']!]).toEqual([...DATA]);
    expect([...out['constant']!]).toEqual([7, 8]);
  });

  it('passes parts of a kernel with several outputs through', async () => {
    const out = await run(
      X,
      ({ x }) => {
        const [a, b, c] = tf.split(x!, 3, 1);
        return { a: a!, c: c!, b: tf.neg(b!), again: c! };
      },
      { x: DATA },
    );
    expect([out['a'], out['b'], out['c'], out['again']].map((part) => [...part!])).toEqual([
      [1, 4],
      [-2, -5],
      [3, 6],
      [3, 6],
    ]);
  });

  it('works on a program without any node', async () => {
    const out = await run(X, ({ x }) => ({ y: x!, z: tf.clone(x!) }), { x: DATA });
    expect([...out['y']!, ...out['z']!]).toEqual([...DATA, ...DATA]);
  });

  it('writes splats, large and empty constants at full size', async () => {
    const many = Float32Array.from({ length: 5000 }, (_, i) => Math.fround(Math.sin(i)));
    const out = await run(
      X,
      () => ({
        splat: tf.fill([2, 2], -3),
        many: tf.tensor1d(many),
        ints: tf.tensor1d([1, -2], 'int32'),
        no: tf.zeros([0, 2]),
      }),
      { x: DATA },
    );
    expect([...out['splat']!]).toEqual([-3, -3, -3, -3]);
    expect(out['many']).toEqual(many);
    expect([...out['ints']!]).toEqual([1, -2]);
    expect(out['no']!.length).toBe(0);
  });

  it('encodes integer attributes as int64, zero included, negative too', () => {
    const proto = protoOf({ x: { shape: [2, 2] } }, ({ x }) => ({
      y: tf.cumsum(x!, 0, false, true),
      i: tf.topk(x!, 1).indices,
    }));
    // Readers reject an attribute without its value field, also where the value is 0.
    expect(attributesOf(proto, 'CumSum')).toMatchObject({
      exclusive: { type: 2, i: 0n },
      reverse: { type: 2, i: 1n },
    });
    expect(attributesOf(proto, 'TopK')).toMatchObject({ axis: { type: 2, i: -1n } });
  });

  it('encodes float, string and list attributes', () => {
    const proto = protoOf({ x: { shape: [2, 2] } }, ({ x }) => ({
      y: tf.leakyRelu(tf.transpose(x!), 0),
      z: tf.mirrorPad(
        x!,
        [
          [1, 0],
          [0, 1],
        ],
        'reflect',
      ),
    }));
    expect(attributesOf(proto, 'LeakyRelu')).toMatchObject({ alpha: { type: 1, f: 0 } });
    expect(attributesOf(proto, 'Transpose')).toMatchObject({ perm: { type: 7, ints: [1n, 0n] } });
    expect(new TextDecoder().decode(attributesOf(proto, 'Pad')['mode']!.s)).toBe('reflect');
  });

  it('shares the constants of shapes and scalars, and keeps -0 apart from 0', () => {
    const graph = new Graph();
    const x = graph.value('float32', [2, 3]);
    graph.inputs.push({ name: 'x', value: x });
    for (const shape of [[3, 2], [3, 2], [6]]) {
      const y = graph.value('float32', shape);
      graph.append({ kernel: 'Reshape', inputNames: ['x'], inputs: [x], outputs: [y], attrs: { shape } });
      graph.outputs.push({ name: `y${graph.outputs.length}`, value: y });
    }
    for (const value of [0, -0, 0]) {
      const y = graph.value('float32', [2]);
      graph.append({
        kernel: 'Fill',
        inputNames: [],
        inputs: [],
        outputs: [y],
        attrs: { value, shape: [2] },
      });
      graph.outputs.push({ name: `y${graph.outputs.length}`, value: y });
    }
    const { initializer } = modelOf(graph).graph!;
    // Shapes [3, 2], [6] and [2]; scalars 0 and -0.
    expect(initializer.length).toBe(5);
  });

  it('sets allowzero only where a shape holds a zero', () => {
    const allowZero = (from: number[], to: number[]) =>
      attributesOf(
        protoOf({ x: { shape: from } }, ({ x }) => ({ y: tf.reshape(x!, to) })),
        'Reshape',
      )['allowzero']!.i;
    expect(allowZero([2, 3], [6])).toBe(0n);
    expect(allowZero([2, 0], [0, 5])).toBe(1n);
  });

  it('runs a reshape of an empty input', async () => {
    const out = await run({ x: { shape: [2, 0] } }, ({ x }) => ({ y: tf.reshape(x!, [0, 5]) }), {
      x: new Float32Array(0),
    });
    expect(out['y']!.length).toBe(0);
  });

  it('is the same bytes for the same function', () => {
    const bytes = () =>
      onnxFromGraph(
        optimized(trace(X, ({ x }) => ({ y: tf.grad((v: tf.Tensor) => tf.sum(tf.tanh(v)))(x!) }))),
      );
    expect(bytes()).toEqual(bytes());
  });
});
