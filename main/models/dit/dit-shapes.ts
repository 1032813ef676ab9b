/** The parameters of an image DiT: names, shapes and what they start from. */
import type { DitConfig } from '#contract/networks.ts';
import type { Rng } from '../../tensor/rng.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { blockShapes, linearShapes } from './blocks.ts';

/**
 * Names and shapes of the parameters; weights are [in, out], and what belongs to a patch is in the order
 * (row, column, ..., channel).
 *
 * @throws RangeError where a size does not divide the other
 */
export function ditShapes(config: DitConfig): Record<string, number[]> {
  const { size, patch, channels, width, depth, heads, mlpWidth, timeChannels } = config;
  requireMultiple('size', size, 'patch', patch);
  requireMultiple('width', width, 'heads', heads);
  requireMultiple('timeChannels', timeChannels, 'cosines and sines', 2);
  return Object.fromEntries([
    ...linearShapes('embed', patch ** 2 * channels, width),
    ['positions', [(size / patch) ** 2, width]],
    ...embedderShapes(config, ''),
    ...(config.blockEmbeddings === true
      ? Array.from({ length: depth - 1 }, (_, i) => embedderShapes(config, embedderOf(i + 1))).flat()
      : []),
    ...blockShapes(config, mlpWidth),
    ...linearShapes('final.adaLN', width, 2 * width),
    ...headShapes(config),
  ] as [string, number[]][]);
}

/** Prefix of the embedder of a block that has its own: the first one's is the network's. */
export function embedderOf(block: number): string {
  return block === 0 ? '' : `blocks.${block}.`;
}

function embedderShapes({ timeChannels, width, classes }: DitConfig, prefix: string): [string, number[]][] {
  return [
    ...linearShapes(`${prefix}time.0`, timeChannels, width),
    ...linearShapes(`${prefix}time.2`, width, width),
    ...(classes > 0 ? [[`${prefix}classes`, [classes + 1, width]] as [string, number[]]] : []),
  ];
}

function headShapes({ patch, channels, width, head }: DitConfig): [string, number[]][] {
  const places = patch ** 2;
  switch (head.kind) {
    case 'field':
      return linearShapes('final.linear', width, places * head.channels);
    case 'dx':
      return linearShapes('final.linear', width, places * head.points * channels);
    case 'gm':
      return [
        ...linearShapes('means', width, places * head.components * channels),
        ...linearShapes('logWeights', width, places * head.components),
        ...linearShapes('logStd.0', width, head.logStdWidth),
        ...linearShapes('logStd.2', head.logStdWidth, 1),
      ];
  }
}

/** Spread of the means of a mixture at the beginning, so that components can part, and its deviation. */
const FIRST_SPREAD = 0.5;
const FIRST_STD = 0.05;
/** Layers that start at zero, so that every block is the identity and the answer is zero. */
const STARTS_AT_ZERO = /adaLN|^final\.linear|^means|^logWeights|^logStd\.2/;

/**
 * The start of the released DiT: Xavier-uniform weights, N(0, 0.02^2) for classes and the time layers,
 * sine-cosine positions, zero biases, adaLN and last layers. Means of a mixture start apart by their
 * biases, alike at every place of a patch.
 */
export function initDitImage(config: DitConfig, rng: Rng): Record<string, Float32Array> {
  const parameters = Object.fromEntries(
    Object.entries(ditShapes(config)).map(([name, dims]) => [name, initial(config, name, dims, rng)]),
  );
  if (config.head.kind === 'gm') {
    const apart = rng.fillNormal(new Float32Array(config.head.components * config.channels));
    parameters['means.bias']!.forEach((_, i, bias) => (bias[i] = FIRST_SPREAD * apart[i % apart.length]!));
    parameters['logStd.2.bias']!.fill(Math.log(FIRST_STD));
  }
  return parameters;
}

function initial(config: DitConfig, name: string, dims: readonly number[], rng: Rng): Float32Array {
  const values = new Float32Array(sizeOf(dims));
  if (name === 'positions') return sineCosinePositions(config.size / config.patch, config.width);
  if (/[qk]Norm$/.test(name)) return values.fill(1);
  if (dims.length === 1 || STARTS_AT_ZERO.test(name)) return values;
  if (/(^|\.)(classes$|time\.)/.test(name)) return rng.fillNormal(values).map((x) => 0.02 * x);
  const bound = Math.sqrt(6 / (dims[0]! + dims[1]!));
  return rng.fillUniform(values).map((x) => bound * (2 * x - 1));
}

/**
 * The position embedding of the released DiT, [rows^2, width]: of a patch at (row, column), the first
 * half is of its column and the second of its row, each sines, then cosines of the index times
 * 10000^(-i / (width / 4)).
 */
export function sineCosinePositions(rows: number, width: number): Float32Array {
  requireMultiple('width', width, 'sines and cosines of two coordinates', 4);
  const quarter = width / 4;
  return Float32Array.from({ length: rows * rows * width }, (_, i) => {
    const [token, channel] = [Math.floor(i / width), i % width];
    const index = channel < 2 * quarter ? token % rows : Math.floor(token / rows);
    const angle = index * 10000 ** (-(channel % quarter) / quarter);
    return Math.floor(channel / quarter) % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
}

function requireMultiple(name: string, value: number, of: string, divisor: number): void {
  if (value % divisor !== 0) {
    throw new RangeError(`${name}: expected a multiple of ${of} (${divisor}), found ${value}`);
  }
}
