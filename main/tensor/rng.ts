/**
 * Counter-based random numbers: Threefry-2x32-20 (Salmon, Moraes, Dror, Shaw, "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011). A draw is a pure function of (seed, stream, step, index),
 * so a run that is resumed at step k draws what it would have drawn, with no state to save but k.
 */

const PARITY = 0x1bd11bda;

/**
 * One Threefry-2x32 block of 20 rounds, written to `out[0..1]`.
 * All four words are unsigned 32-bit; known-answer vectors of the Random123 distribution hold.
 */
export function threefry2x32(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
  out: Uint32Array,
): void {
  const k2 = (PARITY ^ key0 ^ key1) | 0;
  let x0 = (counter0 + key0) | 0;
  let x1 = (counter1 + key1) | 0;
  // Five groups of four rounds; after each the next pair of key words is injected.
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  x0 = (x0 + key1) | 0;
  x1 = (x1 + k2 + 1) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0;
  x0 = (x0 + k2) | 0;
  x1 = (x1 + key0 + 2) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  x0 = (x0 + key0) | 0;
  x1 = (x1 + key1 + 3) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0;
  x0 = (x0 + key1) | 0;
  x1 = (x1 + k2 + 4) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  out[0] = (x0 + k2) | 0;
  out[1] = (x1 + key0 + 5) | 0;
}

/** FNV-1a, 32 bits: names a stream by a word without a table of numbers to keep unique. */
function hashOfName(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

const TWO_POW_MINUS_24 = 2 ** -24;

/**
 * A reproducible source of draws. `new Rng(seed, 'noise').at(step)` gives the same numbers in any
 * process at any time; different streams or steps are independent. Each `at` starts a fresh cursor.
 *
 * The key is (seed, hash of the stream name) and the counter (index, step): one (stream, step) holds
 * 2^33 words.
 */
export class Rng {
  private readonly block = new Uint32Array(2);
  private index = 0;
  /** Second word of the current block, or -1. */
  private spare = -1;
  private readonly key0: number;
  private readonly key1: number;

  readonly seed: number;
  readonly stream: string;
  readonly step: number;

  constructor(seed: number, stream: string, step = 0) {
    if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
      throw new RangeError(`Rng seed must be an integer in [0, 2^32), found ${seed}`);
    }
    this.seed = seed;
    this.stream = stream;
    this.step = step;
    this.key0 = seed | 0;
    this.key1 = hashOfName(stream) | 0;
  }

  /** A fresh cursor on the draws of `step`. */
  at(step: number): Rng {
    return new Rng(this.seed, this.stream, step);
  }

  /** Passes over as many blocks of two words: what a fill with twice as many normals takes. */
  skip(blocks: number): this {
    this.index += blocks;
    this.spare = -1;
    return this;
  }

  /** Uniform 32-bit word. */
  uint32(): number {
    if (this.spare >= 0) {
      const word = this.spare;
      this.spare = -1;
      return word;
    }
    threefry2x32(this.key0, this.key1, this.index++, this.step, this.block);
    this.spare = this.block[1]!;
    return this.block[0]!;
  }

  /** Uniform in [0, 1), a multiple of 2^-24: exactly representable in float32. */
  uniform(): number {
    return (this.uint32() >>> 8) * TWO_POW_MINUS_24;
  }

  /** Uniform integer in [0, n), n <= 2^32, by 64-bit multiply-shift (bias below n / 2^32). */
  int(n: number): number {
    return Math.floor((this.uint32() / 4294967296) * n);
  }

  /** Standard normal; both halves of a Box-Muller pair are used by {@link fillNormal} only. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Fills `out` with uniforms in [0, 1) and returns it. */
  fillUniform<A extends Float32Array | Float64Array>(out: A): A {
    for (let i = 0; i < out.length; i++) out[i] = this.uniform();
    return out;
  }

  /**
   * Fills `out` with standard normals (Box-Muller, one block of two words per pair) and returns it.
   * The largest magnitude is sqrt(2 ln 2^24) = 5.77.
   */
  fillNormal<A extends Float32Array | Float64Array>(out: A): A {
    const { block, key0, key1, step } = this;
    let index = this.index;
    for (let i = 0; i < out.length; i += 2) {
      threefry2x32(key0, key1, index++, step, block);
      const radius = Math.sqrt(-2 * Math.log(1 - (block[0]! >>> 8) * TWO_POW_MINUS_24));
      const angle = 2 * Math.PI * TWO_POW_MINUS_24 * (block[1]! >>> 8);
      out[i] = radius * Math.cos(angle);
      if (i + 1 < out.length) out[i + 1] = radius * Math.sin(angle);
    }
    this.index = index;
    this.spare = -1;
    return out;
  }

  /** A uniformly random permutation of 0..n-1 (Fisher-Yates). */
  permutation(n: number): Int32Array {
    const out = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const kept = out[i]!;
      out[i] = out[j]!;
      out[j] = kept;
    }
    return out;
  }
}
