/** The networks that checkpoints are recognised as: everything but their weights. */
import { z } from 'zod';

/** What the last layer of a DiT says at each latent pixel. */
const ditHead = z.discriminatedUnion('kind', [
  /** `channels` numbers; DiT and SiT say as many again, a variance that is not used. */
  z.strictObject({ kind: z.literal('field'), channels: z.int().positive() }),
  /** pi-Flow: the means and weights of so many Gaussians, and one spread for all from a layer so wide. */
  z.strictObject({
    kind: z.literal('gm'),
    components: z.int().positive(),
    logStdWidth: z.int().positive(),
  }),
  /** pi-Flow: so many grid points of a DX policy, made to be called `nfe` times. */
  z.strictObject({ kind: z.literal('dx'), points: z.int().positive(), nfe: z.int().positive() }),
]);

export const ditConfig = z.strictObject({
  network: z.literal('dit'),
  /** Height and width of the image or latent. */
  size: z.int().positive(),
  patch: z.int().positive(),
  /** Channels of the input. */
  channels: z.int().positive(),
  width: z.int().positive(),
  depth: z.int().positive(),
  heads: z.int().positive(),
  mlpWidth: z.int().positive(),
  /** Classes without the null class, whose row comes last; 0 for a network without labels. */
  classes: z.int().nonnegative(),
  /** Channels of the sinusoidal time embedding. */
  timeChannels: z.int().positive(),
  timeDivisor: z.enum(['half', 'half-minus-one']),
  /** Epsilon of the norm before each block's MLP: 1e-6, and 1e-5 in diffusers. */
  mlpNormEps: z.number().positive(),
  /** RMS norm of queries and keys with learnt scales. */
  qkNorm: z.boolean(),
  /**
   * Whether blocks embed time and class by layers of their own, as files of diffusers can: then
   * `blocks.i.time.0`, `blocks.i.time.2` and `blocks.i.classes` are there for every i but 0, whose are
   * the network's `time.0`, `time.2` and `classes`. All share one if left out.
   */
  blockEmbeddings: z.boolean().optional(),
  head: ditHead,
});
export type DitConfig = z.infer<typeof ditConfig>;

export const autoencoderConfig = z.strictObject({
  network: z.literal('autoencoder-kl'),
  channels: z.int().positive(),
  latentChannels: z.int().positive(),
  /** Channels of each level, finest first; every level but the last halves the image. */
  widths: z.array(z.int().positive()).min(1),
  layersPerBlock: z.int().positive(),
  groups: z.int().positive(),
  /** Whether the middle block attends. */
  middleAttention: z.boolean(),
  /** Whether there are the 1x1 convolutions beside the latent. */
  quantConvolutions: z.boolean(),
  scalingFactor: z.number().positive(),
});
export type AutoencoderConfig = z.infer<typeof autoencoderConfig>;

/**
 * What numbers pixels are: from -1 to 1, as images are here; from 0 to 1; from 0 to 255; or from 0 to 1 less
 * ImageNet's mean over its spread, per channel.
 */
export const pixelRange = z.enum(['symmetric', 'unit', 'byte', 'imagenet']);
export type PixelRange = z.infer<typeof pixelRange>;

/** [N, C, H, W] or [N, H, W, C] */
export const pixelLayout = z.enum(['nchw', 'nhwc']);

/** An ONNX file that turns images into vectors. */
export const featureConfig = z.strictObject({
  network: z.literal('features'),
  input: z.string(),
  layout: pixelLayout,
  channels: z.union([z.literal(1), z.literal(3)]),
  /** Images are resized to this, bilinearly; one that has it stays as it is. */
  height: z.int().positive(),
  width: z.int().positive(),
  /** Images of one call; null for any number. */
  batch: z.int().positive().nullable(),
  range: pixelRange,
  /** Of [N, F]; or maps, whose mean over positions is taken. */
  output: z.string(),
});
export type FeatureConfig = z.infer<typeof featureConfig>;

export const networkConfig = z.discriminatedUnion('network', [
  ditConfig,
  autoencoderConfig,
  featureConfig,
  /** A run of ours: its own `run.json` says what it is. */
  z.strictObject({ network: z.literal('run'), method: z.string(), dataset: z.string() }),
]);
export type NetworkConfig = z.infer<typeof networkConfig>;

/**
 * How a velocity network is asked and what it answers, in terms of house time t (1 noise, 0 data) and
 * the house velocity v = noise - data:
 * - `dit`: fed a discrete step k of the variance-preserving path, answers the noise
 * - `sit`: fed 1 - t, answers data - noise
 * - `repa`: fed t, answers noise - data
 * - `flow-1000`: fed 1000 t, answers noise - data (pi-Flow)
 */
export const convention = z.enum(['dit', 'sit', 'repa', 'flow-1000']);
export type Convention = z.infer<typeof convention>;
