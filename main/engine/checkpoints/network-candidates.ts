/**
 * Networks that the same weights could be: heads and groups leave no trace in any shape, so where nobody
 * says what they are, expected outputs can.
 */
import type { Recognition, RecognitionOptions } from '#contract/checkpoints.ts';
import type { NetworkConfig } from '#contract/networks.ts';

export interface Candidate {
  readonly config: NetworkConfig;
  /** What was tried in place of what was assumed; empty for the first. */
  readonly settled: Readonly<Record<string, number>>;
}

/** Heads and groups that are usual: others are tried by how near they are. */
const USUAL = { headSize: 64, groups: 32 };

/** The network as it was recognised, then those with other heads or groups that nobody chose. */
export function candidatesOf(
  { config }: Pick<Recognition, 'config'>,
  options: RecognitionOptions,
): Candidate[] {
  const first = { config, settled: {} };
  if (config.network === 'dit' && options.heads === undefined && !config.qkNorm) {
    const others = divisorsOf(config.width)
      .filter((heads) => heads !== config.heads)
      .sort(nearest((heads) => config.width / heads / USUAL.headSize));
    return [first, ...others.map((heads) => ({ config: { ...config, heads }, settled: { heads } }))];
  }
  if (config.network === 'autoencoder-kl' && options.groups === undefined) {
    const shared = config.widths.reduce(greatestDivisor);
    const others = divisorsOf(shared)
      .filter((groups) => groups !== config.groups)
      .sort(nearest((groups) => groups / USUAL.groups));
    return [first, ...others.map((groups) => ({ config: { ...config, groups }, settled: { groups } }))];
  }
  return [first];
}

/** By how far a ratio is from 1, either way. */
function nearest(ratio: (value: number) => number): (a: number, b: number) => number {
  const distance = (value: number): number => Math.abs(Math.log(ratio(value)));
  return (a, b) => distance(a) - distance(b) || a - b;
}

function divisorsOf(whole: number): number[] {
  return Array.from({ length: whole }, (_, i) => i + 1).filter((divisor) => whole % divisor === 0);
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
