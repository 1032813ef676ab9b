/** From a file made elsewhere to its output, as the command line does it. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { RecognitionOptions } from '#contract/checkpoints.ts';
import { writeNetworkFile } from '../../checkpoints/export/names.ts';
import { readSafetensors } from '../../checkpoints/index.ts';
import { writeSafetensors } from '../../checkpoints/safetensors/write.ts';
import { writeTensorFile } from '../../checkpoints/export/tensor-file.ts';
import { applyDitImage } from '../../models/dit/image-dit.ts';
import { ditShapes } from '../../models/dit/dit-shapes.ts';
import { autoencoderShapes } from '../../models/vae/autoencoder-shapes.ts';
import { scratchFolder } from '../../store/testdata/scratch.ts';
import { ortCpuExecutor } from '../../tensor/executors/ort.ts';
import { referenceExecutor } from '../../tensor/executors/tfjs.ts';
import { compileProgram } from '../../tensor/program.ts';
import { Rng } from '../../tensor/rng.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { nodeReader } from '../reader/node-process.ts';
import { TINY_AUTOENCODER, TINY_DIT, TINY_MIXTURE, randomWeights } from '../testing/tiny-models.ts';
import { FORWARD_TOLERANCE, type ForwardReport, forwardPass } from './forward.ts';

const OPTIONS: RecognitionOptions = { kind: 'sit', heads: TINY_DIT.heads };

function forward(
  file: string,
  io: string | null,
  options: RecognitionOptions = OPTIONS,
): Promise<ForwardReport> {
  return forwardPass({ file, options, io, spawn: nodeReader(), executor: ortCpuExecutor(1) });
}

const noise = (name: string, shape: readonly number[]): Float32Array =>
  new Rng(2, name).fillNormal(new Float32Array(sizeOf(shape)));

interface Arrays {
  readonly [name: string]: { readonly shape: readonly number[]; readonly data: Float32Array };
}

function writeArrays(file: string, arrays: Arrays): string {
  const specs = Object.entries(arrays).map(([name, { shape }]) => ({ name, dtype: 'F32' as const, shape }));
  writeTensorFile(file, specs, new Map(), (name) => arrays[name]!.data);
  return file;
}

/** A SiT under its original names, and inputs with the outputs of the reference executor. */
async function sitWithIo(config = TINY_DIT): Promise<{ file: string; io: Arrays; folder: string }> {
  const folder = scratchFolder();
  const file = path.join(folder, 'sit.safetensors');
  const weights = randomWeights(ditShapes(config));
  writeNetworkFile(file, config, 'sit', 'original', (own) => weights[own]!);
  const x = { shape: [2, 4, 8, 8], data: noise('x', [2, 4, 8, 8]) };
  const t = { shape: [2], data: Float32Array.of(0.2, 0.9) };
  const y = { shape: [2], data: Float32Array.of(1, 3) };
  const shapes = ditShapes(config);
  const program = await compileProgram(referenceExecutor(), {
    inputs: Object.fromEntries(
      Object.entries({ ...shapes, x: x.shape, t: t.shape, y: y.shape }).map(([name, shape]) => [
        name,
        { shape },
      ]),
    ),
    run: (_, { x: image, t: time, y: label, ...parameters }) => {
      const said = applyDitImage(
        config,
        parameters,
        tf.transpose(image!, [0, 2, 3, 1]),
        time as Tensor1D,
        label as Tensor1D,
      );
      return { outputs: { out: tf.transpose(said, [0, 3, 1, 2]) } };
    },
  });
  const { out } = await program.run({ ...weights, x: x.data, t: t.data, y: y.data });
  return { file, folder, io: { x, t, y, out: { shape: [2, 8, 8, 8], data: out as Float32Array } } };
}

/** Whatever else runs makes temporary folders too: those of this test lie apart. */
function keepTemporaryApart(): void {
  vi.stubEnv('TMPDIR', scratchFolder());
  onTestFinished(() => void vi.unstubAllEnvs());
}

const temporary = (): string[] =>
  fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith('fewstep-forward-'));

