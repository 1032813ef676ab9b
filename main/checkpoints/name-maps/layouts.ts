import { autoencoderKl } from './autoencoder-kl.ts';
import { diffusersDit, piflowField, piflowGm } from './dit-diffusers.ts';
import { originalDit } from './dit-original.ts';
import type { Layout } from './layout.ts';

const LAYOUTS: readonly Layout[] = [originalDit, diffusersDit, piflowGm, piflowField, autoencoderKl];

/** Every layout of others that is known. */
export function layouts(): readonly Layout[] {
  return LAYOUTS;
}
