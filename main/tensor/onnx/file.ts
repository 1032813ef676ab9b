/** ONNX files for other programs: a graph with its weights inside, and the file run back. */
import fs from 'node:fs';
import path from 'node:path';
import * as ort from 'onnxruntime-node';
import { WorkbenchError } from '#contract/errors.ts';
import type { ConstantData, Graph } from '../graph.ts';
import { optimized } from '../passes/index.ts';
import { constantBytes } from './large-constants.ts';
import { type ExternalData, onnxFromGraph } from './lower.ts';

/** Below the 2 GiB of a protobuf message, with room for the nodes. */
const MOST_INSIDE = 1.5 * 2 ** 30;
/** One system call moves at most 2^31 - 4096 bytes. */
const MOST_BYTES_PER_CALL = 1 << 30;

/**
 * Writes a graph as an ONNX file; where its weights do not fit, they lie beside it in `<file>.data`.
 *
 * @param mostInside  bytes of weights up to which they are part of the file
 * @returns the files that were written, the model last
 */
export function writeOnnxFile(
  file: string,
  graph: Graph,
  metadata: Readonly<Record<string, string>>,
  mostInside = MOST_INSIDE,
): string[] {
  const small = optimized(graph);
  if (constantBytes(small) <= mostInside) {
    writeAll(file, onnxFromGraph(small, { metadata }));
    return [file];
  }
  const data = `${file}.data`;
  const descriptor = fs.openSync(data, 'w');
  let size = 0;
  const external: ExternalData = {
    location: path.basename(data),
    append(bytes) {
      const at = size;
      writeWhole(descriptor, bytes);
      size += bytes.length;
      return at;
    },
  };
  try {
    writeAll(file, onnxFromGraph(small, { metadata, external }));
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
  return [data, file];
}

/**
 * Runs an ONNX file once on the CPU, as any program with ONNX Runtime would.
 *
 * @param inputs  every input of the file
 * @throws WorkbenchError `engine/compile-failed`
 */
export async function runOnnxFile(
  file: string,
  inputs: Readonly<Record<string, { readonly values: ConstantData; readonly shape: readonly number[] }>>,
): Promise<Record<string, ConstantData>> {
  let session: ort.InferenceSession;
  try {
    session = await ort.InferenceSession.create(file, { executionProviders: ['cpu'], logSeverityLevel: 3 });
  } catch (error) {
    throw new WorkbenchError(
      'engine/compile-failed',
      `ONNX Runtime could not open ${path.basename(file)}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  try {
    const feeds = Object.entries(inputs).map(([name, { values, shape }]) => [
      name,
      values instanceof Int32Array
        ? new ort.Tensor('int32', values, shape)
        : new ort.Tensor('float32', values as Float32Array, shape),
    ]);
    const found = await session.run(Object.fromEntries(feeds) as Record<string, ort.Tensor>);
    return Object.fromEntries(
      Object.entries(found).map(([name, { data }]) => [name, (data as Float32Array).slice()]),
    );
  } finally {
    await session.release();
  }
}

function writeAll(file: string, bytes: Uint8Array): void {
  const descriptor = fs.openSync(file, 'w');
  try {
    writeWhole(descriptor, bytes);
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

function writeWhole(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) {
    done += fs.writeSync(descriptor, bytes, done, Math.min(bytes.length - done, MOST_BYTES_PER_CALL));
  }
}
