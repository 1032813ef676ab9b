import { SvelteMap } from 'svelte/reactivity';
import type { FilmIndex, ViewFrame } from '#contract/frames.ts';
import type { WireError } from '#contract/errors.ts';
import type { WorkbenchClient } from '#contract/workbench.ts';
import { shownError } from './errors.ts';
import { filmPositionAt } from './film-position.ts';

/** Frames asked for at once. */
const pageFrames = 8;
/** Pages kept, the least recently used let go first. */
const pagesKept = 64;

/**
 * The film of one run: its index is kept current, its frames are fetched in pages when someone looks
 * at them.
 */
export class Film {
  index = $state.raw<FilmIndex | null>(null);
  error = $state.raw<WireError | null>(null);
  readonly steps = $derived(this.index?.steps ?? new Float64Array());

  readonly #client: WorkbenchClient;
  readonly #run: string;
  /** Frames by their position in the film; an entry that is replaced redraws whoever shows it. */
  readonly #frames = new SvelteMap<number, FilmFrame>();
  /** Pages in flight or here, in order of use. */
  readonly #pages = new Map<number, 'asked' | 'here'>();
  readonly #stop: () => void;

  constructor(client: WorkbenchClient, run: string) {
    this.#client = client;
    this.#run = run;
    this.#stop = client.listen(
      'film.watch',
      { run },
      (index) => this.#renew(index),
      (error) => {
        if (error !== null) this.error = shownError(error);
      },
    );
  }

  dispose(): void {
    this.#stop();
  }

  /** See {@link filmPositionAt}. */
  positionAt(step: number): number {
    return filmPositionAt(this.steps, step);
  }

  /** The frame at a position, or null until its page is here. */
  frame(position: number): FilmFrame | null {
    return this.#frames.get(position) ?? null;
  }

  /** Fetches the page that holds a position, and the next one in the direction of play. */
  want(position: number): void {
    const page = Math.floor(position / pageFrames);
    this.#fetch(page);
    this.#fetch(page + 1);
  }

  #renew(index: FilmIndex): void {
    const { steps } = this;
    const same = steps.every((step, i) => index.steps[i] === step);
    // A film that was thinned or cut has other frames at the same positions.
    if (!same) {
      this.#frames.clear();
      this.#pages.clear();
    } else if (steps.length % pageFrames > 0) {
      this.#pages.delete(Math.floor(steps.length / pageFrames));
    }
    this.index = index;
  }

  #fetch(page: number): void {
    const from = page * pageFrames;
    const { index } = this;
    if (index === null || from < 0 || from >= this.steps.length) return;
    const known = this.#pages.get(page);
    if (known !== undefined) {
      this.#pages.delete(page);
      this.#pages.set(page, known);
      return;
    }
    this.#pages.set(page, 'asked');
    this.#client.call('film.read', { run: this.#run, from, count: pageFrames }).then(
      (read) => {
        if (this.index === null) return;
        const { count, dim, times, nfe } = this.index;
        const size = count * times.length * dim;
        read.steps.forEach((step, i) => {
          const position = read.from + i;
          if (this.steps[position] !== step) return;
          const positions = read.positions.slice(i * size, (i + 1) * size);
          const modes = read.modes?.slice(i * count, (i + 1) * count) ?? null;
          const numbers = { count, dim, times, nfe, positions, modes };
          this.#frames.set(position, new FilmFrame(this.#run, step, numbers));
        });
        if (this.#pages.get(page) === 'asked') this.#pages.set(page, 'here');
        this.#evict();
      },
      (error: unknown) => {
        this.#pages.delete(page);
        this.error = shownError(error);
      },
    );
  }

  #evict(): void {
    for (const page of this.#pages.keys()) {
      if (this.#pages.size <= pagesKept) return;
      this.#pages.delete(page);
      for (let i = 0; i < pageFrames; i += 1) this.#frames.delete(page * pageFrames + i);
    }
  }
}

interface FilmNumbers {
  count: number;
  dim: number;
  times: Float32Array;
  nfe: number;
  /** [count, T, dim] */
  positions: Float32Array;
  /** [count], null for data without known modes. */
  modes: Float32Array | null;
}

/** One moment of training, in the shapes that the live views have. */
export class FilmFrame {
  readonly step: number;
  readonly trajectories: ViewFrame;
  readonly samples: ViewFrame;

  constructor(run: string, step: number, { count, dim, times, nfe, positions, modes }: FilmNumbers) {
    this.step = step;
    const common = { run, step, nfe, count, dim, computeMs: 0 };
    const known: Record<string, Float32Array> = modes === null ? {} : { modes };
    this.trajectories = { ...common, kind: 'trajectories', arrays: { positions, times, ...known } };
    this.samples = {
      ...common,
      kind: 'samples',
      arrays: { points: lastOf(positions, count, times.length, dim), ...known },
    };
  }
}

/** The end points of paths: [count, T, dim] to [count, dim]. */
function lastOf(positions: Float32Array, count: number, records: number, dim: number): Float32Array {
  const points = new Float32Array(count * dim);
  for (let i = 0; i < count; i += 1) {
    const end = ((i + 1) * records - 1) * dim;
    points.set(positions.subarray(end, end + dim), i * dim);
  }
  return points;
}
