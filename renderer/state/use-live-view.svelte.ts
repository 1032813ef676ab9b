import { untrack } from 'svelte';
import type { ViewRequest } from '#contract/frames.ts';
import { LiveView } from './live-view.svelte.ts';
import type { FilmFrame } from './film.svelte.ts';
import { usePane } from './pane.svelte.ts';
import { isActive } from './runs.svelte.ts';
import { useWorkbench } from './workbench.svelte.ts';

/** A frame that is older than this while its run has moved on is called stale. */
const staleAfterMs = 4000;

/**
 * What the pane of a component shows of its run; to be called while the component is made. While a
 * past moment of training is looked at, samples and trajectories come from the film.
 *
 * @param request  what to compute; null for nothing
 */
export function useLiveView(request: () => ViewRequest | null): SelectedView {
  const view = new SelectedView();
  view.follow(request);
  return view;
}

/** A live view or a moment of the film, and what a person should know of its age. */
class SelectedView {
  readonly #workbench = useWorkbench();
  readonly #scope = usePane();
  readonly #live = new LiveView();
  #isOld = $state(false);
  #kind = $state<ViewRequest['kind'] | null>(null);
  /** Whether a film has what is asked for: samples of its own noises. */
  #isFilmed = $state(false);
  #shownFilm = $state.raw<FilmFrame | null>(null);

  readonly #film = $derived.by(() => this.#workbench.films.get(this.#scope.run?.id ?? null));
  /** Position in the film that is looked at; -1 while training is followed. */
  readonly #position = $derived.by(() => {
    const { step } = this.#workbench.training;
    return step === null || !this.#isFilmed ? -1 : (this.#film?.positionAt(step) ?? -1);
  });

  /** True while this is a moment of the film and not the newest parameters. */
  readonly isFilm = $derived.by(() => this.#position >= 0);
  readonly frame = $derived.by(() => {
    if (this.#position < 0) return this.#live.frame;
    const shown = this.#shownFilm;
    if (shown === null || shown.samples.run !== this.#scope.run?.id) return null;
    return this.#kind === 'trajectories' ? shown.trajectories : shown.samples;
  });
  readonly error = $derived.by(() => (this.isFilm ? (this.#film?.error ?? null) : this.#live.error));
  readonly isWaiting = $derived.by(() =>
    this.isFilm ? this.frame === null : this.#live.isWaiting && this.#live.frame === null,
  );
  /** True while something else has been asked for than the frame shows. */
  readonly isRenewing = $derived.by(() => !this.isFilm && this.#live.isWaiting && this.#live.frame !== null);
  /** Milliseconds from the last request to its frame; null where nothing was asked. */
  readonly roundTripMs = $derived.by(() => (this.isFilm ? null : this.#live.roundTripMs));

  /** Why the frame is not what was asked for; null while it is. */
  readonly staleBecause = $derived.by(() => {
    const { frame } = this;
    const { connection, training } = this.#workbench;
    const { run } = this.#scope;
    if (frame === null || this.isFilm) return null;
    if (connection.status === 'disconnected') return 'the engine is not connected';
    if (training.step !== null && this.#kind !== null && training.step < frame.step) {
      return 'the film keeps samples and paths, no fields';
    }
    if (run === null || run.step <= frame.step) return null;
    if (!isActive(run.status) && !this.#live.isWaiting && this.#isOld) return 'the run has gone on since';
    return this.#isOld ? 'the engine is behind' : null;
  });

  follow(request: () => ViewRequest | null): void {
    const status = $derived(this.#scope.run?.status ?? null);
    const run = $derived(this.#scope.run?.id ?? null);
    $effect(() => {
      const { client } = this.#workbench.connection;
      const view = request();
      const [id, epoch] = [run, status ?? ''];
      const isFilm = this.#position >= 0;
      untrack(() => {
        this.#kind = view?.kind ?? null;
        this.#isFilmed = isFilmed(view);
        if (id === null || view === null) this.#live.clear();
        else if (client === null || isFilm) this.#live.pause();
        else this.#live.show(client, id, view, epoch);
      });
    });
    $effect(() => {
      const film = this.#film;
      const position = this.#position;
      if (film === null || position < 0) return;
      // A frame stays on the stage until the next one is here: nothing flickers while a page loads.
      const frame = film.frame(position);
      untrack(() => {
        film.want(position);
        if (frame !== null) this.#shownFilm = frame;
      });
    });
    $effect(() => () => this.#live.clear());
    $effect(() => {
      void this.#live.frame;
      this.#isOld = false;
      const timer = setTimeout(() => (this.#isOld = true), staleAfterMs);
      return () => clearTimeout(timer);
    });
  }
}

function isFilmed(view: ViewRequest | null): boolean {
  if (view === null) return false;
  return view.kind === 'trajectories' || (view.kind === 'samples' && view.starts === undefined);
}
