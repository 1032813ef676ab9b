/** Files of ours: they say what they hold, and recognition holds them to it. */
import { autoencoderConfig, convention, ditConfig } from '#contract/networks.ts';
import type { AutoencoderConfig, Convention, DitConfig } from '#contract/networks.ts';
import type { Misfit, Plan } from './layout.ts';
import { unchanged } from './mapping.ts';
import { networkParameters } from './network-parameters.ts';
import type { About } from './weights.ts';

/** JSON of the network's config. */
const NETWORK_KEY = 'fewstep.network';
/** How a velocity network is asked; absent for an autoencoder. */
const CONVENTION_KEY = 'fewstep.convention';

/** The metadata by which a file in our names is known again. */
export function ownMetadata(
  config: DitConfig | AutoencoderConfig,
  asked: Convention | null,
): Map<string, string> {
  return new Map([
    [NETWORK_KEY, JSON.stringify(config)],
    ...(asked === null ? [] : ([[CONVENTION_KEY, asked]] as const)),
  ]);
}

/** The metadata of a file in the names of others: what its shapes do not tell. */
export function foreignMetadata({ heads }: DitConfig, asked: Convention): Map<string, string> {
  return new Map([
    ['format', 'pt'],
    [CONVENTION_KEY, asked],
    ['fewstep.num_heads', String(heads)],
  ]);
}

/** How a file of ours in the names of others says that it is asked, if it does. */
export function conventionOfMetadata(about: About): Convention | null {
  const asked = convention.safeParse(about.metadata.get(CONVENTION_KEY));
  return asked.success ? asked.data : null;
}

/**
 * What a file of ours holds.
 *
 * @returns null for a file that is not ours, by its metadata
 */
export function readOwnFile(about: About): Plan | Misfit | null {
  const text = about.metadata.get(NETWORK_KEY);
  if (text === undefined) return null;
  const config = ownConfig(text);
  if (config === null) {
    return { kind: 'fewstep', misfit: `its metadata ${NETWORK_KEY} is no network that is known here` };
  }
  const asked = conventionOfMetadata(about);
  const isField = config.network === 'dit' && config.head.kind === 'field';
  return {
    kind: 'fewstep',
    config,
    convention: config.network === 'dit' ? asked : null,
    alternatives: [],
    assumed: [],
    use: config.network === 'autoencoder-kl' ? 'autoencoder' : isField ? 'teacher' : 'student',
    parameters: networkParameters(config).map(({ name, shape }) => ({
      name,
      shape,
      sources: [{ key: name, shape }],
      rearrange: unchanged(shape),
    })),
    whyUnused: () => null,
    problems:
      config.network === 'dit' && asked === null
        ? [`its metadata ${CONVENTION_KEY} does not say how it is asked`]
        : [],
  };
}

/** More than this is no network of ours, and its list of parameters would fill the memory. */
const MOST_DEPTH = 10_000;

function ownConfig(text: string): DitConfig | AutoencoderConfig | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const dit = ditConfig.safeParse(value);
  if (dit.success)
    return dit.data.depth <= MOST_DEPTH && dit.data.size % dit.data.patch === 0 ? dit.data : null;
  const autoencoder = autoencoderConfig.safeParse(value);
  if (!autoencoder.success) return null;
  const { widths, layersPerBlock } = autoencoder.data;
  return widths.length * layersPerBlock <= MOST_DEPTH ? autoencoder.data : null;
}
