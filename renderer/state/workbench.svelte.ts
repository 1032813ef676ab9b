import { createContext } from 'svelte';
import { CatalogState } from './catalog.svelte.ts';
import { Connection } from './connection.svelte.ts';
import type { OpenPort } from './connection.svelte.ts';
import { eachFrame } from './frames.ts';
import { Metrics } from './metrics.svelte.ts';
import { Playback } from './playback.svelte.ts';
import { isActive, Runs } from './runs.svelte.ts';
import { Selection } from './selection.svelte.ts';

/** Everything that one window knows, and the effects that keep it current. */
export class Workbench {
  readonly connection: Connection;
  readonly catalog: CatalogState;
  readonly runs: Runs;
  readonly selection = new Selection();
  readonly playback = new Playback();
  readonly metrics = new Metrics();

  readonly run = $derived.by(() => this.runs.get(this.selection.run));
  readonly method = $derived.by(() =>
    this.run === null ? null : this.catalog.method(this.run.config.method),
  );
  /** Whether what is on the stage has a path through sampler time. */
  readonly hasSamplerTime = $derived.by(() => {
    const views = this.method?.views ?? [];
    if (this.selection.view === 'trajectories') return views.includes('trajectories');
    if (this.selection.view === 'fields') return views.includes('velocity');
    return false;
  });

  constructor(open: OpenPort) {
    this.connection = new Connection(open);
    this.catalog = new CatalogState(this.connection);
    this.runs = new Runs(this.connection);
  }

  /** Sets the effects up; to be called while a component is made, which ends them with itself. */
  keepCurrent(): void {
    $effect(() => this.connection.start());
    $effect(() => {
      const { client } = this.connection;
      if (client === null) return;
      void this.catalog.load();
      return this.runs.follow(client);
    });
    $effect(() => {
      const { client } = this.connection;
      if (client === null) return;
      const shown = new Set(this.selection.overlaid);
      if (this.selection.run !== null) shown.add(this.selection.run);
      const known = [...shown].filter((id) => this.runs.get(id) !== null);
      this.metrics.follow(client, known, (id) => {
        const run = this.runs.get(id);
        return run !== null && isActive(run.status);
      });
    });
    $effect(() => () => this.metrics.stopAll());
    $effect(() => this.#selectFirst());
    $effect(() => {
      if (!this.playback.isPlaying || !this.hasSamplerTime) return;
      return eachFrame((elapsedSecs) => this.playback.advance(elapsedSecs));
    });
  }

  /** A window that opens on existing runs shows the one that trains, or else the newest. */
  #selectFirst(): void {
    if (!this.runs.hasLoaded || this.selection.run !== null || this.selection.draft !== null) return;
    const first = this.runs.list.find((run) => run.status === 'running') ?? this.runs.list[0];
    if (first !== undefined) this.selection.openRun(first.id);
  }
}

const [useWorkbench, provideWorkbench] = createContext<Workbench>();
export { provideWorkbench, useWorkbench };
