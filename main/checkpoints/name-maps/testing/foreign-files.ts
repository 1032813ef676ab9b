/**
 * Key lists of the releases, written out by hand from their code and not from the maps that they test:
 * facebookresearch/DiT and willisma/SiT `models.py`, REPA `models/sit.py`, diffusers 0.3x
 * `DiTTransformer2DModel` and `AutoencoderKL`, pi-Flow `gmflow.py`.
 */
import type { TensorInfo } from '../../checkpoint.ts';
import type { About } from '../weights.ts';

export type Shapes = Record<string, number[]>;

export interface DitSizes {
  readonly size: number;
  readonly patch: number;
  readonly channels: number;
  readonly width: number;
  readonly depth: number;
  readonly mlpWidth: number;
  readonly classes: number;
  readonly timeChannels: number;
  /** Channels of the output. */
  readonly out: number;
}

export const TINY: DitSizes = {
  size: 8,
  patch: 2,
  channels: 4,
  width: 32,
  depth: 2,
  mlpWidth: 128,
  classes: 10,
  timeChannels: 256,
  out: 8,
};
export const XL_2: DitSizes = {
  ...TINY,
  size: 32,
  width: 1152,
  depth: 28,
  mlpWidth: 4608,
  classes: 1000,
};

/** [out, in] and its bias. */
function dense(key: string, out: number, into: number): Shapes {
  return { [`${key}.weight`]: [out, into], [`${key}.bias`]: [out] };
}

function convolution(key: string, out: number, into: number, side: number): Shapes {
  return { [`${key}.weight`]: [out, into, side, side], [`${key}.bias`]: [out] };
}

export function ditKeys(sizes: DitSizes): Shapes {
  const { size, patch, channels, width, depth, mlpWidth, classes, timeChannels, out } = sizes;
  const keys: Shapes = {
    pos_embed: [1, (size / patch) ** 2, width],
    ...convolution('x_embedder.proj', width, channels, patch),
    ...dense('t_embedder.mlp.0', width, timeChannels),
    ...dense('t_embedder.mlp.2', width, width),
    'y_embedder.embedding_table.weight': [classes + 1, width],
  };
  for (let i = 0; i < depth; i++) {
    Object.assign(
      keys,
      dense(`blocks.${i}.attn.qkv`, 3 * width, width),
      dense(`blocks.${i}.attn.proj`, width, width),
      dense(`blocks.${i}.mlp.fc1`, mlpWidth, width),
      dense(`blocks.${i}.mlp.fc2`, width, mlpWidth),
      dense(`blocks.${i}.adaLN_modulation.1`, 6 * width, width),
    );
  }
  return {
    ...keys,
    ...dense('final_layer.linear', patch * patch * out, width),
    ...dense('final_layer.adaLN_modulation.1', 2 * width, width),
  };
}

export function repaKeys(sizes: DitSizes): Shapes {
  return {
    ...ditKeys(sizes),
    ...dense('projectors.0.0', 40, sizes.width),
    ...dense('projectors.0.2', 40, 40),
    ...dense('projectors.0.4', 24, 40),
  };
}

/** As old REPA files: blocks from `encoderDepth` on count anew. */
export function oldRepaKeys(sizes: DitSizes, encoderDepth: number): Shapes {
  return Object.fromEntries(
    Object.entries(repaKeys(sizes)).map(([key, shape]) => [
      key.replace(/^blocks\.(\d+)/, (whole, block: string) =>
        Number(block) < encoderDepth ? whole : `decoder_blocks.${Number(block) - encoderDepth}`,
      ),
      shape,
    ]),
  );
}

function diffusersEmbedders(prefix: string, { width, classes, timeChannels }: DitSizes): Shapes {
  return {
    ...dense(`${prefix}.timestep_embedder.linear_1`, width, timeChannels),
    ...dense(`${prefix}.timestep_embedder.linear_2`, width, width),
    [`${prefix}.class_embedder.embedding_table.weight`]: [classes + 1, width],
  };
}

function diffusersTrunk(sizes: DitSizes): Shapes {
  const { patch, channels, width, depth, mlpWidth } = sizes;
  const keys: Shapes = { ...convolution('pos_embed.proj', width, channels, patch) };
  for (let i = 0; i < depth; i++) {
    const block = `transformer_blocks.${i}`;
    Object.assign(
      keys,
      dense(`${block}.norm1.linear`, 6 * width, width),
      ...['to_q', 'to_k', 'to_v', 'to_out.0'].map((part) => dense(`${block}.attn1.${part}`, width, width)),
      dense(`${block}.ff.net.0.proj`, mlpWidth, width),
      dense(`${block}.ff.net.2`, width, mlpWidth),
    );
  }
  return { ...keys, ...dense('proj_out_1', 2 * width, width) };
}

export function diffusersKeys(sizes: DitSizes): Shapes {
  const keys = diffusersTrunk(sizes);
  for (let i = 0; i < sizes.depth; i++) {
    Object.assign(keys, diffusersEmbedders(`transformer_blocks.${i}.norm1.emb`, sizes));
  }
  return { ...keys, ...dense('proj_out_2', sizes.patch ** 2 * sizes.out, sizes.width) };
}

