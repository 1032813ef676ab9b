/** Small checkpoint files of known layouts, made anew for each test. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { type CheckpointTensor, writeSafetensors } from '../../checkpoints/safetensors/index.ts';
import { Rng } from '../../tensor/rng.ts';
import { sizeOf } from '../../tensor/shape.ts';

/** A folder that is gone after the test. */
export function scratchFolder(): string {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'fewstep-checkpoints-')));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A SiT of width 16 and depth 1 on latents of 4 x 4 x 4, its values from a seed; all of it F32. */
export function sitTensors(seed: number): Map<string, CheckpointTensor> {
  const width = 16;
  const dense = (name: string, out: number, into: number): [string, number[]][] => [
    [`${name}.weight`, [out, into]],
    [`${name}.bias`, [out]],
  ];
  const shapes: [string, number[]][] = [
    ['pos_embed', [1, 4, width]],
    ['x_embedder.proj.weight', [width, 4, 2, 2]],
    ['x_embedder.proj.bias', [width]],
    ...dense('t_embedder.mlp.0', width, 256),
    ...dense('t_embedder.mlp.2', width, width),
    ['y_embedder.embedding_table.weight', [4, width]],
    ...dense('blocks.0.attn.qkv', 3 * width, width),
    ...dense('blocks.0.attn.proj', width, width),
    ...dense('blocks.0.mlp.fc1', 4 * width, width),
    ...dense('blocks.0.mlp.fc2', width, 4 * width),
    ...dense('blocks.0.adaLN_modulation.1', 6 * width, width),
    ...dense('final_layer.linear', 2 * 2 * 8, width),
    ...dense('final_layer.adaLN_modulation.1', 2 * width, width),
  ];
  const rng = new Rng(seed, 'test/checkpoint');
  return new Map(
    shapes.map(([name, shape]) => {
      const data = new Float32Array(sizeOf(shape));
      rng.fillNormal(data);
      return [name, { dtype: 'F32', shape, data }];
    }),
  );
}

/** @returns the path of the file */
export function writeTensors(folder: string, name: string, tensors: Map<string, CheckpointTensor>): string {
  const file = path.join(folder, name);
  fs.writeFileSync(file, writeSafetensors(tensors));
  return file;
}
