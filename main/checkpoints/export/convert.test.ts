import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RecognitionOptions } from '#contract/checkpoints.ts';
import { recognise } from '../name-maps/recognise.ts';
import { sinCosPositions } from '../name-maps/positions.ts';
import { sizeOfShape } from '../name-maps/shapes.ts';
import {
  TINY,
  autoencoderKeys,
  diffusersKeys,
  ditKeys,
  piflowGmKeys,
  piflowKeys,
  wrapped,
} from '../name-maps/testing/foreign-files.ts';
import type { Shapes } from '../name-maps/testing/foreign-files.ts';
import { readSafetensors } from '../safetensors/index.ts';
import type { CheckpointTensor } from '../safetensors/index.ts';
import { convertCheckpoint } from './convert.ts';
import { memoryCheckpoint } from './testing/memory-checkpoint.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fewstep-convert-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));
let files = 0;
const newFile = (): string => path.join(folder, `${files++}.safetensors`);

/** A number that no other element of the file has; exact in float32. */
function filled(shapes: Shapes): Map<string, CheckpointTensor> {
  let next = 0;
  return new Map(
    Object.entries(shapes).map(([name, shape]) => {
      const data = Float32Array.from({ length: sizeOfShape(shape) }, () => next++);
      return [name, { dtype: 'F32' as const, shape, data }];
    }),
  );
}

/** Their tensors, and ours after the conversion. */
function converted(shapes: Shapes, options: RecognitionOptions = {}, prefix = '') {
  const tensors = filled(shapes);
  const checkpoint = memoryCheckpoint(tensors);
  const { mapping } = recognise({ ...checkpoint, fileName: 'x' }, options);
  const out = newFile();
  const { bytes } = convertCheckpoint(checkpoint, mapping!, out, new Map([['a', 'b']]));
  const file = fs.readFileSync(out);
  expect(file.length).toBe(bytes);
  const read = readSafetensors(file);
  expect(read.metadata).toEqual(new Map([['a', 'b']]));
  return {
    theirs: (name: string) => tensors.get(prefix + name)!.data as Float32Array,
    ours: (name: string) => read.tensors.get(name)!.data as Float32Array,
    shape: (name: string) => read.tensors.get(name)!.shape,
  };
}

/** Checks [in, out] against [out, in]. */
function expectTransposed(ours: Float32Array, theirs: Float32Array, out: number): void {
  const into = theirs.length / out;
  expect(ours).toEqual(theirs.map((_, i) => theirs[(i % out) * into + Math.floor(i / out)]!));
}