describe('a forward pass', () => {
  it('agrees with the outputs that a file has, variances or not', async () => {
    const { file, folder, io } = await sitWithIo();
    keepTemporaryApart();
    const before = temporary();
    const report = await forward(file, writeArrays(path.join(folder, 'io.safetensors'), io));
    expect(report).toMatchObject({
      kind: 'sit',
      fed: null,
      config: { network: 'dit', depth: 2, classes: 3 },
    });
    expect(report.output).toMatchObject([{ name: 'out', shape: [2, 8, 8, 8] }]);
    expect(report.relativeToStd).toBeLessThan(FORWARD_TOLERANCE);
    expect(report.seconds).toBeGreaterThan(0);
    // SiT's own code drops the variance.
    const { out } = io;
    const kept = out!.data.filter((_, i) => Math.floor(i / 64) % 8 < 4);
    const without = { ...io, out: { shape: [2, 4, 8, 8], data: kept } };
    const second = await forward(file, writeArrays(path.join(folder, 'io-4.safetensors'), without));
    expect(second.output).toMatchObject([{ shape: [2, 4, 8, 8] }]);
    expect(second.relativeToStd).toBeLessThan(FORWARD_TOLERANCE);
    expect(temporary()).toEqual(before);
  });

  it('finds the heads that nobody chose by the outputs that they give', async () => {
    // Of a network so narrow, 2 heads are assumed.
    const { file: told, folder, io } = await sitWithIo({ ...TINY_DIT, heads: 8 });
    const file = path.join(folder, 'untold.safetensors');
    fs.writeFileSync(file, writeSafetensors(readSafetensors(fs.readFileSync(told), told).tensors));
    const compared = writeArrays(path.join(folder, 'io.safetensors'), io);
    const report = await forward(file, compared, { kind: 'sit' });
    expect(report.config).toMatchObject({ heads: 8 });
    expect(report.settled).toEqual({ heads: 8 });
    expect(report.relativeToStd).toBeLessThan(FORWARD_TOLERANCE);
    // Chosen ones are not gone beyond, right or wrong.
    const chosen = await forward(file, compared, { kind: 'sit', heads: 4 });
    expect([chosen.config, chosen.settled]).toMatchObject([{ heads: 4 }, {}]);
    expect(chosen.relativeToStd).toBeGreaterThan(FORWARD_TOLERANCE);
  });

  it('refuses inputs that memory may not hold, before it reads any', async () => {
    const { file, folder } = await sitWithIo();
    const io = path.join(folder, 'io.safetensors');
    const header = JSON.stringify({ x: { dtype: 'F32', shape: [2 ** 28], data_offsets: [0, 2 ** 30] } });
    const head = Buffer.alloc(8 + header.length);
    head.writeBigUInt64LE(BigInt(header.length));
    head.write(header, 8);
    fs.writeFileSync(io, head);
    fs.truncateSync(io, head.length + 2 ** 30);
    await expect(forward(file, io)).rejects.toMatchObject({ code: 'checkpoint/io-too-large' });
  });

  it('says by how much it disagrees', async () => {
    const { file, folder, io } = await sitWithIo();
    const { out, ...inputs } = io;
    const moved = { shape: out!.shape, data: out!.data.map((x, i) => (i === 100 ? x + 0.25 : x)) };
    const wrong = await forward(
      file,
      writeArrays(path.join(folder, 'io.safetensors'), { ...inputs, out: moved }),
    );
    expect(wrong.maxAbsError).toBeCloseTo(0.25, 4);
    expect(wrong.relativeToStd).toBeGreaterThan(FORWARD_TOLERANCE);
    const nothing = { shape: out!.shape, data: out!.data.map((x, i) => (i === 100 ? NaN : x)) };
    const nan = await forward(
      file,
      writeArrays(path.join(folder, 'nan.safetensors'), { ...inputs, out: nothing }),
    );
    expect(nan.maxAbsError).toBe(Infinity);
  });

  it('is one of seeded noise without a file to compare with', async () => {
    const { file } = await sitWithIo();
    const [first, second] = [await forward(file, null), await forward(file, null)];
    expect(first).toMatchObject({ maxAbsError: null, relativeToStd: null, fed: { t: 0.5, y: 0 } });
    expect(first.output).toEqual(second.output);
    expect(first.output[0]!.std).toBeGreaterThan(0);
  });

  it.each([
    ['checkpoint/missing-tensor', ({ x, y, out }: Arrays) => ({ x, y, out })],
    ['checkpoint/missing-tensor', ({ x, t, y }: Arrays) => ({ x, t, y })],
    ['checkpoint/wrong-shape', ({ x, ...rest }: Arrays) => ({ ...rest, x: { ...x!, shape: [2, 8, 8, 4] } })],
    [
      'checkpoint/wrong-shape',
      ({ out, ...rest }: Arrays) => ({ ...rest, out: { ...out!, shape: [1, 16, 8, 8] } }),
    ],
  ] as const)('refuses inputs and outputs that do not fit as %s', async (code, change) => {
    const { file, folder, io } = await sitWithIo();
    const changed = writeArrays(path.join(folder, 'io.safetensors'), change(io) as Arrays);
    await expect(forward(file, changed)).rejects.toMatchObject({ code });
  });

  it('refuses what is no checkpoint, and leaves nothing behind', async () => {
    keepTemporaryApart();
    const before = temporary();
    const file = path.join(scratchFolder(), 'noise.bin');
    fs.writeFileSync(file, 'nothing of the kind');
    const found = await forward(file, null).catch((error: { code: string }) => error);
    expect((found as { code: string }).code).toMatch(/^checkpoint\//);
    expect(temporary()).toEqual(before);
  });

  it('is that of every head and of an autoencoder', async () => {
    const folder = scratchFolder();
    const policy = path.join(folder, 'policy.safetensors');
    const weights = randomWeights(ditShapes(TINY_MIXTURE));
    writeNetworkFile(policy, TINY_MIXTURE, 'flow-1000', 'fewstep', (own) => weights[own]!);
    const { output, fed } = await forward(policy, null, {});
    expect(fed).toEqual({ t: 500, y: 0 });
    expect(output.map(({ name, shape }) => [name, shape])).toEqual([
      ['means', [1, 3, 4, 8, 8]],
      ['logweights', [1, 3, 1, 8, 8]],
      ['logstd', [1, 1, 1, 1, 1]],
    ]);
    const autoencoder = path.join(folder, 'vae.safetensors');
    const theirs = randomWeights(autoencoderShapes(TINY_AUTOENCODER));
    writeNetworkFile(autoencoder, TINY_AUTOENCODER, null, 'fewstep', (own) => theirs[own]!);
    const decoded = await forward(autoencoder, null, {});
    expect(decoded.output.map(({ name, shape }) => [name, shape])).toEqual([['decoded', [1, 3, 64, 64]]]);
    const image = { shape: [1, 3, 16, 16], data: noise('image', [1, 3, 16, 16]) };
    const mean = { shape: [1, 4, 8, 8], data: noise('mean', [1, 4, 8, 8]) };
    const io = writeArrays(path.join(folder, 'io.safetensors'), { image, mean });
    const encoded = await forward(autoencoder, io, {});
    expect(encoded.output.map(({ name, maxAbsError }) => [name, maxAbsError === null])).toEqual([
      ['mean', false],
      ['logvar', true],
    ]);
  });
});
