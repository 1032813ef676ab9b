import { SvelteMap } from 'svelte/reactivity';
import { XWindow } from '../../plot/x-window.svelte.ts';
import { Comparison } from '../../state/comparison.svelte.ts';
import type { Pane } from '../../state/panes.svelte.ts';
import type { Wanted } from '../asked.ts';
import { firstAxes } from '../axes.ts';
import type { Axes } from '../axes.ts';
import type { PlaneSight } from './sight.ts';

/** What a person has set in the compare view of one pane; it outlives a look at another view. */
export class CompareSettings {
  /** Ids of the rows; null until someone chooses. */
  chosen = $state.raw<readonly string[] | null>(null);
  nfes = $state.raw<readonly number[]>([1, 2, 4, 8]);
  count = $state(1000);
  /** Of the noise. */
  seed = $state(0);
  wanted = $state.raw<Wanted>({ label: null, guidance: 1 });
  picture = $state<'points' | 'density'>('points');
  hasData = $state(false);
  axes = $state.raw<Axes>(firstAxes);
  /** What samples are held against: a run by its id, or null for their teacher. */
  against = $state<string | null>(null);
  hasDifference = $state(false);
  /** Part of the plane that every cell shows; null until someone moves it. */
  sight = $state.raw<PlaneSight | null>(null);
  /** Steps that runs in training are shown at, by id: a picture of a moment, until it is renewed. */
  readonly pinned = new SvelteMap<string, number>();
  readonly comparison = new Comparison();

  /** Null until someone decides: then it stands where there is room for it. */
  hasQuality = $state<boolean | null>(null);
  /** Null until someone chooses. */
  metric = $state<string | null>(null);
  readonly quality = $state({ count: 2000 });
  readonly nfeWindow = new XWindow();
}

const ofPanes = new WeakMap<Pane, CompareSettings>();

export function compareSettingsOf(pane: Pane): CompareSettings {
  let settings = ofPanes.get(pane);
  if (settings === undefined) {
    settings = new CompareSettings();
    ofPanes.set(pane, settings);
  }
  return settings;
}
