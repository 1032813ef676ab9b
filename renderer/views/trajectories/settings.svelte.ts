import type { ColourBy } from '../../scene/path-colours.ts';
import type { Look } from '../../scene/space.ts';
import type { Pane } from '../../state/panes.svelte.ts';
import type { Wanted } from '../asked.ts';
import { firstAxes } from '../axes.ts';
import type { Axes } from '../axes.ts';
import type { ImageAxes, Pairs } from './image-axes.ts';

/** What a person has set in the trajectories view of one pane; it outlives a look at another view. */
export class TrajectorySettings {
  count = $state(500);
  /** Of images, whose paths have thousands of coordinates. */
  imageCount = $state(64);
  sampler = $state('euler');
  nfe = $state(32);
  studentNfe = $state(1);
  colourBy = $state<ColourBy>('time');
  /** How much of the time before the head is drawn; 1 is all of it. */
  tail = $state(1);
  look = $state<Look>('flat');
  axes = $state.raw<Axes>(firstAxes);
  /** Of images, which have too many coordinates to choose two of. */
  imageAxes = $state<ImageAxes>('pca2');
  classPairs = $state.raw<Pairs>([
    { from: 0, to: 1 },
    { from: 0, to: 2 },
  ]);
  samplePairs = $state.raw<Pairs | null>(null);
  /** A run that is drawn over the pane's own, by its id. */
  overlay = $state<string | null>(null);
  hasData = $state(true);
  /** Whether paths of the teacher from the same noise lie over those of a run that learns from one. */
  hasTeacher = $state(false);
  wanted = $state.raw<Wanted>({ label: null, guidance: 1 });
}

const ofPanes = new WeakMap<Pane, TrajectorySettings>();

export function trajectorySettingsOf(pane: Pane): TrajectorySettings {
  let settings = ofPanes.get(pane);
  if (settings === undefined) {
    settings = new TrajectorySettings();
    ofPanes.set(pane, settings);
  }
  return settings;
}
