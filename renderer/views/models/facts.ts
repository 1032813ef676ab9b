import type { ModelSummary } from '#contract/checkpoints.ts';
import type { Convention, PixelRange } from '#contract/networks.ts';
import { formatBytes, formatCount } from '../../ui/format.ts';

interface Fact {
  readonly label: string;
  readonly value: string;
  readonly title?: string;
}

const conventions = {
  dit: 'predicts the noise of a discrete step',
  sit: 'data - noise at 1 - t',
  repa: 'noise - data at t',
  'flow-1000': 'noise - data at 1000 t',
} as const satisfies Record<Convention, string>;

const ranges = {
  symmetric: 'from -1 to 1',
  unit: 'from 0 to 1',
  byte: 'from 0 to 255',
  imagenet: 'normalised as ImageNet',
} as const satisfies Record<PixelRange, string>;

/** What a person may want to know of an imported model, in rows. */
export function modelFacts(model: ModelSummary): Fact[] {
  const { config, convention, parameters, bytes, fileName, sampleShape, classes } = model;
  return [
    { label: 'File', value: fileName, title: fileName },
    { label: 'Parameters', value: formatCount(parameters), title: String(parameters) },
    { label: 'Weights', value: formatBytes(bytes) },
    {
      label: model.use === 'autoencoder' || model.use === 'features' ? 'Image' : 'Sample',
      value: sampleShape.join(' × '),
    },
    ...(classes > 0 ? [{ label: 'Classes', value: formatCount(classes) }] : []),
    ...(config.network === 'dit'
      ? [
          { label: 'Width, depth, heads', value: `${config.width}, ${config.depth}, ${config.heads}` },
          { label: 'Patch', value: `${config.patch}` },
          {
            label: 'Time frequencies',
            value: config.timeDivisor === 'half' ? 'as DiT' : 'as diffusers',
            title: 'Exponents over half the channels, or over one less',
          },
        ]
      : []),
    ...(config.network === 'autoencoder-kl'
      ? [
          { label: 'Levels', value: config.widths.join(', ') },
          { label: 'Scaling factor', value: `${config.scalingFactor}` },
        ]
      : []),
    ...(config.network === 'features'
      ? [
          { label: 'Pixels', value: ranges[config.range] },
          { label: 'Layout', value: config.layout === 'nchw' ? 'channels first' : 'channels last' },
          { label: 'Output', value: config.output, title: config.output },
        ]
      : []),
    ...(convention === null ? [] : [{ label: 'Its velocity', value: conventions[convention] }]),
  ];
}

/** Whether its parameters can go by the names of the released DiT and SiT. */
export function canBeOriginal({ config }: ModelSummary): boolean {
  return config.network === 'dit' && config.head.kind === 'field';
}
