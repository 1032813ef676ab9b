/** Small random networks as imported models, for tests: as an import would have left them. */
import path from 'node:path';
import type { ModelSummary } from '#contract/checkpoints.ts';
import type { AutoencoderConfig, Convention, DitConfig } from '#contract/networks.ts';
import { writeNetworkFile } from '../../checkpoints/export/names.ts';
import { ditShapes } from '../../models/dit/dit-shapes.ts';
import { autoencoderShapes } from '../../models/vae/autoencoder-shapes.ts';
import { openHome } from '../../store/home.ts';
import { Rng } from '../../tensor/rng.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { ImportedModels } from '../checkpoints/imported-models.ts';

/** Of 8 x 8 x 4 latents and three classes, with a variance that is not used. */
export const TINY_DIT: DitConfig = {
  network: 'dit',
  size: 8,
  patch: 2,
  channels: 4,
  width: 16,
  depth: 2,
  heads: 2,
  mlpWidth: 32,
  classes: 3,
  timeChannels: 16,
  timeDivisor: 'half',
  mlpNormEps: 1e-6,
  qkNorm: false,
  head: { kind: 'field', channels: 8 },
};

export const TINY_MIXTURE: DitConfig = {
  ...TINY_DIT,
  head: { kind: 'gm', components: 3, logStdWidth: 8 },
};

/** Twice the side of its latents. */
export const TINY_AUTOENCODER: AutoencoderConfig = {
  network: 'autoencoder-kl',
  channels: 3,
  latentChannels: 4,
  widths: [8, 16],
  layersPerBlock: 1,
  groups: 4,
  middleAttention: true,
  quantConvolutions: true,
  scalingFactor: 0.5,
};

/** Random parameters, no layer of them silent. */
export function randomWeights(
  shapes: Readonly<Record<string, readonly number[]>>,
): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const fanIn = shape.length > 1 ? sizeOf(shape.slice(0, -1)) : 100;
      const values = new Rng(1, name).fillNormal(new Float32Array(sizeOf(shape)));
      const isNorm = /[nN]orm.*weight|Norm$/.test(name) && shape.length === 1;
      return [name, values.map((x) => (isNorm ? 1 + 0.1 * x : x / Math.sqrt(fanIn)))];
    }),
  );
}

interface Tiny {
  readonly name?: string;
  readonly convention?: Convention;
}

/** @param home  a data folder, open or not */
export function adoptDit(
  home: string,
  config: DitConfig,
  { name = 'Tiny SiT', convention = 'sit' }: Tiny = {},
): ModelSummary {
  const weights = randomWeights(ditShapes(config));
  const isTeacher = config.head.kind === 'field';
  return adopted(home, config, convention, weights, {
    name,
    kind: isTeacher ? 'sit' : 'piflow-gm',
    title: 'SiT, tiny',
    use: isTeacher ? 'teacher' : 'student',
    sampleShape: [config.size, config.size, config.channels],
    classes: config.classes,
  });
}

export function adoptAutoencoder(home: string, config: AutoencoderConfig): ModelSummary {
  return adopted(home, config, null, randomWeights(autoencoderShapes(config)), {
    name: 'Tiny autoencoder',
    kind: 'autoencoder-kl',
    title: 'AutoencoderKL, tiny',
    use: 'autoencoder',
    sampleShape: [16, 16, 3],
    classes: 0,
  });
}

function adopted(
  home: string,
  config: DitConfig | AutoencoderConfig,
  convention: Convention | null,
  weights: Readonly<Record<string, Float32Array>>,
  about: Pick<ModelSummary, 'name' | 'kind' | 'title' | 'use' | 'sampleShape' | 'classes'>,
): ModelSummary {
  const models = new ImportedModels(
    openHome(home),
    () => false,
    () => {},
  );
  const folder = models.newFolder();
  writeNetworkFile(
    path.join(folder, 'weights.safetensors'),
    config,
    convention,
    'fewstep',
    (own) => weights[own]!,
  );
  const parameters = Object.values(weights).reduce((sum, { length }) => sum + length, 0);
  return models.adopt(folder, { ...about, config, convention, parameters, fileName: 'tiny.pt' });
}
