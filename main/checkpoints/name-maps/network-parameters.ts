/** The parameters of our networks, by name and shape: what a file of ours holds. */
import type { AutoencoderConfig, DitConfig } from '#contract/networks.ts';

/** Linears are [in, out], convolutions HWIO. */
export interface NetworkParameter {
  readonly name: string;
  readonly shape: readonly number[];
}

export function networkParameters(config: DitConfig | AutoencoderConfig): NetworkParameter[] {
  return config.network === 'dit' ? ditParameters(config) : autoencoderParameters(config);
}

function ditParameters(config: DitConfig): NetworkParameter[] {
  const { size, patch, channels, width, depth, heads, mlpWidth, qkNorm, blockEmbeddings = false } = config;
  const area = patch * patch;
  const tokens = (size / patch) ** 2;
  return [
    ...linear('embed', area * channels, width),
    { name: 'positions', shape: [tokens, width] },
    ...embedder(config, ''),
    ...Array.from({ length: blockEmbeddings ? depth - 1 : 0 }, (_, i) =>
      embedder(config, `blocks.${i + 1}.`),
    ).flat(),
    ...Array.from({ length: depth }, (_, i) => [
      ...linear(`blocks.${i}.adaLN`, width, 6 * width),
      ...linear(`blocks.${i}.qkv`, width, 3 * width),
      ...(qkNorm
        ? [
            { name: `blocks.${i}.qNorm`, shape: [width / heads] },
            { name: `blocks.${i}.kNorm`, shape: [width / heads] },
          ]
        : []),
      ...linear(`blocks.${i}.proj`, width, width),
      ...linear(`blocks.${i}.fc1`, width, mlpWidth),
      ...linear(`blocks.${i}.fc2`, mlpWidth, width),
    ]).flat(),
    ...linear('final.adaLN', width, 2 * width),
    ...headParameters(config, area),
  ];
}

/** Embedder of time and class: one for all, or one of a block. */
function embedder({ timeChannels, width, classes }: DitConfig, prefix: string): NetworkParameter[] {
  return [
    ...linear(`${prefix}time.0`, timeChannels, width),
    ...linear(`${prefix}time.2`, width, width),
    ...(classes > 0 ? [{ name: `${prefix}classes`, shape: [classes + 1, width] }] : []),
  ];
}

function headParameters({ head, width, channels }: DitConfig, area: number): NetworkParameter[] {
  if (head.kind === 'field') return linear('final.linear', width, area * head.channels);
  if (head.kind === 'dx') return linear('final.linear', width, area * head.points * channels);
  return [
    ...linear('means', width, area * head.components * channels),
    ...linear('logWeights', width, area * head.components),
    ...linear('logStd.0', width, head.logStdWidth),
    ...linear('logStd.2', head.logStdWidth, 1),
  ];
}

export function autoencoderParameters(config: AutoencoderConfig): NetworkParameter[] {
  const { channels, latentChannels, widths, layersPerBlock, middleAttention, quantConvolutions } = config;
  const [finest, coarsest] = [widths[0]!, widths.at(-1)!];
  const rising = [...widths].reverse();
  const middle = (of: string): NetworkParameter[] => [
    ...resnet(`${of}.mid_block.resnets.0`, coarsest, coarsest),
    ...(middleAttention ? attention(`${of}.mid_block.attentions.0`, coarsest) : []),
    ...resnet(`${of}.mid_block.resnets.1`, coarsest, coarsest),
  ];
  return [
    ...convolution('encoder.conv_in', 3, channels, finest),
    ...levels('encoder.down_blocks', widths, layersPerBlock, 'downsamplers'),
    ...middle('encoder'),
    ...norm('encoder.conv_norm_out', coarsest),
    ...convolution('encoder.conv_out', 3, coarsest, 2 * latentChannels),
    ...(quantConvolutions
      ? [
          ...convolution('quant_conv', 1, 2 * latentChannels, 2 * latentChannels),
          ...convolution('post_quant_conv', 1, latentChannels, latentChannels),
        ]
      : []),
    ...convolution('decoder.conv_in', 3, latentChannels, coarsest),
    ...middle('decoder'),
    ...levels('decoder.up_blocks', rising, layersPerBlock + 1, 'upsamplers'),
    ...norm('decoder.conv_norm_out', finest),
    ...convolution('decoder.conv_out', 3, finest, channels),
  ];
}

/** Levels one after another; each but the last ends in a convolution that halves or doubles the image. */
function levels(of: string, widths: readonly number[], layers: number, between: string): NetworkParameter[] {
  return widths.flatMap((width, level) => {
    const before = widths[Math.max(level - 1, 0)]!;
    return [
      ...Array.from({ length: layers }, (_, j) =>
        resnet(`${of}.${level}.resnets.${j}`, j === 0 ? before : width, width),
      ).flat(),
      ...(level < widths.length - 1 ? convolution(`${of}.${level}.${between}.0.conv`, 3, width, width) : []),
    ];
  });
}

function resnet(name: string, from: number, to: number): NetworkParameter[] {
  return [
    ...norm(`${name}.norm1`, from),
    ...convolution(`${name}.conv1`, 3, from, to),
    ...norm(`${name}.norm2`, to),
    ...convolution(`${name}.conv2`, 3, to, to),
    ...(from === to ? [] : convolution(`${name}.conv_shortcut`, 1, from, to)),
  ];
}

function attention(name: string, width: number): NetworkParameter[] {
  return [
    ...norm(`${name}.group_norm`, width),
    ...['to_q', 'to_k', 'to_v', 'to_out.0'].flatMap((part) => linear(`${name}.${part}`, width, width)),
  ];
}

function linear(name: string, into: number, out: number): NetworkParameter[] {
  return [
    { name: `${name}.weight`, shape: [into, out] },
    { name: `${name}.bias`, shape: [out] },
  ];
}

function convolution(name: string, side: number, into: number, out: number): NetworkParameter[] {
  return [
    { name: `${name}.weight`, shape: [side, side, into, out] },
    { name: `${name}.bias`, shape: [out] },
  ];
}

function norm(name: string, width: number): NetworkParameter[] {
  return [
    { name: `${name}.weight`, shape: [width] },
    { name: `${name}.bias`, shape: [width] },
  ];
}
