import type { CheckpointKind } from '#contract/checkpoints.ts';
import type { AutoencoderConfig, DitConfig } from '#contract/networks.ts';
import { sizeName } from './heads.ts';
import { networkParameters } from './network-parameters.ts';
import { sizeOfShape } from './shapes.ts';

const NAMES: Record<CheckpointKind, string> = {
  dit: 'DiT',
  sit: 'SiT',
  repa: 'REPA SiT',
  'diffusers-dit': 'Diffusers DiT',
  'piflow-teacher': 'pi-Flow teacher DiT',
  'piflow-gm': 'pi-Flow GM student DiT',
  'piflow-dx': 'pi-Flow DX student DiT',
  'autoencoder-kl': 'AutoencoderKL',
  fewstep: 'Fewstep',
  'fewstep-run': 'Fewstep run',
  'feature-network': 'ONNX feature network',
};

export function kindName(kind: CheckpointKind): string {
  return NAMES[kind];
}

/** "SiT-XL/2, 675 M parameters, 32 x 32 x 4 latents, 1000 classes". */
export function titleOf(kind: CheckpointKind, config: DitConfig | AutoencoderConfig): string {
  const count = networkParameters(config).reduce((sum, { shape }) => sum + sizeOfShape(shape), 0);
  const parameters = `${countText(count)} parameters`;
  if (config.network === 'autoencoder-kl') {
    const { channels, latentChannels, widths } = config;
    const scale = 2 ** (widths.length - 1);
    const name = kind === 'fewstep' ? 'Fewstep autoencoder' : kindName(kind);
    return `${name}, ${parameters}, ${channels} channels to ${latentChannels} at 1/${scale} of the size`;
  }
  const { size, patch, channels, width, depth, heads, classes } = config;
  const name = kind === 'fewstep' ? 'Fewstep DiT' : kindName(kind);
  const known = sizeName(width, depth, heads);
  const network =
    known === null ? `${name}/${patch}, ${width} wide and ${depth} deep` : `${name}-${known}/${patch}`;
  const samples = channels === 1 || channels === 3 ? 'images' : 'latents';
  const labels = classes > 0 ? `${classes} ${classes === 1 ? 'class' : 'classes'}` : 'no classes';
  return `${network}, ${parameters}, ${size} x ${size} x ${channels} ${samples}, ${labels}`;
}

/** "675 M", "41.3 k": three digits of what is large, all of what is small. */
function countText(count: number): string {
  for (const [unit, name] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (count >= unit) return `${Number((count / unit).toPrecision(3))} ${name}`;
  }
  return String(count);
}
