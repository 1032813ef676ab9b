import type {
  CheckpointFormat,
  CheckpointListing,
  CheckpointKind,
  Recognition,
  RecognitionOptions,
} from '#contract/checkpoints.ts';
import type { Convention, PixelRange } from '#contract/networks.ts';

export const formatWords: Readonly<Record<CheckpointFormat, string>> = {
  safetensors: 'safetensors',
  'safetensors-sharded': 'safetensors in shards',
  'pytorch-zip': 'PyTorch (ZIP)',
  'pytorch-legacy': 'PyTorch (legacy stream)',
  npy: 'NPY',
  npz: 'NPZ',
  'fewstep-run': 'Fewstep run',
  onnx: 'ONNX',
};

export const kindWords: Readonly<Record<CheckpointKind, string>> = {
  dit: 'DiT',
  sit: 'SiT',
  repa: 'REPA (SiT)',
  'diffusers-dit': 'DiT of diffusers',
  'piflow-teacher': 'Teacher of pi-Flow',
  'piflow-gm': 'pi-Flow student, Gaussian mixture',
  'piflow-dx': 'pi-Flow student, DX',
  'autoencoder-kl': 'Autoencoder (KL)',
  fewstep: 'Fewstep network',
  'fewstep-run': 'Fewstep run',
  'feature-network': 'Feature network (ONNX)',
};

const conventionWords: Readonly<Record<Convention, string>> = {
  dit: 'DiT: predicts the noise of a discrete step',
  sit: 'SiT: data - noise at 1 - t',
  repa: 'REPA: noise - data at t',
  'flow-1000': 'pi-Flow: noise - data at 1000 t',
};

const timeDivisorWords = {
  half: 'As DiT: exponents over half the channels',
  'half-minus-one': 'As diffusers: over one less',
} as const;

const rangeWords: Readonly<Record<PixelRange, string>> = {
  symmetric: 'From -1 to 1',
  unit: 'From 0 to 1',
  byte: 'From 0 to 255',
  imagenet: 'Normalised as ImageNet',
};

const layoutWords = { nchw: 'Channels first', nhwc: 'Channels last' } as const;

export type Option = Recognition['assumed'][number]['option'];

const optionWords: Readonly<Record<Option, string>> = {
  kind: 'Kind',
  size: 'Side of a sample',
  heads: 'Heads',
  convention: 'How it is asked',
  timeDivisor: 'Time frequencies',
  components: 'Components',
  nfe: 'Network calls',
  scalingFactor: 'Scaling factor',
  groups: 'Group-norm groups',
  pixelRange: 'Pixels',
  pixelLayout: 'Layout of images',
  output: 'Output',
};

/** One thing to say of a file that its shapes do not tell. */
export interface OptionField {
  readonly option: Option;
  readonly label: string;
  readonly value: string | number;
  readonly why: string;
  /** Whether a person said it, so that it can be left to the engine again. */
  readonly isChosen: boolean;
  /** Choices with words for each; null for a number. */
  readonly choices: readonly { readonly value: string; readonly label: string }[] | null;
}

/** What the form asks: all that was assumed, and all that a person has said instead. */
export function optionFields(recognised: Recognition, chosen: RecognitionOptions): OptionField[] {
  const { alternatives, assumed, kind } = recognised;
  const known = new Map(assumed.map((each) => [each.option, each]));
  const asked = (Object.keys(optionWords) as Option[]).filter(
    (option) =>
      known.has(option) || chosen[option] !== undefined || (option === 'kind' && alternatives.length > 0),
  );
  return asked.map((option) => {
    const isChosen = chosen[option] !== undefined;
    return {
      option,
      label: optionWords[option],
      value: chosen[option] ?? known.get(option)?.value ?? kind,
      why: isChosen ? 'chosen here' : (known.get(option)?.why ?? 'from keys and shapes'),
      isChosen,
      choices: choicesOf(option, [...new Set([kind, ...alternatives])]),
    };
  });
}

function choicesOf(option: Option, kinds: readonly CheckpointKind[]): OptionField['choices'] {
  if (option === 'kind') return kinds.map((value) => ({ value, label: kindWords[value] }));
  if (option === 'convention') return choicesFrom(conventionWords);
  if (option === 'pixelRange') return choicesFrom(rangeWords);
  if (option === 'pixelLayout') return choicesFrom(layoutWords);
  return option === 'timeDivisor' ? choicesFrom(timeDivisorWords) : null;
}

function choicesFrom(words: Readonly<Record<string, string>>): OptionField['choices'] {
  return Object.entries(words).map(([value, label]) => ({ value, label }));
}

/** A file's name as that of a model: without folder and extension. */
export function nameOfModel(fileName: string): string {
  const base = fileName.split(/[\\/]/).at(-1) ?? fileName;
  return (
    base.replace(/\.(safetensors|pt|pth|ckpt|bin|npz|npy|json|onnx)$/i, '').slice(0, 120) ||
    base.slice(0, 120)
  );
}

/** A shape as one writes it: `1152 x 4608`. */
export function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? 'scalar' : shape.join(' x ');
}

const uses: Readonly<Record<NonNullable<Recognition['use']>, string>> = {
  teacher: 'Can be imported as a teacher: sampled with any solver, and distilled from',
  student: 'Can be imported as a student: sampled in the few steps it was made for',
  autoencoder: 'Can be imported as an autoencoder: it turns latents into images',
  features: 'Can be imported as a feature network: images are compared by what it sees in them',
  run: 'Can be imported as a run of this data folder',
};

/** What can be done with a file that can be imported. */
export function useWords({ recognised }: CheckpointListing): string {
  const use = recognised?.use ?? null;
  return use === null ? '' : uses[use];
}
