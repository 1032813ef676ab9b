import { untrack } from 'svelte';
import type { PointSet, ViewFrame } from '#contract/frames.ts';
import { fastestOf } from '../../scene/speeds.ts';
import { Trail } from '../../scene/trail.ts';
import type { Film } from '../../state/film.svelte.ts';
import { axisNames, basisOf, frameInAxes, inAxes } from './basis.ts';
import type { Basis } from './basis.ts';
import { filmPathsOf, positionsOf, timeOfStep } from './film-paths.ts';
import { differenceOf } from '../difference.ts';
import { teacherPairsOf } from '../teacher-pairs.ts';
import type { OverlayView } from './overlay.svelte.ts';
import type { Overlay, PathSet, TeacherPaths, TrajectoryPicture } from './picture.ts';
import type { TrajectorySettings } from './settings.svelte.ts';

interface Inputs {
  settings: TrajectorySettings;
  /** Sampler paths, or the samples of a generator. */
  frame: () => ViewFrame | null;
  /** The film of a run whose samples have no path through sampler time; null for others. */
  film: () => Film | null;
  /** Training step that is looked at, null for the newest. */
  trainingStep: () => number | null;
  data: () => PointSet | null;
  overlay: OverlayView;
  runColour: () => string;
  /** What the axes are called in which images are seen; null for points, which are seen as they are. */
  titles: () => readonly string[] | null;
}

/** Axes in which images are seen, and what they are called. */
interface Seen {
  readonly run: string;
  readonly basis: Basis;
  readonly names: readonly string[];
}

/** Training steps that the trail of a sample without film goes back to. */
const trailLength = 10;