/** A pi-Flow teacher or DX student: `rows` numbers at each place of a patch. */
export function piflowKeys(sizes: DitSizes, rows: number): Shapes {
  return {
    ...diffusersTrunk(sizes),
    ...diffusersEmbedders('emb', sizes),
    ...dense('proj_out_2', sizes.patch ** 2 * rows, sizes.width),
  };
}

export function piflowGmKeys(sizes: DitSizes, components: number, logStdWidth: number): Shapes {
  const { patch, channels, width } = sizes;
  return {
    ...diffusersTrunk(sizes),
    ...diffusersEmbedders('emb', sizes),
    ...dense('proj_out_means', patch ** 2 * components * channels, width),
    ...dense('proj_out_logweights', patch ** 2 * components, width),
    ...dense('proj_out_logstds.1', logStdWidth, width),
    ...dense('proj_out_logstds.3', 1, logStdWidth),
  };
}

export interface VaeSizes {
  readonly widths: readonly number[];
  readonly layers: number;
  readonly latent: number;
}

export const SD_VAE: VaeSizes = { widths: [128, 256, 512, 512], layers: 2, latent: 4 };
export type AttentionNames = 'new' | 'old' | 'old-convolutions';

export function autoencoderKeys({ widths, layers, latent }: VaeSizes, names: AttentionNames = 'new'): Shapes {
  const [finest, coarsest] = [widths[0]!, widths.at(-1)!];
  const keys: Shapes = {
    ...convolution('encoder.conv_in', finest, 3, 3),
    ...norm('encoder.conv_norm_out', coarsest),
    ...convolution('encoder.conv_out', 2 * latent, coarsest, 3),
    ...convolution('quant_conv', 2 * latent, 2 * latent, 1),
    ...convolution('post_quant_conv', latent, latent, 1),
    ...convolution('decoder.conv_in', coarsest, latent, 3),
    ...norm('decoder.conv_norm_out', finest),
    ...convolution('decoder.conv_out', 3, finest, 3),
  };
  for (const half of ['encoder', 'decoder']) {
    const middle = `${half}.mid_block`;
    Object.assign(
      keys,
      resnet(`${middle}.resnets.0`, coarsest, coarsest),
      resnet(`${middle}.resnets.1`, coarsest, coarsest),
      attention(`${middle}.attentions.0`, coarsest, names),
    );
  }
  const last = widths.length - 1;
  const up = [...widths].reverse();
  widths.forEach((width, i) => {
    const before = i === 0 ? width : widths[i - 1]!;
    for (let j = 0; j < layers; j++) {
      Object.assign(keys, resnet(`encoder.down_blocks.${i}.resnets.${j}`, j === 0 ? before : width, width));
    }
    const upBefore = i === 0 ? up[0]! : up[i - 1]!;
    for (let j = 0; j <= layers; j++) {
      Object.assign(keys, resnet(`decoder.up_blocks.${i}.resnets.${j}`, j === 0 ? upBefore : up[i]!, up[i]!));
    }
    if (i === last) return;
    Object.assign(keys, convolution(`encoder.down_blocks.${i}.downsamplers.0.conv`, width, width, 3));
    Object.assign(keys, convolution(`decoder.up_blocks.${i}.upsamplers.0.conv`, up[i]!, up[i]!, 3));
  });
  return keys;
}

function norm(key: string, width: number): Shapes {
  return { [`${key}.weight`]: [width], [`${key}.bias`]: [width] };
}

function resnet(key: string, from: number, to: number): Shapes {
  return {
    ...norm(`${key}.norm1`, from),
    ...convolution(`${key}.conv1`, to, from, 3),
    ...norm(`${key}.norm2`, to),
    ...convolution(`${key}.conv2`, to, to, 3),
    ...(from === to ? {} : convolution(`${key}.conv_shortcut`, to, from, 1)),
  };
}

function attention(key: string, width: number, names: AttentionNames): Shapes {
  const parts =
    names === 'new' ? ['to_q', 'to_k', 'to_v', 'to_out.0'] : ['query', 'key', 'value', 'proj_attn'];
  return Object.assign(
    norm(`${key}.group_norm`, width),
    ...parts.map((part) =>
      names === 'old-convolutions'
        ? convolution(`${key}.${part}`, width, width, 1)
        : dense(`${key}.${part}`, width, width),
    ),
  ) as Shapes;
}

export function wrapped(shapes: Shapes, prefix: string): Shapes {
  return Object.fromEntries(Object.entries(shapes).map(([key, shape]) => [`${prefix}.${key}`, shape]));
}

/** A file with these tensors, as recognition sees it. */
export function fileOf(
  shapes: Shapes,
  more: {
    fileName?: string;
    facts?: Record<string, string>;
    metadata?: Record<string, string>;
    format?: About['format'];
    dtype?: TensorInfo['dtype'];
  } = {},
): About {
  return {
    tensors: Object.entries(shapes).map(([name, shape]) => ({ name, shape, dtype: more.dtype ?? 'F32' })),
    facts: new Map(Object.entries(more.facts ?? {})),
    metadata: new Map(Object.entries(more.metadata ?? {})),
    format: more.format ?? 'safetensors',
    fileName: more.fileName ?? 'model.safetensors',
  };
}
