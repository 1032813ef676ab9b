/** The parameters of the convolutional encoder and its decoder: names, shapes and what they start from. */
import type { Rng } from '../../tensor/rng.ts';
import { sizeOf } from '../../tensor/shape.ts';

/** Sizes of an encoder (the published one of 256-pixel latents: 4, 256, [3, 4, 6, 3], 1000). */
export interface EncoderShape {
  /** Of the images. */
  readonly channels: number;
  /** Channels of the first stage; each next has twice as many. */
  readonly width: number;
  /** Residual blocks of each stage; every stage but the first halves the image. */
  readonly stages: readonly number[];
  /** Classes that it tells apart; 0 for none. */
  readonly classes: number;
  /** Whether a decoder goes with it, for training. */
  readonly hasDecoder: boolean;
}

/** A residual block of two 3x3 convolutions. */
export interface Block {
  /** Prefix of the names. */
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly stride: number;
}

export interface Stage {
  readonly name: string;
  readonly width: number;
  readonly blocks: readonly Block[];
}

/** One step of the decoder: up to the size of a map of the encoder, which is read beside. */
export interface Ascent {
  readonly name: string;
  readonly from: number;
  /** Channels of the map that is read, and of what comes out. */
  readonly to: number;
}

const MOST_GROUPS = 32;
/** Of one channel, at one place, a group would be 0 whatever it saw. */
const LEAST_CHANNELS_OF_GROUP = 4;

type NamedShape = [name: string, shape: number[]];

/** Groups of a norm: 32 where channels are many, and then of four channels at least. */
export function groupsOf(width: number): number {
  const most = Math.min(MOST_GROUPS, Math.floor(width / LEAST_CHANNELS_OF_GROUP));
  for (let groups = most; groups > 1; groups--) if (width % groups === 0) return groups;
  return 1;
}

export function stagesOf({ width, stages }: EncoderShape): Stage[] {
  return stages.map((count, i) => {
    const to = width * 2 ** i;
    const from = i === 0 ? width : to / 2;
    const name = `layer${i + 1}`;
    return {
      name,
      width: to,
      blocks: Array.from({ length: count }, (_, j) => ({
        name: `${name}.${j}`,
        from: j === 0 ? from : to,
        to,
        stride: i > 0 && j === 0 ? 2 : 1,
      })),
    };
  });
}

/** From the coarsest map to the finest: those of the stages before the last, then that of the first layer. */
export function ascentsOf({ width, stages }: EncoderShape): Ascent[] {
  return stages.map((_, i) => {
    const level = stages.length - 1 - i;
    return {
      name: `decoder.${i}`,
      from: width * 2 ** level,
      to: width * 2 ** Math.max(0, level - 1),
    };
  });
}

/** Numbers of what stands for a whole image: the channels of the last stage. */
export function pooledWidth({ width, stages }: EncoderShape): number {
  return width * 2 ** (stages.length - 1);
}

/** Names and shapes of the parameters; convolutions are HWIO, linear layers [in, out]. */
export function encoderShapes(shape: EncoderShape): Record<string, number[]> {
  const { channels, width, classes, hasDecoder } = shape;
  return Object.fromEntries([
    ...convNorm('conv1', 3, channels, width),
    ...stagesOf(shape).flatMap(({ name, width: to, blocks }) => [
      ...blocks.flatMap(blockShapes),
      ...norm(name, to),
    ]),
    ...(classes > 0
      ? [
          ['head.weight', [pooledWidth(shape), classes]],
          ['head.bias', [classes]],
        ]
      : []),
    ...(hasDecoder ? decoderShapes(shape) : []),
  ] as NamedShape[]);
}

function blockShapes({ name, from, to, stride }: Block): NamedShape[] {
  return [
    ...convNorm(`${name}.conv1`, 3, from, to),
    ...convNorm(`${name}.conv2`, 3, to, to),
    ...(from === to && stride === 1 ? [] : convNorm(`${name}.shortcut`, 1, from, to)),
  ];
}

function decoderShapes(shape: EncoderShape): NamedShape[] {
  const coarsest = pooledWidth(shape);
  return [
    ...convNorm('decoder.first', 3, coarsest, coarsest),
    ...ascentsOf(shape).flatMap(({ name, from, to }) => [
      ...norm(name, from + to),
      ...convNorm(`${name}.conv1`, 3, from + to, to),
      ...convNorm(`${name}.conv2`, 3, to, to),
    ]),
    ['decoder.last.weight', [1, 1, shape.width, shape.channels]],
    ['decoder.last.bias', [shape.channels]],
  ];
}

/** A convolution without bias and the norm of what it makes. */
function convNorm(name: string, side: number, from: number, to: number): NamedShape[] {
  return [[`${name}.weight`, [side, side, from, to]], ...norm(name, to)];
}

function norm(name: string, width: number): NamedShape[] {
  return [
    [`${name}.norm.weight`, [width]],
    [`${name}.norm.bias`, [width]],
  ];
}

/** Weights N(0, 2 / fan-in) (He et al. 2015), N(0, 1 / fan-in) in the two last layers; norms 1, biases 0. */
export function initEncoder(shape: EncoderShape, rng: Rng): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(encoderShapes(shape)).map(([name, dims]) => {
      const values = new Float32Array(sizeOf(dims));
      if (name.endsWith('norm.weight')) return [name, values.fill(1)];
      if (name.endsWith('bias')) return [name, values];
      const gain = /^(head|decoder\.last)\./.test(name) ? 1 : 2;
      const scale = Math.sqrt((gain * dims.at(-1)!) / values.length);
      return [name, rng.fillNormal(values).map((x) => scale * x)];
    }),
  );
}
