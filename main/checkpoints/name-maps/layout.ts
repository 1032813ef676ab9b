import type { CheckpointKind, Recognition, RecognitionOptions } from '#contract/checkpoints.ts';
import type { AutoencoderConfig, Convention, DitConfig } from '#contract/networks.ts';
import type { MappedParameter } from './mapping.ts';
import type { About, Weights } from './weights.ts';

/** A known way of naming the tensors of a network. */
export interface Layout {
  /** What it can hold, the most likely first. */
  readonly kinds: readonly CheckpointKind[];
  /** Keys without which it is not this layout; the first is looked for under every prefix. */
  readonly signature: readonly string[];
  /** Keys of a small network of each kind, by which an unknown file is compared. */
  readonly examples: readonly { readonly kind: CheckpointKind; readonly keys: readonly string[] }[];
  /** @returns what the file holds, or why its shapes cannot be those of this layout */
  read(weights: Weights, about: About, options: RecognitionOptions): Plan | Misfit;
}

export interface Misfit {
  readonly kind: CheckpointKind;
  readonly misfit: string;
}

/** A network that keys and shapes stand for; keys are relative to the group. */
export interface Plan {
  readonly kind: CheckpointKind;
  readonly config: DitConfig | AutoencoderConfig;
  readonly convention: Convention | null;
  readonly alternatives: readonly CheckpointKind[];
  readonly assumed: Recognition['assumed'];
  readonly use: 'teacher' | 'student' | 'autoencoder';
  readonly parameters: readonly MappedParameter[];
  /** Why a key that is no parameter is left out, or null where that is not known. */
  whyUnused(key: string): string | null;
  /** Why the network cannot be made although every key is there, e.g. heads that do not divide the width. */
  readonly problems: readonly string[];
}

/** Collects what shapes cannot tell. */
export class Assumptions {
  readonly made: Recognition['assumed'] = [];

  /** @returns `chosen` if a person chose, else the value that `assume` finds; both are noted */
  settle<T extends string | number>(
    option: Recognition['assumed'][number]['option'],
    chosen: T | undefined,
    assume: () => { value: T; why: string },
  ): T {
    const settled: { value: T; why: string } =
      chosen === undefined ? assume() : { value: chosen, why: 'as chosen' };
    const { value, why } = settled;
    this.made.push({ option, value, why });
    return value;
  }
}
