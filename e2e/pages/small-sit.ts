/** A SiT of a few thousand parameters in a safetensors file, under the names of its release. */

interface Sizes {
  readonly width: number;
  readonly depth: number;
  readonly classes: number;
  /** Numbers of the pseudo-random sequence that are passed over: other weights. */
  readonly skip?: number;
}

/** Latents of 8 x 8 x 4 in patches of 2, and a variance beside the velocity, as SiT has it. */
export function smallSit({ width, depth, classes, skip = 0 }: Sizes): Buffer {
  const linear = (name: string, into: number, out: number): [string, number[]][] => [
    [`${name}.weight`, [out, into]],
    [`${name}.bias`, [out]],
  ];
  const shapes: [string, number[]][] = [
    ['pos_embed', [1, 16, width]],
    ['x_embedder.proj.weight', [width, 4, 2, 2]],
    ['x_embedder.proj.bias', [width]],
    ...linear('t_embedder.mlp.0', 256, width),
    ...linear('t_embedder.mlp.2', width, width),
    ['y_embedder.embedding_table.weight', [classes + 1, width]],
    ...Array.from({ length: depth }, (_, i) => [
      ...linear(`blocks.${i}.attn.qkv`, width, 3 * width),
      ...linear(`blocks.${i}.attn.proj`, width, width),
      ...linear(`blocks.${i}.mlp.fc1`, width, 4 * width),
      ...linear(`blocks.${i}.mlp.fc2`, 4 * width, width),
      ...linear(`blocks.${i}.adaLN_modulation.1`, width, 6 * width),
    ]).flat(),
    ...linear('final_layer.linear', width, 32),
    ...linear('final_layer.adaLN_modulation.1', width, 2 * width),
  ];
  return safetensors(shapes, skip);
}

/** As a person would drop it. */
export const smallSitFile = {
  name: 'SiT-small.safetensors',
  mimeType: 'application/octet-stream',
  buffer: smallSit({ width: 32, depth: 2, classes: 10 }),
};

function safetensors(shapes: readonly [string, number[]][], skip: number): Buffer {
  let state = 1 + skip;
  const next = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647 - 0.5;
  };
  const header: Record<string, unknown> = {};
  const pieces: Buffer[] = [];
  let at = 0;
  for (const [name, shape] of shapes) {
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0.3 * next());
    const bytes = Buffer.from(values.buffer);
    header[name] = { dtype: 'F32', shape, data_offsets: [at, at + bytes.length] };
    pieces.push(bytes);
    at += bytes.length;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...pieces]);
}
