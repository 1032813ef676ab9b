/**
 * Reads the fixtures of this room: small networks with random weights, what they were given and what
 * PyTorch answered, by an implementation that agrees with the released code of DiT, SiT, REPA and diffusers.
 * They are safetensors files of float32 that are known to be good.
 */
import { readFileSync } from 'node:fs';
import type { Given } from '../../../maths/policy/testdata/evaluate.ts';

export interface Fixture<Config> {
  readonly config: Config;
  readonly parameters: Given;
  readonly inputs: Given;
  readonly outputs: Given;
}

interface Header {
  readonly shape: number[];
  readonly data_offsets: [number, number];
}

export function readFixture<Config>(url: URL): Fixture<Config> {
  const bytes = readFileSync(url);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const { __metadata__: metadata, ...header } = JSON.parse(bytes.toString('utf8', 8, start)) as {
    __metadata__: { config: string };
  } & Record<string, Header>;
  const named = (prefix: string): Given =>
    Object.fromEntries(
      Object.entries(header)
        .filter(([name]) => (prefix === '' ? !/^(in|out)\//.test(name) : name.startsWith(prefix)))
        .map(
          ([
            name,
            {
              shape,
              data_offsets: [from, to],
            },
          ]) => {
            // Copied: a view of floats must begin at a multiple of four.
            const { buffer } = Uint8Array.from(bytes.subarray(start + from, start + to));
            return [name.slice(prefix.length), [shape, new Float32Array(buffer)]];
          },
        ),
    );
  return {
    config: JSON.parse(metadata.config) as Config,
    parameters: named(''),
    inputs: named('in/'),
    outputs: named('out/'),
  };
}

/** The largest difference of two arrays over the standard deviation of the second. */
export function relativeDistance(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  if (found.length !== wanted.length)
    throw new RangeError(`${found.length} against ${wanted.length} numbers`);
  const values = Array.from(wanted);
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
  return Math.max(...values.map((x, i) => Math.abs(x - found[i]!))) / Math.sqrt(variance);
}
