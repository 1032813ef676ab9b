import { SvelteSet } from 'svelte/reactivity';
import { XWindow } from '../../plot/x-window.svelte.ts';
import type { Pane } from '../../state/panes.svelte.ts';

export type MetricsTab = 'training' | 'nfe';
/** `auto` is logarithmic where values are positive and of different magnitudes. */
export type VerticalAxis = 'auto' | 'linear' | 'log10';

/** What a person has set in the metrics view of one pane; it outlives a look at another view. */
export class MetricsSettings {
  tab = $state<MetricsTab>('training');
  y = $state<VerticalAxis>('auto');
  x = $state<'linear' | 'log10'>('linear');
  /** Weight of the moving average. */
  smoothing = $state(0.8);
  /** Runs whose lines are off. */
  readonly hidden = new SvelteSet<string>();
  /** Name of the one chart that is shown large. */
  enlarged = $state<string | null>(null);
  readonly trainingWindow = new XWindow();
  readonly nfeWindow = new XWindow();

  /** How quality is measured. */
  readonly quality = $state({ sampler: 'euler', count: 2000, seeds: 3 });
}

const ofPanes = new WeakMap<Pane, MetricsSettings>();

export function metricsSettingsOf(pane: Pane): MetricsSettings {
  let settings = ofPanes.get(pane);
  if (settings === undefined) {
    settings = new MetricsSettings();
    ofPanes.set(pane, settings);
  }
  return settings;
}
