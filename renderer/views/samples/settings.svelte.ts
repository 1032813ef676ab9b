import { Evaluation } from '../../state/evaluation.svelte.ts';
import type { Pane } from '../../state/panes.svelte.ts';
import type { Wanted } from '../asked.ts';
import { firstAxes } from '../axes.ts';
import type { Axes } from '../axes.ts';

export type Picture = 'points' | 'density' | 'both';
export type Arrangement = 'overlaid' | 'side' | 'difference';
export type ColourBy = 'run' | 'mode';

/** What a person has set in the samples view of one pane; it outlives a look at another view. */
export class SampleSettings {
  picture = $state<Picture>('points');
  arrangement = $state<Arrangement>('overlaid');
  colourBy = $state<ColourBy>('run');
  count = $state(2000);
  nfe = $state(32);
  studentNfe = $state(1);
  /** Standard deviation of the kernel, data units. */
  bandwidth = $state(0.1);
  generatedOpacity = $state(0.7);
  dataOpacity = $state(0.35);
  hasMarginals = $state(false);
  /** Whether lines go from the samples to where the teacher takes the same noise. */
  hasTeacher = $state(false);
  wanted = $state.raw<Wanted>({ label: null, guidance: 1 });
  /** Null until someone decides: then they stand beside a stage that has room for them. */
  hasNumbers = $state<boolean | null>(null);
  axes = $state.raw<Axes>(firstAxes);

  /** What `Measure now` asks for. */
  readonly measure = $state({ nfe: [1, 4, 32], sampler: 'euler', count: 2000 });
  readonly evaluation = new Evaluation();
}

const ofPanes = new WeakMap<Pane, SampleSettings>();

export function sampleSettingsOf(pane: Pane): SampleSettings {
  let settings = ofPanes.get(pane);
  if (settings === undefined) {
    settings = new SampleSettings();
    ofPanes.set(pane, settings);
  }
  return settings;
}