describe('convertCheckpoint', () => {
  it('lays a DiT out as ours, whatever it is wrapped in', () => {
    const { theirs, ours, shape } = converted(wrapped(ditKeys(TINY), 'ema.module'), {}, 'ema.module.');
    const { patch, channels, width } = TINY;
    expect(shape('embed.weight')).toEqual([16, 32]);
    const patches = theirs('x_embedder.proj.weight');
    const tokens = Float32Array.from(patches, (_, i) => {
      const [token, out] = [Math.floor(i / width), i % width];
      const [row, column, channel] = [
        Math.floor(token / (patch * channels)),
        Math.floor(token / channels) % patch,
        token % channels,
      ];
      return patches[((out * channels + channel) * patch + row) * patch + column]!;
    });
    expect(ours('embed.weight')).toEqual(tokens);
    expect(ours('positions')).toEqual(theirs('pos_embed'));
    expect(ours('classes')).toEqual(theirs('y_embedder.embedding_table.weight'));
    expectTransposed(ours('time.0.weight'), theirs('t_embedder.mlp.0.weight'), 32);
    expectTransposed(ours('blocks.1.qkv.weight'), theirs('blocks.1.attn.qkv.weight'), 96);
    expect(ours('blocks.1.qkv.bias')).toEqual(theirs('blocks.1.attn.qkv.bias'));
    expectTransposed(ours('blocks.0.fc2.weight'), theirs('blocks.0.mlp.fc2.weight'), 32);
    expectTransposed(ours('blocks.0.adaLN.weight'), theirs('blocks.0.adaLN_modulation.1.weight'), 192);
    expectTransposed(ours('final.linear.weight'), theirs('final_layer.linear.weight'), 32);
  });

  it('joins queries, keys and values of diffusers, and computes its positions', () => {
    const { theirs, ours } = converted(diffusersKeys(TINY), { size: 8 });
    const parts = ['to_q', 'to_k', 'to_v'].map((part) => `transformer_blocks.1.attn1.${part}`);
    const joined = parts.flatMap((part) => [...theirs(`${part}.weight`)]);
    expectTransposed(ours('blocks.1.qkv.weight'), Float32Array.from(joined), 96);
    expect([...ours('blocks.1.qkv.bias')]).toEqual(parts.flatMap((part) => [...theirs(`${part}.bias`)]));
    expect(ours('time.2.bias')).toEqual(
      theirs('transformer_blocks.0.norm1.emb.timestep_embedder.linear_2.bias'),
    );
    expect(ours('positions')).toEqual(sinCosPositions(4, 32));
    expectTransposed(ours('final.adaLN.weight'), theirs('proj_out_1.weight'), 64);
  });

  it('drops the spread that a single Gaussian has at each place', () => {
    const { theirs, ours, shape } = converted(piflowKeys(TINY, 5));
    expect(shape('final.linear.weight')).toEqual([32, 16]);
    const [weight, bias] = [theirs('proj_out_2.weight'), theirs('proj_out_2.bias')];
    const row = (out: number): number => Math.floor(out / 4) * 5 + (out % 4);
    expect(ours('final.linear.bias')).toEqual(Float32Array.from({ length: 16 }, (_, out) => bias[row(out)]!));
    expect(ours('final.linear.weight')).toEqual(
      Float32Array.from({ length: 512 }, (_, i) => weight[row(i % 16) * 32 + Math.floor(i / 16)]!),
    );
  });

  it('keeps the order of the numbers of a mixture', () => {
    const { theirs, ours } = converted(piflowGmKeys(TINY, 3, 7));
    expectTransposed(ours('means.weight'), theirs('proj_out_means.weight'), 4 * 3 * 4);
    expectTransposed(ours('logWeights.weight'), theirs('proj_out_logweights.weight'), 4 * 3);
    expectTransposed(ours('logStd.2.weight'), theirs('proj_out_logstds.3.weight'), 1);
  });

  it.each(['new', 'old', 'old-convolutions'] as const)(
    'lays out an autoencoder with %s attention',
    (names) => {
      const { theirs, ours, shape } = converted(
        autoencoderKeys({ widths: [4, 8], layers: 1, latent: 2 }, names),
      );
      expect(shape('encoder.down_blocks.1.resnets.0.conv1.weight')).toEqual([3, 3, 4, 8]);
      const oihw = theirs('encoder.down_blocks.1.resnets.0.conv1.weight');
      const hwio = oihw.map((_, i) => {
        const [place, into, out] = [Math.floor(i / 32), Math.floor(i / 8) % 4, i % 8];
        return oihw[(out * 4 + into) * 9 + place]!;
      });
      expect(ours('encoder.down_blocks.1.resnets.0.conv1.weight')).toEqual(hwio);
      const middle = 'decoder.mid_block.attentions.0';
      const key = names === 'new' ? 'to_out.0' : 'proj_attn';
      expectTransposed(ours(`${middle}.to_out.0.weight`), theirs(`${middle}.${key}.weight`), 8);
      expect(shape(`${middle}.to_out.0.weight`)).toEqual([8, 8]);
    },
  );

  it('reads halves and doubles, and counts what is not finite', () => {
    const tensors = filled(ditKeys(TINY));
    const bias = 'blocks.0.attn.proj.bias';
    const halves = new Uint16Array(32);
    halves.set([0x3f80, 0xc000, 0x7f80, 0x7fc0]);
    tensors.set(bias, { dtype: 'BF16', shape: [32], data: new Uint8Array(halves.buffer) });
    const doubles = new Float64Array(32).fill(0.1);
    doubles[1] = 1e300;
    tensors.set('blocks.0.mlp.fc2.bias', { dtype: 'F64', shape: [32], data: doubles });
    const checkpoint = memoryCheckpoint(tensors);
    const { mapping } = recognise({ ...checkpoint, fileName: 'x' });
    const out = newFile();
    const steps: number[] = [];
    const counts = convertCheckpoint(checkpoint, mapping!, out, new Map(), (done, of) =>
      steps.push(done / of),
    );
    expect(counts).toMatchObject({ nans: 1, infinities: 2 });
    const { tensors: read } = readSafetensors(fs.readFileSync(out));
    expect([...(read.get('blocks.0.proj.bias')!.data as Float32Array).subarray(0, 4)]).toEqual([
      1,
      -2,
      Infinity,
      NaN,
    ]);
    expect((read.get('blocks.0.fc2.bias')!.data as Float32Array)[0]).toBe(Math.fround(0.1));
    expect(steps.at(-1)).toBe(1);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
  });

  it('leaves nothing behind where the file changed or a person stops it', () => {
    const checkpoint = memoryCheckpoint(filled(ditKeys(TINY)));
    const { mapping } = recognise({ ...checkpoint, fileName: 'x' });
    const other = memoryCheckpoint(filled({ ...ditKeys(TINY), pos_embed: [1, 16, 31] }));
    const out = newFile();
    expect(() => convertCheckpoint(other, mapping!, out, new Map())).toThrow(
      'Expected pos_embed of [1, 16, 32], as when the file was recognised, found [1, 16, 31].',
    );
    const stop = (): never => {
      throw new Error('stopped');
    };
    expect(() => convertCheckpoint(checkpoint, mapping!, out, new Map(), stop)).toThrow('stopped');
    expect(fs.existsSync(out)).toBe(false);
  });
});
