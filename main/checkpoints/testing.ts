/** What the tests of all readers share. */
import { WorkbenchError } from '#contract/errors.ts';
import type { Checkpoint } from './checkpoint.ts';

/** The code that `work` is refused with, or `accepted`; anything but a named refusal is thrown on. */
export function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof WorkbenchError && error.code.startsWith('checkpoint/')) return error.code;
    throw error;
  }
  return 'accepted';
}

/** All bytes of a tensor, or of a range of its elements. */
export function allBytes(checkpoint: Checkpoint, name: string, from?: number, to?: number): Uint8Array {
  return Uint8Array.from(Buffer.concat([...checkpoint.pieces(name, from, to)]));
}

/** Every tensor by name as one string, to compare two readings of a file; reads all content. */
export function contentOf(checkpoint: Checkpoint): Map<string, string> {
  return new Map(
    checkpoint.tensors.map(({ name, dtype, shape }) => [
      name,
      `${dtype}[${shape.join(',')}] ${Buffer.from(allBytes(checkpoint, name)).toString('hex')}`,
    ]),
  );
}
