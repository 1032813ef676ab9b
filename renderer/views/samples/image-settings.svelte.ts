import type { ChosenNoise } from '#contract/frames.ts';
import { Comparison } from '../../state/comparison.svelte.ts';
import type { Pane } from '../../state/panes.svelte.ts';
import type { Channel } from '../../scene/tile-pixels.ts';
import type { Wanted } from '../asked.ts';
import type { Pin } from './pins.ts';

/** A sample that is looked at closely: its noise, and the class it is asked for. */
export interface Opened {
  readonly start: ChosenNoise;
  readonly label: number | null;
}

/** Frames of what stands beside the samples: a few budgets or another run, each of up to 10 000 images. */
const keptBeside = 8;

/** What a person has set for images in the samples view of one pane; it outlives a look at another view. */
export class ImageSettings {
  /** Null until someone chooses: imported models are larger, and show fewer. */
  count = $state<number | null>(null);
  sampler = $state('euler');
  nfe = $state(32);
  studentNfe = $state(1);
  seed = $state(0);
  channel = $state<Channel>('first');
  /** An imported autoencoder that decodes latents, by its id. */
  decoder = $state<string | null>(null);
  wanted = $state.raw<Wanted>({ label: null, guidance: 1 });
  /** Rows of one class each. */
  isByClass = $state(false);
  /** Guide three channels, as DiT and SiT do, or all. */
  guided = $state<'all' | 'three'>('all');
  guidanceHigh = $state(1);
  /** The request, as text, that a person let go on although it is costly. */
  granted = $state<string | null>(null);

  /** What takes the same noise below or above the samples: `none`, `teacher`, `budgets`, or a run by its id. */
  beside = $state('none');
  readonly comparison = new Comparison(keptBeside);
  /** Size of the tiles, null for whatever shows all of them. */
  scale = $state<number | null>(null);

  pins = $state.raw<readonly Pin[]>([]);
  /** Pins that are mixed; the first two until someone chooses. */
  ends = $state.raw<readonly [Pin, Pin] | null>(null);
  /** How far from the first to the second. */
  at = $state(0.5);
  opened = $state.raw<Opened | null>(null);
  hasQuality = $state(false);
}

const ofPanes = new WeakMap<Pane, ImageSettings>();

export function imageSettingsOf(pane: Pane): ImageSettings {
  let settings = ofPanes.get(pane);
  if (settings === undefined) {
    settings = new ImageSettings();
    ofPanes.set(pane, settings);
  }
  return settings;
}
