/** The parameters of the drifting generator: names, shapes and what they start from. */
import type { Rng } from '../../tensor/rng.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { linearShapes } from './blocks.ts';
import { sineCosinePositions } from './dit-shapes.ts';

/** Sizes of the generator of Drifting (B/2 of the paper: 32, 4, 2, 768, 12, 12, 4, 1000, 16, 32, 64, true). */
export interface DriftTransformerShape {
  /** Side of the square images that it makes. */
  readonly size: number;
  readonly channels: number;
  /** Side of the squares that an image is cut into. */
  readonly patch: number;
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
  /** Hidden numbers of a block are two thirds of this times the width, rounded up to 32. */
  readonly mlpRatio: number;
  /** Class rows, that of any class among them where there is one; 0 for a network without classes. */
  readonly classes: number;
  /** Tokens of the condition that are read beside those of the image; may be 0. */
  readonly contextTokens: number;
  /** Codebooks of random styles and entries in each; 0 codebooks for none. */
  readonly styleTokens: number;
  readonly styleCodebook: number;
  /** Whether it reads a guidance scale. */
  readonly readsAlpha: boolean;
}

/** Channels of the embedding of a guidance scale. */
export const ALPHA_CHANNELS = 256;
/** Hidden numbers of a block come in groups of this many. */
const HIDDEN_MULTIPLE = 32;

type NamedShape = [name: string, shape: number[]];

/** Hidden numbers of the SwiGLU of a block. */
function hiddenWidth({ width, mlpRatio }: Pick<DriftTransformerShape, 'width' | 'mlpRatio'>): number {
  return HIDDEN_MULTIPLE * Math.ceil(((2 / 3) * mlpRatio * width) / HIDDEN_MULTIPLE);
}

/**
 * Names and shapes of the parameters; weights are [in, out], and what belongs to a patch is in the order
 * (row, column, channel). All codebooks of styles lie in one table, one after another.
 *
 * @throws RangeError where a size does not divide another
 */
export function driftTransformerShapes(shape: DriftTransformerShape): Record<string, number[]> {
  const { size, patch, channels, width, heads, contextTokens } = shape;
  requireMultiple('size', size, 'patch', patch);
  requireMultiple('width', width, 'heads and the two halves that turn', 2 * heads);
  const { classes, styleTokens, styleCodebook, readsAlpha } = shape;
  const values = patch ** 2 * channels;
  const entries: NamedShape[] = [
    ...linearShapes('embed', values, width),
    ['positions', [(size / patch) ** 2, width]],
    ...(classes > 0 ? [['classes', [classes, width]] as NamedShape] : []),
    ...(styleTokens > 0 ? [['styles', [styleTokens * styleCodebook, width]] as NamedShape] : []),
    ...(readsAlpha ? alphaShapes(width) : []),
    ...(contextTokens > 0
      ? [...linearShapes('context', width, width), ['context.tokens', [contextTokens, width]] as NamedShape]
      : []),
    ...Array.from({ length: shape.depth }, (_, i) => blockShapes(shape, `blocks.${i}`)).flat(),
    ['final.norm', [width]],
    ...linearShapes('final.adaLN', width, 2 * width),
    ...linearShapes('final.linear', width, values),
  ];
  return Object.fromEntries(entries);
}

function alphaShapes(width: number): NamedShape[] {
  return [
    ...linearShapes('alpha.0', ALPHA_CHANNELS, width),
    ...linearShapes('alpha.2', width, width),
    ['alpha.norm', [width]],
  ];
}

function blockShapes(shape: DriftTransformerShape, name: string): NamedShape[] {
  const { width, heads } = shape;
  const hidden = hiddenWidth(shape);
  return [
    ...linearShapes(`${name}.adaLN`, width, 6 * width),
    [`${name}.norm1`, [width]],
    ...linearShapes(`${name}.qkv`, width, 3 * width),
    [`${name}.qNorm`, [width / heads]],
    [`${name}.kNorm`, [width / heads]],
    ...linearShapes(`${name}.proj`, width, width),
    [`${name}.norm2`, [width]],
    // The gate's half, then the other.
    ...linearShapes(`${name}.fc1`, width, 2 * hidden),
    ...linearShapes(`${name}.fc2`, hidden, width),
  ];
}

/**
 * Xavier-uniform weights, N(0, 0.02^2) for classes, styles, context tokens and the layers of alpha,
 * sine-cosine positions, scales of norms 1; biases, adaLN and the last layer 0, so that blocks are the
 * identity. The embedding of patches is N(0, 1 / fan-in): noise is all that it is shown, and positions of
 * size 1 beside Xavier's would drown it.
 *
 * @param outputSpread  standard deviation of the numbers that it makes at the start. At 0, as published,
 *   all samples are equal then, which leaves a drift among them undefined.
 */
export function initDriftTransformer(
  shape: DriftTransformerShape,
  rng: Rng,
  outputSpread = 0,
): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(driftTransformerShapes(shape)).map(([name, dims]) => [
      name,
      initial(shape, name, dims, rng, outputSpread),
    ]),
  );
}

function initial(
  shape: DriftTransformerShape,
  name: string,
  dims: readonly number[],
  rng: Rng,
  outputSpread: number,
): Float32Array {
  const values = new Float32Array(sizeOf(dims));
  const normal = (scale: number): Float32Array => rng.fillNormal(values).map((x) => scale * x);
  if (name === 'positions') return sineCosinePositions(shape.size / shape.patch, shape.width);
  if (/norm\d?$/i.test(name)) return values.fill(1);
  if (dims.length === 1 || name.includes('adaLN')) return values;
  if (name === 'final.linear.weight') return normal(outputSpread / Math.sqrt(shape.width));
  if (name === 'embed.weight') return normal(dims[0]! ** -0.5);
  if (/^(classes|styles|context\.tokens|alpha\.)/.test(name)) return normal(0.02);
  const bound = Math.sqrt(6 / (dims[0]! + dims[1]!));
  return rng.fillUniform(values).map((x) => bound * (2 * x - 1));
}

function requireMultiple(name: string, value: number, of: string, divisor: number): void {
  if (value % divisor !== 0) {
    throw new RangeError(`${name}: expected a multiple of ${of} (${divisor}), found ${value}`);
  }
}
