import { createHash } from 'node:crypto';
import type { TrainingState } from '../checkpoint-shelf.ts';

/** The link after `link`: only who had every link before can know it. */
export function nextLink(link: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(link).digest());
}

export function firstLink(): Uint8Array {
  return new Uint8Array(32);
}

/** A state whose large tensor follows from its link, so that any torn mixture of two is seen. */
export function stateOf(step: number, link: Uint8Array): TrainingState {
  const weights = Float32Array.from({ length: 16_384 }, (_, i) => link[i % 32]! + i);
  return {
    step,
    tensors: new Map([
      ['link', { dtype: 'U8', shape: [32], data: link }],
      ['weights', { dtype: 'F32', shape: [128, 128], data: weights }],
    ]),
    rng: { seed: 7, step },
  };
}
