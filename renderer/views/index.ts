import type { Component } from 'svelte';
import type { ViewId } from '../state/panes.svelte.ts';
import Compare from './compare/Compare.svelte';
import Fields from './fields/Fields.svelte';
import Metrics from './metrics/Metrics.svelte';
import Samples from './samples/Samples.svelte';
import Trajectories from './trajectories/Trajectories.svelte';

/** The views of the stage. */
export const stageViews: Record<ViewId, Component> = {
  trajectories: Trajectories,
  fields: Fields,
  samples: Samples,
  metrics: Metrics,
  compare: Compare,
};
