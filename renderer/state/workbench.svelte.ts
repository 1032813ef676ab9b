import { createContext, untrack } from 'svelte';
import { NO_DATASET } from '#contract/runs.ts';
import { CatalogState } from './catalog.svelte.ts';
import { Checkpoints } from './checkpoints.svelte.ts';
import { Commands } from './commands.svelte.ts';
import { Connection } from './connection.svelte.ts';
import type { OpenPort } from './connection.svelte.ts';
import { Films } from './films.svelte.ts';
import { Engines } from './engines.svelte.ts';
import { eachFrame } from './frames.ts';
import { History } from './history.svelte.ts';
import { Metrics } from './metrics.svelte.ts';
import { Models } from './models.svelte.ts';
import { Panes } from './panes.svelte.ts';
import { Picks } from './picks.svelte.ts';
import { Playback } from './playback.svelte.ts';
import { Reproductions } from './reproductions.svelte.ts';
import { isActive, Runs } from './runs.svelte.ts';
import { Selection } from './selection.svelte.ts';
import { TrainingTime } from './training-time.svelte.ts';

/** Everything that one window knows, and the effects that keep it current. */
export class Workbench {
  readonly connection: Connection;
  readonly catalog: CatalogState;
  readonly runs: Runs;
  readonly models: Models;
  readonly reproductions: Reproductions;
  readonly engines: Engines;
  readonly checkpoints: Checkpoints;
  readonly selection = new Selection();
  readonly panes = new Panes();
  readonly commands = new Commands(this.panes);
  readonly history = new History();
  readonly picks = new Picks();
  /** Sampler time, the first of the two time axes. */
  readonly playback = new Playback();
  /** Training time, the second. */
  readonly training = new TrainingTime();
  readonly films = new Films();
  readonly metrics = new Metrics();

  readonly run = $derived.by(() => this.runs.get(this.selection.run));
  /** Memory of the engine's process, null while unknown. */
  memoryBytes = $state<number | null>(null);

  readonly method = $derived.by(() =>
    this.run === null ? null : this.catalog.method(this.run.config.method),
  );
  /** Whether anything on the stage has a path through sampler time. */
  readonly hasSamplerTime = $derived.by(() => {
    return this.panes.shown.some((pane) => {
      const run = this.runs.get(pane.pinnedRun) ?? this.run;
      const views = (run === null ? null : this.catalog.method(run.config.method))?.views ?? [];
      if (pane.view === 'trajectories') return views.includes('trajectories');
      return pane.followsSamplerTime || (pane.view === 'fields' && views.includes('velocity'));
    });
  });
  /** The film of the selected run, null while nobody is connected. */
  readonly film = $derived.by(() => this.films.get(this.selection.run));

  constructor(open: OpenPort) {
    this.connection = new Connection(open);
    this.catalog = new CatalogState(this.connection);
    this.models = new Models(this.connection);
    this.runs = new Runs(this.connection, () => this.models.asRuns);
    this.reproductions = new Reproductions(this.connection);
    this.engines = new Engines(this.connection);
    this.checkpoints = new Checkpoints(this.connection, this.selection);
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
      if (client !== null) return this.reproductions.follow(client);
    });
    $effect(() => {
      const { client } = this.connection;
      if (client !== null) return untrack(() => this.engines.follow(client));
    });
    $effect(() => {
      if (this.connection.client !== null) return untrack(() => this.checkpoints.follow());
    });
    $effect(() => {
      const { client } = this.connection;
      if (client !== null) return untrack(() => this.models.follow(client));
    });
    $effect(() => {
      const { client } = this.connection;
      if (client === null) return;
      const shown = new Set(this.selection.overlaid);
      if (this.selection.run !== null) shown.add(this.selection.run);
      for (const { pinnedRun } of this.panes.shown) if (pinnedRun !== null) shown.add(pinnedRun);
      const known = [...shown].filter((id) => this.runs.hasRecords(id));
      this.metrics.follow(client, known, (id) => {
        const run = this.runs.get(id);
        return run !== null && isActive(run.status);
      });
    });
    $effect(() => {
      const { client } = this.connection;
      if (client === null) return;
      const stop = client.listen('engine.watch', {}, ({ memoryBytes }) => {
        this.memoryBytes = memoryBytes;
      });
      return () => {
        stop();
        this.memoryBytes = null;
      };
    });
    $effect(() => () => this.metrics.stopAll());
    $effect(() => {
      const { client } = this.connection;
      const ids = [this.selection.run, ...this.panes.shown.map((pane) => pane.pinnedRun)];
      const known = ids.filter((id): id is string => this.runs.hasRecords(id));
      untrack(() => this.films.follow(client, known));
    });
    $effect(() => () => this.films.follow(null, []));
    $effect(() => {
      // Another run has another past.
      void this.selection.run;
      untrack(() => this.training.follow());
    });
    $effect(() => {
      if (!this.training.isPlaying) return;
      return eachFrame((elapsedSecs) =>
        this.training.advance(elapsedSecs, this.film?.steps ?? new Float64Array()),
      );
    });
    $effect(() => this.#selectFirst());
    $effect(() => {
      if (!this.playback.isPlaying || !this.hasSamplerTime) return;
      return eachFrame((elapsedSecs) => this.playback.advance(elapsedSecs));
    });
  }

  /**
   * A window that opens on existing runs shows the one that trains, or else the newest; one that opens
   * on none shows a trained run that ships with the program, and plays it.
   */
  #selectFirst(): void {
    const { run, draft, stage } = this.selection;
    // Whoever was quick to ask for something else is not taken away from it.
    if (!this.runs.hasLoaded || run !== null || draft !== null || stage !== 'views') return;
    const first = this.runs.list.find((run) => run.status === 'running') ?? this.runs.list[0];
    if (first !== undefined) this.selection.openRun(first.id);
    else if (this.runs.demos[0] !== undefined) this.openDemo(this.runs.demos[0].id);
  }

  /** Shows an imported teacher, and opens the form of a student that learns from it. */
  openDistillation(teacher: string): void {
    const method = this.catalog.catalog?.methods.find(
      ({ needsTeacher, isTrainable }) => needsTeacher && isTrainable,
    );
    const id = method?.id ?? 'freeflow';
    const dataset = { id: NO_DATASET, params: {} };
    this.selection.openRun(teacher);
    this.selection.openForm({
      method: id,
      dataset: NO_DATASET,
      config: { method: id, teacher, dataset, params: {} },
    });
  }

  /** Shows a run that ships with the program, moving at once. */
  openDemo(id: string): void {
    this.selection.openRun(id);
    this.playback.play();
  }
}

const [useWorkbench, provideWorkbench] = createContext<Workbench>();
export { provideWorkbench, useWorkbench };
