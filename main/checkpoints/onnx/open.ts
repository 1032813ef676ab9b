import type { ByteSource } from '../byte-source.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { byteRanges, requireTensor } from '../pieces.ts';
import { quoted, refusal } from '../refusal.ts';
import { byteLengthOf } from '../safetensors/dtypes.ts';
import { type OnnxPort, readOnnx } from './model.ts';

/** It is walked in memory; Inception is 95 MB. */
const MOST_BYTES = 512 * 2 ** 20;

/**
 * An ONNX model: its initialisers as tensors, its inputs and outputs as facts `input.<name>` and
 * `output.<name>`, each like `F32[?, 3, 299, 299]`.
 *
 * @throws WorkbenchError `checkpoint/onnx`, `onnx-external`, `onnx-size`
 */
export function openOnnx(source: ByteSource): Checkpoint {
  const { name, size } = source;
  if (size > MOST_BYTES)
    throw refusal('onnx-size', name, `an ONNX model of at most ${MOST_BYTES} bytes`, `${size}`);
  const bytes = source.read(0, size);
  const { producer, irVersion, opset, nodes, tensors, inputs, outputs } = readOnnx(bytes, name);
  for (const tensor of tensors) {
    if (tensor.data === null) continue;
    const [expected, found] = [byteLengthOf(tensor.dtype, tensor.shape), tensor.data.to - tensor.data.from];
    if (expected === found) continue;
    throw refusal('onnx', `${name}, ${quoted(tensor.name)}`, `${expected} bytes`, `${found}`);
  }
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const ports = (kind: string, list: readonly OnnxPort[]) =>
    list.slice(0, 100).map((port) => [`${kind}.${port.name.slice(0, 100)}`, portText(port)] as const);
  return {
    format: 'onnx',
    tensors: tensors.map((tensor) => ({ name: tensor.name, dtype: tensor.dtype, shape: tensor.shape })),
    metadata: new Map(),
    facts: new Map([
      ...ports('input', inputs),
      ...ports('output', outputs),
      ['producer', producer.slice(0, 200)],
      ['ir version', String(irVersion)],
      ['opset', String(opset ?? 'none of the standard ones')],
      ['nodes', String(nodes)],
    ]),
    inert: [],
    warnings: [],
    fileBytes: size,
    *pieces(wanted, from, to) {
      const tensor = requireTensor(byName, wanted);
      const { data } = tensor;
      if (data === null) {
        throw refusal(
          'onnx-numbers',
          `${name}, ${quoted(wanted)}`,
          'elements as bytes',
          'numbers of another kind',
        );
      }
      for (const { offset, length } of byteRanges(tensor, from, to)) {
        yield bytes.slice(data.from + offset, data.from + offset + length);
      }
    },
    close: () => source.close(),
  };
}

/** `F32[?, 3, 299, 299]`, `F32[...]` for any rank, `other` for what is no tensor of numbers. */
function portText({ dtype, shape }: OnnxPort): string {
  if (dtype === null) return 'other';
  return `${dtype}[${
    shape === null
      ? '...'
      : shape
          .slice(0, 12)
          .map((each) => each ?? '?')
          .join(', ')
  }]`;
}
