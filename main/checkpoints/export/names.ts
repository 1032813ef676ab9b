/** Our networks in the names of others: the inverse of recognition. */
import type { AutoencoderConfig, Convention, DitConfig } from '#contract/networks.ts';
import { WorkbenchError } from '#contract/errors.ts';
import { originalParameters } from '../name-maps/dit-original.ts';
import type { Rearrangement } from '../name-maps/mapping.ts';
import { unchanged } from '../name-maps/mapping.ts';
import { networkParameters } from '../name-maps/network-parameters.ts';
import { foreignMetadata, ownMetadata } from '../name-maps/own-files.ts';
import { inverseOf, rearranged } from '../name-maps/rearrange.ts';
import { writeTensorFile } from './tensor-file.ts';

/** Our own names and layouts, or those of the DiT release, which SiT and REPA read too. */
export type ExportNames = 'fewstep' | 'original';

export interface ExportedParameter {
  /** In the file. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Our parameter, and how its elements become those of the file. */
  readonly own: string;
  readonly rearrange: Rearrangement;
}

/** Why a network cannot be told in the names of the DiT release, or null if it can. */
export function whyNoOriginalNames(config: DitConfig | AutoencoderConfig): string | null {
  if (config.network !== 'dit') return 'it is no DiT';
  if (config.head.kind !== 'field') return 'its last layer is that of a policy';
  if (config.classes === 0) return 'it has no classes';
  if (config.timeDivisor !== 'half') return 'its time embedding has the frequencies of diffusers';
  if (config.blockEmbeddings === true) return 'its blocks embed time and class each for itself';
  if (config.mlpNormEps !== 1e-6) return `its norms have an epsilon of ${config.mlpNormEps}, and not 1e-6`;
  return null;
}

/**
 * The tensors of a file in the names asked for, each from one parameter of ours.
 *
 * @throws WorkbenchError `checkpoint/no-original-names`
 */
export function exportNames(config: DitConfig | AutoencoderConfig, names: ExportNames): ExportedParameter[] {
  if (names === 'fewstep') {
    return networkParameters(config).map(({ name, shape }) => ({
      name,
      shape,
      own: name,
      rearrange: unchanged(shape),
    }));
  }
  const why = whyNoOriginalNames(config);
  if (why !== null) {
    throw new WorkbenchError(
      'checkpoint/no-original-names',
      `Expected a network as the DiT release has it, found another: ${why}.`,
    );
  }
  return originalParameters(config as DitConfig).map(({ name, sources, rearrange }) => ({
    name: sources[0]!.key,
    shape: sources[0]!.shape,
    own: name,
    rearrange: inverseOf(rearrange),
  }));
}

/**
 * Writes a network as safetensors, one tensor in memory at a time, with the metadata by which it is
 * recognised again. If it fails, nothing is left at `file`.
 *
 * @param file  a path where nothing is yet
 * @param convention  how it is asked; null for an autoencoder
 * @param valuesOf  elements of a parameter of ours, in its own layout; asked once for each
 * @returns bytes of the file
 * @throws WorkbenchError `checkpoint/no-original-names`, or what {@link writeTensorFile} throws
 */
export function writeNetworkFile(
  file: string,
  config: DitConfig | AutoencoderConfig,
  convention: Convention | null,
  names: ExportNames,
  valuesOf: (own: string) => Float32Array,
  onProgress?: (done: number, of: number) => void,
): number {
  const parameters = exportNames(config, names);
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const metadata =
    names === 'original' && convention !== null
      ? foreignMetadata(config as DitConfig, convention)
      : ownMetadata(config, convention);
  return writeTensorFile(
    file,
    parameters.map(({ name, shape }) => ({ name, dtype: 'F32', shape })),
    metadata,
    (name) => {
      const { own, rearrange } = byName.get(name)!;
      return rearranged(valuesOf(own), rearrange);
    },
    onProgress,
  );
}
