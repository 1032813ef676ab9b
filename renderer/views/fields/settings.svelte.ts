import type { Pane } from '../../state/panes.svelte.ts';
import { firstAxes } from '../axes.ts';
import type { Axes } from '../axes.ts';
import type { DriftPart } from './field-set.ts';
import type { Show } from './student-parts.ts';

/** What lies under the arrows: a scalar of the field, or nothing. */
export type Ground = 'none' | 'magnitude' | 'divergence';

/** What a person has set in the fields view of one pane; it outlives a look at another view. */
export class FieldSettings {
  readonly draws = $state({ arrows: false, streamlines: true, particles: true });
  readonly parts = $state<Record<DriftPart, boolean>>({ attract: true, repel: true, drift: true });
  /** What is looked at of a student. */
  show = $state<Show>('student');
  /** Network calls of a policy; null for as many as it is made for. */
  policyNfe = $state<number | null>(null);
  ground = $state<Ground>('none');
  /** Arrows along each axis of the grid. */
  arrows = $state(24);
  /** Points with an arrow, and the size of the sets that the drift is estimated on. */
  count = $state(256);
  /** Half the side of the square that the grid covers, data units. */
  extent = $state(3);
  driftScale = $state(3);
  velocityScale = $state(0.1);
  /** Arrows of a residual over those of student and teacher, which they would vanish beside. */
  residualScale = $state(5);
  axes = $state.raw<Axes>(firstAxes);
  /** Where the probe stands, on the plane; null while it is put away. */
  probe = $state.raw<{ readonly x: number; readonly y: number } | null>(null);
}

const ofPanes = new WeakMap<Pane, FieldSettings>();

export function fieldSettingsOf(pane: Pane): FieldSettings {
  let settings = ofPanes.get(pane);
  if (settings === undefined) {
    settings = new FieldSettings();
    ofPanes.set(pane, settings);
  }
  return settings;
}
