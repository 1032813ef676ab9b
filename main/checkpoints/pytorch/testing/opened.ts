import fs from 'node:fs';
import { WorkbenchError } from '#contract/errors.ts';
import { bytesSource } from '../../byte-source.ts';
import type { Checkpoint, OpenMode } from '../../checkpoint.ts';
import { arrayClassOf, float32Of } from '../../safetensors/dtypes.ts';
import { openZip } from '../../zip/index.ts';
import { openPytorchLegacy, openPytorchZip } from '../index.ts';

export function fixture(name: string): Uint8Array {
  return Uint8Array.from(fs.readFileSync(new URL(`../testdata/${name}`, import.meta.url)));
}

/** Opens bytes as what they begin like. */
export function opened(file: Uint8Array, mode: OpenMode): Checkpoint {
  const source = bytesSource('hostile.pt', file);
  // Every ZIP file begins with a local header, whatever its writer wants one to believe.
  const isZip = file[0] === 0x50 && file[1] === 0x4b;
  if (!isZip) return openPytorchLegacy(source, mode);
  return openPytorchZip(source, openZip(source, { methods: 'stored-or-deflated', names: 'exact' }), mode);
}

/** The code of the error that opening and reading everything gives, or `accepted`. */
export function outcome(file: Uint8Array, mode: OpenMode): string {
  try {
    const checkpoint = opened(file, mode);
    for (const { name } of checkpoint.tensors) bytesOf(checkpoint, name);
    return 'accepted';
  } catch (error) {
    if (error instanceof WorkbenchError) return error.code;
    throw error;
  }
}

/** All elements of a tensor, or a range of them, as its pieces hold them. */
export function bytesOf(checkpoint: Checkpoint, name: string, from?: number, to?: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const piece of checkpoint.pieces(name, from, to)) pieces.push(piece.slice());
  return Uint8Array.from(Buffer.concat(pieces));
}

export function valuesOf(checkpoint: Checkpoint, name: string): number[] {
  const { dtype, shape } = checkpoint.tensors.find((tensor) => tensor.name === name)!;
  const bytes = bytesOf(checkpoint, name);
  const data = new (arrayClassOf(dtype) as typeof Float64Array)(bytes.buffer);
  const isHalf = dtype === 'F16' || dtype === 'BF16';
  return Array.from(isHalf ? float32Of({ dtype, shape, data })! : data, Number);
}
