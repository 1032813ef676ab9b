import fs from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, it, onTestFinished } from 'vitest';
import os from 'node:os';
import { Rng } from '../rng.ts';
import { trace } from '../trace.ts';
import { runOnnxFile, writeOnnxFile } from './file.ts';
import { ModelProtoSchema } from './onnx_pb.ts';

function scratch(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fewstep-onnx-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const weights = new Rng(5, 'weights').fillNormal(new Float32Array(64 * 64));
const graph = () =>
  trace({ x: { shape: [2, 64] } }, ({ x }) => ({
    y: tf.add(tf.matMul(x as tf.Tensor2D, tf.tensor2d(weights, [64, 64])), 0.5),
  }));
const inputs = { x: { values: new Rng(5, 'x').fillNormal(new Float32Array(128)), shape: [2, 64] } };

describe('an ONNX file', () => {
  it('holds its weights and says what it is', async () => {
    const file = path.join(scratch(), 'model.onnx');
    expect(writeOnnxFile(file, graph(), { 'fewstep.what': 'a product' })).toEqual([file]);
    const { metadataProps } = fromBinary(ModelProtoSchema, fs.readFileSync(file));
    expect(metadataProps.map(({ key, value }) => [key, value])).toEqual([['fewstep.what', 'a product']]);
    const { y } = await runOnnxFile(file, inputs);
    const row = (i: number, j: number): number =>
      weights.reduce(
        (sum, w, k) => (k % 64 === j ? sum + w * inputs.x.values[i * 64 + (k - j) / 64]! : sum),
        0.5,
      );
    expect(y).toHaveLength(128);
    for (const [i, j] of [
      [0, 0],
      [1, 63],
      [0, 17],
    ] as const)
      expect(y![i * 64 + j]).toBeCloseTo(row(i, j), 4);
  });

  it('keeps weights that do not fit beside it, and finds them wherever both are moved', async () => {
    const folder = scratch();
    const file = path.join(folder, 'model.onnx');
    expect(writeOnnxFile(file, graph(), {}, 1000)).toEqual([`${file}.data`, file]);
    expect(fs.statSync(file).size).toBeLessThan(2000);
    expect(fs.statSync(`${file}.data`).size).toBe(weights.byteLength);
    const inside = path.join(scratch(), 'inside.onnx');
    writeOnnxFile(inside, graph(), {});
    const moved = scratch();
    for (const name of fs.readdirSync(folder)) fs.renameSync(path.join(folder, name), path.join(moved, name));
    expect(await runOnnxFile(path.join(moved, 'model.onnx'), inputs)).toEqual(
      await runOnnxFile(inside, inputs),
    );
  });

  it('is refused by name where it is none', async () => {
    const file = path.join(scratch(), 'model.onnx');
    fs.writeFileSync(file, 'no model');
    await expect(runOnnxFile(file, {})).rejects.toMatchObject({ code: 'engine/compile-failed' });
  });
});
