/** The parameters of an AutoencoderKL, by the names of diffusers; convolutions HWIO, linears [in, out]. */
import type { AutoencoderConfig } from '#contract/networks.ts';

type NamedShape = [name: string, shape: number[]];

/** Whether a residual block changes channels, so that its shortcut is a 1x1 convolution. */
export interface ResidualStage {
  /** Prefix of the names. */
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** One level of the encoder or the decoder: residual blocks, then a resize at all levels but the last. */
export interface Level {
  readonly blocks: readonly ResidualStage[];
  /** Name of the convolution that goes with the resize; null at the last level. */
  readonly resize: string | null;
}

/** Levels of the encoder, finest first. */
export function encoderLevels({ widths, layersPerBlock }: AutoencoderConfig): Level[] {
  return levelsOf('encoder.down_blocks', widths[0]!, widths, layersPerBlock, 'downsamplers');
}

/** Levels of the decoder, coarsest first; each has one block more than the encoder's. */
export function decoderLevels({ widths, layersPerBlock }: AutoencoderConfig): Level[] {
  const coarsest = widths.at(-1)!;
  return levelsOf('decoder.up_blocks', coarsest, widths.toReversed(), layersPerBlock + 1, 'upsamplers');
}

function levelsOf(
  prefix: string,
  first: number,
  widths: readonly number[],
  count: number,
  resize: string,
): Level[] {
  return widths.map((to, i) => ({
    blocks: Array.from({ length: count }, (_, j) => ({
      name: `${prefix}.${i}.resnets.${j}`,
      from: j === 0 ? (widths[i - 1] ?? first) : to,
      to,
    })),
    resize: i < widths.length - 1 ? `${prefix}.${i}.${resize}.0.conv` : null,
  }));
}

/**
 * Names and shapes of the parameters.
 *
 * @throws RangeError if the groups of the norms do not divide every width
 */
export function autoencoderShapes(config: AutoencoderConfig): Record<string, number[]> {
  const { channels, latentChannels, widths, groups, quantConvolutions } = config;
  const uneven = widths.find((width) => width % groups !== 0);
  if (uneven !== undefined) {
    throw new RangeError(`widths: expected multiples of groups (${groups}), found ${uneven}`);
  }
  const [finest, coarsest] = [widths[0]!, widths.at(-1)!];
  return Object.fromEntries([
    ...convolution('encoder.conv_in', 3, channels, finest),
    ...encoderLevels(config).flatMap((level, i) => levelShapes(level, widths[i]!)),
    ...middle('encoder.mid_block', config),
    ...norm('encoder.conv_norm_out', coarsest),
    ...convolution('encoder.conv_out', 3, coarsest, 2 * latentChannels),
    ...(quantConvolutions ? convolution('quant_conv', 1, 2 * latentChannels, 2 * latentChannels) : []),
    ...(quantConvolutions ? convolution('post_quant_conv', 1, latentChannels, latentChannels) : []),
    ...convolution('decoder.conv_in', 3, latentChannels, coarsest),
    ...middle('decoder.mid_block', config),
    ...decoderLevels(config).flatMap((level, i) => levelShapes(level, widths.at(-1 - i)!)),
    ...norm('decoder.conv_norm_out', finest),
    ...convolution('decoder.conv_out', 3, finest, channels),
  ]);
}

function levelShapes({ blocks, resize }: Level, width: number): NamedShape[] {
  return [...blocks.flatMap(residual), ...(resize === null ? [] : convolution(resize, 3, width, width))];
}

function residual({ name, from, to }: ResidualStage): NamedShape[] {
  return [
    ...norm(`${name}.norm1`, from),
    ...convolution(`${name}.conv1`, 3, from, to),
    ...norm(`${name}.norm2`, to),
    ...convolution(`${name}.conv2`, 3, to, to),
    ...(from === to ? [] : convolution(`${name}.conv_shortcut`, 1, from, to)),
  ];
}

function middle(name: string, { widths, middleAttention }: AutoencoderConfig): NamedShape[] {
  const width = widths.at(-1)!;
  const attention = `${name}.attentions.0`;
  return [
    ...residual({ name: `${name}.resnets.0`, from: width, to: width }),
    ...(middleAttention
      ? [
          ...norm(`${attention}.group_norm`, width),
          ...['to_q', 'to_k', 'to_v', 'to_out.0'].flatMap((layer): NamedShape[] => [
            [`${attention}.${layer}.weight`, [width, width]],
            [`${attention}.${layer}.bias`, [width]],
          ]),
        ]
      : []),
    ...residual({ name: `${name}.resnets.1`, from: width, to: width }),
  ];
}

function norm(name: string, width: number): NamedShape[] {
  return [
    [`${name}.weight`, [width]],
    [`${name}.bias`, [width]],
  ];
}

function convolution(name: string, size: number, from: number, to: number): NamedShape[] {
  return [
    [`${name}.weight`, [size, size, from, to]],
    [`${name}.bias`, [to]],
  ];
}
