import type { ImageImport } from '#contract/datasets.ts';

/** What a person chooses about images that they bring, as the controls have it. */
export interface ImageChoices {
  name: string;
  /** Pixels a side; empty where they stay as they are. */
  size: string;
  channels: 'auto' | 'grey' | 'colour';
  hasClasses: boolean;
  background: 'white' | 'black';
  /** An imported autoencoder; empty for pixels. */
  autoencoder: string;
  mirrored: boolean;
}

/** Sizes that are offered. */
export const imageSizes = [8, 16, 28, 32, 48, 64, 96, 128, 256] as const;

export function startingChoices(): ImageChoices {
  return {
    name: '',
    size: '',
    channels: 'auto',
    hasClasses: true,
    background: 'white',
    autoencoder: '',
    mirrored: true,
  };
}

/** What the engine is asked for. */
export function optionsFrom(choices: ImageChoices): Omit<ImageImport, 'sources'> {
  const { name, size, channels, hasClasses, background, autoencoder, mirrored } = choices;
  return {
    name: name.trim(),
    ...(size === '' ? {} : { size: Number(size) }),
    channels,
    labels: hasClasses ? 'folders' : 'none',
    background,
    ...(autoencoder === '' ? {} : { autoencoder, mirrored }),
  };
}
