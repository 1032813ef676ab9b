/** How the tensors of a foreign file become the parameters of a network of ours. */
import type { CheckpointKind } from '#contract/checkpoints.ts';
import type { NetworkConfig } from '#contract/networks.ts';

/**
 * A reordering of elements, none computed: the sources, one after another, are read as an array of
 * shape `view`, along whose axis `keep.axis` the first `keep.size` entries are kept, and its axes are
 * then put in the order `axes` (`axes[i]` is the axis of the view that becomes axis i).
 */
export interface Rearrangement {
  readonly view: readonly number[];
  readonly axes: readonly number[];
  readonly keep?: { readonly axis: number; readonly size: number };
}

/** A tensor of the file, by its full name, and the shape that the layout expects of it. */
export interface Source {
  readonly key: string;
  readonly shape: readonly number[];
}

/** One parameter of our network and where its elements come from. */
export interface MappedParameter {
  /** Our own name, e.g. `blocks.0.qkv.weight`. */
  readonly name: string;
  /** Our own shape: linears [in, out], convolutions HWIO. */
  readonly shape: readonly number[];
  /** Joined along their first axis; none for a table that is computed. */
  readonly sources: readonly Source[];
  readonly rearrange: Rearrangement;
  /** `positions`: the sin-cos table of the shape [tokens, width]; there are no sources. */
  readonly computed?: 'positions';
}

/** Everything that `convertCheckpoint` needs. Only a recognition without missing keys has one. */
export interface Mapping {
  readonly kind: CheckpointKind;
  readonly config: NetworkConfig;
  readonly parameters: readonly MappedParameter[];
}

/** The elements as they are, under another name or shape of the same size. */
export function unchanged(shape: readonly number[]): Rearrangement {
  return { view: shape, axes: shape.map((_, axis) => axis) };
}

/** A torch linear [out, in] as [in, out]. */
export function transposed(out: number, into: number): Rearrangement {
  return { view: [out, into], axes: [1, 0] };
}

/** A torch convolution OIHW as HWIO; of a patch embedding, [p, p, C, width], the token order. */
export function hwioFromOihw(oihw: readonly number[]): Rearrangement {
  return { view: oihw, axes: [2, 3, 1, 0] };
}