/** What the runs say, as a picture; what is costly is done again only for other numbers. */
export class TrajectoryModel {
  readonly #inputs: Inputs;
  readonly #trail = new Trail(trailLength);
  #lastSeen: Seen | null = null;
  readonly #isImage = $derived.by(() => this.#inputs.titles() !== null);
  /** Those of the newest frame that has some: moments of the film are seen in them too. */
  readonly seen = $derived.by((): Seen | null => {
    const frame = this.#inputs.frame();
    const basis = basisOf(frame);
    if (frame !== null && basis !== null) {
      // What was asked for when the frame came: another wish is named when it is answered.
      const names = axisNames(basis, untrack(() => this.#inputs.titles()) ?? []);
      this.#lastSeen = { run: frame.run, basis, names };
    }
    return this.#lastSeen?.run === frame?.run ? this.#lastSeen : null;
  });
  /** What is drawn, in the axes of images. */
  readonly frame = $derived.by(() => this.#inAxes(this.#inputs.frame()));
  readonly #sampler = $derived.by(() => samplerPaths(this.frame));
  readonly #film = $derived.by(() => this.#filmPaths());
  readonly #trailed = $derived.by(() => this.#trailPaths());

  /** Where training stands among the film's steps, as a time; 0 while it is followed. */
  readonly #filmTime = $derived.by(() => {
    const step = this.#inputs.trainingStep();
    const film = this.#film;
    return step === null || film === null ? 0 : timeOfStep(step, film.firstStep, film.lastStep);
  });
  /** Steps of training between which the paths of a film go. */
  readonly filmSteps = $derived.by(() =>
    this.#film === null ? null : { first: this.#film.firstStep, last: this.#film.lastStep },
  );

  readonly main = $derived.by((): PathSet | null => {
    if (this.#sampler !== null) return this.#sampler;
    const film = this.#film;
    if (film !== null) return { ...film, t: this.#filmTime };
    return this.#trailed;
  });

  readonly overlay = $derived.by((): Overlay | null => {
    const { run, colour, sharesNoise } = this.#inputs.overlay;
    const frame = this.#inAxes(this.#inputs.overlay.frame);
    if (run === null || frame === null) return null;
    const { count, dim } = frame;
    const paths = samplerPaths(frame);
    const points = frame.arrays['points'] ?? null;
    const pairs = points !== null && sharesNoise ? pairsOf(this.main, points, dim, count) : null;
    return { name: run.name, colour, paths, points, count, dim, pairs };
  });

  /** Where the teacher takes the same noise, where that was asked for. */
  readonly teacher = $derived.by((): TeacherPaths | null => {
    const { frame } = this;
    const found = teacherPairsOf(frame);
    if (frame === null || found === null) return null;
    const { count, dim, arrays } = frame;
    const { ends, teacherEnds } = arrays;
    // In few axes samples lie closer than they do.
    const whole =
      ends === undefined || teacherEnds === undefined
        ? null
        : differenceOf(ends, teacherEnds, ends.length / count);
    const pairs = whole === null ? found : { ...found, rms: whole.rms };
    const { teacherPositions: positions, teacherTimes: times } = arrays;
    if (positions === undefined || times === undefined) return { paths: null, pairs };
    const fastest = fastestOf(positions, times, count, dim);
    return { paths: { positions, times, count, dim, modes: null, kind: 'sampler', t: null, fastest }, pairs };
  });

  readonly picture = $derived.by((): TrajectoryPicture => {
    const { settings, data, runColour } = this.#inputs;
    const { look, axes, tail, colourBy, hasData } = settings;
    return {
      main: this.main,
      overlay: this.overlay,
      teacher: this.teacher,
      data: hasData ? this.#dataInAxes(data()) : null,
      look,
      axes,
      colourBy: (this.main?.modes ?? null) === null && colourBy === 'group' ? 'time' : colourBy,
      tail,
      colour: runColour(),
    };
  });

  constructor(inputs: Inputs) {
    this.#inputs = inputs;
  }

  /** Asks for the frames of the film; to be called while a component is made. */
  keepRead(): void {
    $effect(() => {
      const film = this.#inputs.film();
      if (film === null) return;
      for (const position of positionsOf(film.steps.length)) film.want(position);
    });
  }

  /** Images in the axes in which they are seen, once there are such; points as they are. */
  #inAxes(frame: ViewFrame | null): ViewFrame | null {
    if (frame === null || !this.#isImage) return frame;
    return this.seen === null ? null : frameInAxes(frame, this.seen.basis);
  }

  #dataInAxes(points: PointSet | null): PointSet | null {
    if (points === null || !this.#isImage) return points;
    const basis = this.seen?.basis ?? null;
    if (basis === null || points.dim !== basis.centre.length) return null;
    return { ...points, dim: basis.axes.length / points.dim, values: inAxes(points.values, basis) };
  }

  #filmPaths() {
    const film = this.#inputs.film();
    const index = film?.index ?? null;
    if (film === null || index === null) return null;
    const moments = positionsOf(film.steps.length).flatMap((position) => {
      const frame = film.frame(position);
      const points = frame?.samples.arrays['points'];
      return frame === null || points === undefined ? [] : [{ step: frame.step, points }];
    });
    const paths = filmPathsOf(moments, index.dim, this.#inputs.settings.count);
    if (paths === null) return null;
    const { positions, times, count, dim } = paths;
    const fastest = fastestOf(positions, times, count, dim);
    return { ...paths, modes: this.#inputs.frame()?.arrays['modes'] ?? null, kind: 'film' as const, fastest };
  }

  #trailPaths(): PathSet | null {
    const frame = this.#inputs.frame();
    const points = frame?.arrays['points'];
    if (frame === null || points === undefined) {
      this.#trail.clear();
      return null;
    }
    this.#trail.push(frame.step, points);
    const paths = this.#trail.paths(frame.dim);
    const fastest = fastestOf(paths.positions, paths.times, paths.count, frame.dim);
    return { ...paths, dim: frame.dim, modes: frame.arrays['modes'] ?? null, kind: 'trail', t: 0, fastest };
  }
}

function samplerPaths(frame: ViewFrame | null): PathSet | null {
  if (frame === null) return null;
  const { count, dim, arrays } = frame;
  const { positions, times, modes, labels } = arrays;
  if (positions === undefined || times === undefined) return null;
  const fastest = fastestOf(positions, times, count, dim);
  const set = { positions, times, count, dim, kind: 'sampler' as const, t: null, fastest };
  if (modes === undefined && labels !== undefined) return { ...set, modes: labels, groupedBy: 'class' };
  return { ...set, modes: modes ?? null };
}

/** Both ends lie at data: the times only tell the two records apart. */
const pairTimes = Float32Array.of(1e-6, 0);

function pairsOf(main: PathSet | null, points: Float32Array, dim: number, count: number): PathSet | null {
  if (main === null || main.dim !== dim || main.kind !== 'sampler') return null;
  const pairs = Math.min(count, main.count);
  const records = main.times.length;
  const positions = new Float32Array(pairs * 2 * dim);
  for (let i = 0; i < pairs; i += 1) {
    const end = ((i + 1) * records - 1) * dim;
    positions.set(main.positions.subarray(end, end + dim), i * 2 * dim);
    positions.set(points.subarray(i * dim, (i + 1) * dim), (i * 2 + 1) * dim);
  }
  return { positions, times: pairTimes, count: pairs, dim, modes: null, kind: 'sampler', t: 0, fastest: 1 };
}
