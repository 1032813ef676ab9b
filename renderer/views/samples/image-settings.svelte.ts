import type { Pane } from '../../state/panes.svelte.ts';
import type { Wanted } from '../asked.ts';
import type { Channel } from './tiles.ts';

/** What a person has set for images in the samples view of one pane; it outlives a look at another view. */
export class ImageSettings {
  count = $state(16);
  sampler = $state('euler');
  nfe = $state(32);
  studentNfe = $state(1);
  seed = $state(0);
  channel = $state<Channel>('first');
  /** An imported autoencoder that decodes latents, by its id. */
  decoder = $state<string | null>(null);
  wanted = $state.raw<Wanted>({ label: null, guidance: 1 });
  /** Guide three channels, as DiT and SiT do, or all. */
  guided = $state<'all' | 'three'>('all');
  guidanceHigh = $state(1);
  /** The request, as text, that a person let go on although it is costly. */
  granted = $state<string | null>(null);
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
