/**
 * An open checkpoint, whatever its file format: the tensors it lists and how their elements are read.
 * Reading is synchronous, for it happens in a process of its own (engine/reader), and streamed: no
 * reader holds a whole file in memory.
 */
import type { CheckpointFormat } from '#contract/checkpoints.ts';
import type { Warning } from '#contract/errors.ts';
import type { Dtype } from './safetensors/dtypes.ts';

/** Most bytes that one piece of a tensor has. */
export const PIECE_BYTES = 4 * 2 ** 20;

/** One tensor of an open checkpoint; row-major, outermost dimension first. */
export interface TensorInfo {
  /** Keys of nested dicts joined by dots. Unique within the checkpoint. */
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** The first tensor of the file in the same storage, if this one is not the first. */
  readonly sharedWith?: string;
}

export interface Checkpoint {
  readonly format: CheckpointFormat;
  /** In the order of the file. */
  readonly tensors: readonly TensorInfo[];
  readonly metadata: ReadonlyMap<string, string>;
  /** Plain values beside the tensors, by dotted key, at most 1000 of at most 200 characters. */
  readonly facts: ReadonlyMap<string, string>;
  /** Globals that were left inert, by full name, each once; empty unless opened to be inspected. */
  readonly inert: readonly string[];
  readonly warnings: readonly Warning[];
  /** Bytes of the file, or of all files it consists of. */
  readonly fileBytes: number;
  /**
   * The elements of a tensor in row-major order as the little-endian bytes of its dtype, in pieces of
   * whole elements and at most {@link PIECE_BYTES}; BOOL as bytes 0 and 1.
   *
   * A piece is valid until the next is asked for.
   *
   * @param from  index of the first element, 0 if left out  @param to  one past the last, all if left out
   * @throws WorkbenchError `checkpoint/unknown-tensor`, or what is wrong with the bytes themselves
   */
  pieces(name: string, from?: number, to?: number): Iterable<Uint8Array>;
  close(): void;
}

/**
 * - `inspect`: what a file names that is not known is left inert and listed; nothing is ever called
 * - `import`: strict; anything that is not on the list of what a state dict needs refuses the file
 */
export type OpenMode = 'inspect' | 'import';
