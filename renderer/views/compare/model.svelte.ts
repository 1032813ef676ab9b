import { untrack } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import type { WireError } from '#contract/errors.ts';
import type { PointSet, ViewFrame } from '#contract/frames.ts';
import type { DatasetChoice, RunSummary } from '#contract/runs.ts';
import { keyOf } from '../../state/comparison.svelte.ts';
import type { CellAsk } from '../../state/comparison.svelte.ts';
import { DatasetPoints } from '../../state/dataset-points.svelte.ts';
import type { PaneScope } from '../../state/pane.svelte.ts';
import { isActive } from '../../state/runs.svelte.ts';
import type { Workbench } from '../../state/workbench.svelte.ts';
import { extentOf } from '../../ui/draw-points.ts';
import { askableOf } from '../asked.ts';
import type { Askable } from '../asked.ts';
import { onPlane } from '../axes.ts';
import { differenceOf, largestOf } from '../difference.ts';
import type { Difference } from '../difference.ts';
import { asksInOrder, defaultRuns, mostRows, rowOf } from './rows.ts';
import type { Row } from './rows.ts';
import type { CompareSettings } from './settings.svelte.ts';
import { sightOver } from './sight.ts';

/** What a cell has to show. */
export type CellState =
  | { readonly kind: 'oneStep' | 'waiting' | 'computing' }
  | { readonly kind: 'error'; readonly error: WireError }
  | {
      readonly kind: 'samples';
      readonly frame: ViewFrame;
      readonly points: Float32Array;
      /** Null where there is nothing to hold it against, for the reason given. */
      readonly difference: Difference | null;
      readonly noDifference: string | null;
    };

/** A picture above the matrix that its rows are held against. */
export interface Reference {
  readonly key: string;
  readonly title: string;
  readonly kind: 'data' | 'teacher';
  readonly dim: number;
  /** [H, W, C] of images. */
  readonly shape: readonly number[] | null;
  /** Null while they are awaited. */
  readonly points: Float32Array | null;
}

/** Fresh points have a seed of their own: none that a run has trained on. */
const dataSeed = 0x5eed;

/** What runs make of the same noise, row by row. */
export class CompareModel {
  readonly #workbench: Workbench;
  readonly #scope: PaneScope;
  readonly #settings: CompareSettings;
  readonly #data = new SvelteMap<string, DatasetPoints>();

  /** Runs that have samples to compare, newest first, then those that ship with the program. */
  readonly comparable = $derived.by((): RunSummary[] => {
    const { runs, catalog } = this.#workbench;
    return [...runs.list, ...runs.demos].filter(
      (run) => run.step > 0 && (catalog.method(run.config.method)?.views.includes('samples') ?? false),
    );
  });
  readonly runs = $derived.by((): RunSummary[] => {
    const { chosen } = this.#settings;
    if (chosen === null)
      return defaultRuns(this.#scope.run, this.#workbench.selection.overlaid, this.comparable);
    return chosen
      .map((id) => this.comparable.find((run) => run.id === id))
      .filter((run) => run !== undefined)
      .slice(0, mostRows);
  });
  readonly rows = $derived.by((): Row[] => {
    const { catalog, runs } = this.#workbench;
    const { nfes, count, seed, wanted } = this.#settings;
    return this.runs.flatMap((run) => {
      const method = catalog.method(run.config.method);
      if (method === null) return [];
      const settings = { nfes, count, seed, ...wanted };
      return [rowOf(run, { method, colour: runs.colour(run.id), step: this.stepOf(run), settings })];
    });
  });
  readonly asks = $derived.by(() => asksInOrder(this.rows));
  /** Cells that are there, failed ones too. */
  readonly done = $derived.by(
    () => this.asks.filter((ask) => this.#settings.comparison.get(ask) !== null).length,
  );
  /** What any row can be asked for; the others are asked for as much of it as they understand. */
  readonly askable = $derived.by((): Askable => {
    const each = this.rows.map(({ run, method }) => askableOf(run, method));
    return {
      classes: Math.max(0, ...each.map(({ classes }) => classes)),
      isGuidable: each.some(({ isGuidable }) => isGuidable),
      isDealt: each.some(({ isDealt }) => isDealt),
    };
  });
  /** What they are called, where all rows that have classes call them the same. */
  readonly classNames = $derived.by(() => {
    const [first, ...others] = this.runs
      .filter(({ classes }) => classes > 0)
      .map((run) => this.#workbench.catalog.classNames(run));
    return others.every((names) => names?.join('\n') === first?.join('\n')) ? first : undefined;
  });
  /** Most dimensions that points have; images are not looked at by their axes. */
  readonly dim = $derived.by(() =>
    Math.max(2, ...this.#frames.flatMap((frame) => (frame.shape === undefined ? [frame.dim] : []))),
  );
  readonly hasImages = $derived.by(() => this.runs.some((run) => imageShapeOf(run) !== null));
  readonly hasPoints = $derived.by(() => this.runs.some((run) => imageShapeOf(run) === null));

  /** Runs that others can be held against: what starts from noise of the sample's shape. */
  readonly offered = $derived.by(() =>
    this.rows.filter((row) => this.#sharesNoise(row)).map(({ run }) => run),
  );
  readonly hasTeacher = $derived.by(() => this.rows.some(({ method }) => method.needsTeacher));
  /** What samples are held against: the teacher, a row, or nothing. */
  readonly against = $derived.by((): { kind: 'none' } | { kind: 'teacher' } | { kind: 'run'; row: Row } => {
    const { against, hasDifference } = this.#settings;
    if (!hasDifference) return { kind: 'none' };
    const row = this.rows.find(({ run }) => run.id === against);
    return row === undefined ? { kind: 'teacher' } : { kind: 'run', row };
  });

  /** By row, then by column. */
  readonly cells = $derived.by((): CellState[][] =>
    this.rows.map((row) => row.asks.map((ask, column) => this.#cellOf(row, ask, column))),
  );
  /** Length at the upper end of the colours of all cells. */
  readonly largest = $derived.by(() =>
    largestOf(
      this.cells
        .flat()
        .flatMap((cell) => (cell.kind === 'samples' && cell.difference ? [cell.difference] : [])),
    ),
  );

  readonly references = $derived.by((): Reference[] => [
    ...this.#dataReferences(),
    ...this.#teacherReferences(),
  ]);
  /** What cells show until someone moves them. */
  readonly wholeSight = $derived.by(() =>
    sightOver(
      this.#datasets.flatMap((key) => {
        const points = this.#data.get(key)?.points ?? null;
        if (points === null) return [];
        const { count, dim, values } = points;
        return [extentOf({ count, dim: 2, values: onPlane(values, dim, this.#settings.axes) })];
      }),
    ),
  );
  readonly dataError = $derived.by(
    () => [...this.#data.values()].find(({ error }) => error !== null)?.error ?? null,
  );
  readonly #datasets = $derived.by(() => [
    ...new Set(this.runs.map((run) => JSON.stringify(run.config.dataset))),
  ]);
  readonly #frames = $derived.by(() =>
    this.asks.flatMap((ask) => {
      const cell = this.#settings.comparison.get(ask);
      return cell?.kind === 'frame' ? [cell.frame] : [];
    }),
  );

  constructor(workbench: Workbench, scope: PaneScope, settings: CompareSettings) {
    this.#workbench = workbench;
    this.#scope = scope;
    this.#settings = settings;
  }

  /** Sets the effects up; to be called while a component is made. */
  follow(): void {
    const { connection } = this.#workbench;
    const { comparison, pinned } = this.#settings;
    $effect(() => {
      // A run that trains is shown as it was when it came, until someone renews it.
      for (const { id, status, step } of this.runs) {
        if (isActive(status) && !pinned.has(id)) untrack(() => pinned.set(id, step));
      }
    });
    const wanted = $derived(JSON.stringify(this.asks));
    $effect(() => {
      const { client } = connection;
      void wanted;
      untrack(() => comparison.want(client, this.asks));
    });
    $effect(() => () => comparison.want(null, []));
    const datasets = $derived(JSON.stringify(this.#datasets));
    $effect(() => {
      const { client } = connection;
      const { count } = this.#settings;
      const keys = JSON.parse(datasets) as string[];
      if (client === null) return;
      const stops = untrack(() =>
        keys.map((key) =>
          this.#pointsOf(key).show(client, JSON.parse(key) as DatasetChoice, count, dataSeed),
        ),
      );
      return () => stops.forEach((stop) => stop());
    });
  }

  /** Training step of the parameters that the row of a run shows. */
  stepOf(run: RunSummary): number {
    return isActive(run.status) ? (this.#settings.pinned.get(run.id) ?? run.step) : run.step;
  }

  /** Data of the run's own kind; null while they are awaited. */
  dataOf(run: RunSummary): PointSet | null {
    return this.#data.get(JSON.stringify(run.config.dataset))?.points ?? null;
  }

  #pointsOf(key: string): DatasetPoints {
    let points = this.#data.get(key);
    if (points === undefined) {
      points = new DatasetPoints();
      this.#data.set(key, points);
    }
    return points;
  }

  #frameOf(ask: CellAsk | null | undefined): ViewFrame | null {
    if (ask === null || ask === undefined) return null;
    const cell = this.#settings.comparison.get(ask);
    return cell?.kind === 'frame' ? cell.frame : null;
  }

  #cellOf(row: Row, ask: CellAsk | null, column: number): CellState {
    if (ask === null) return { kind: 'oneStep' };
    const { comparison } = this.#settings;
    const cell = comparison.get(ask);
    if (cell === null) return { kind: comparison.computing === keyOf(ask) ? 'computing' : 'waiting' };
    if (cell.kind === 'error') return cell;
    const { frame } = cell;
    const points = frame.arrays['points'] ?? new Float32Array();
    const none = (noDifference: string | null): CellState => ({
      kind: 'samples',
      frame,
      points,
      difference: null,
      noDifference,
    });
    const { against } = this;
    if (against.kind === 'none') return none(null);
    if (against.kind === 'run' && against.row.run.id === row.run.id) return none('the reference');
    if (!this.#sharesNoise(row)) return none('noise of its own');
    const to = against.kind === 'run' ? this.#endsOfRun(against.row, column) : this.#teacherEndsOf(row);
    if (to === null) return none(against.kind === 'teacher' ? this.#whyNoTeacher(row) : null);
    const difference = differenceOf(points, to, frame.dim);
    return difference === null
      ? none('other dimensions')
      : { kind: 'samples', frame, points, difference, noDifference: null };
  }

  /** At the same evaluations; what has one step is the same for all. */
  #endsOfRun({ asks }: Row, column: number): Float32Array | null {
    const ask = asks[column] ?? asks.find((each) => each !== null);
    return this.#frameOf(ask)?.arrays['points'] ?? null;
  }

  #teacherEndsOf(row: Row): Float32Array | null {
    const student = row.method.needsTeacher ? row : this.#studentOf(row);
    const ask = student?.asks.find((each) => each?.withTeacher === true);
    return this.#frameOf(ask)?.arrays['teacher'] ?? null;
  }

  /** Null while its end points are awaited. */
  #whyNoTeacher(row: Row): string | null {
    if (row.method.needsTeacher || this.#studentOf(row) !== undefined) return null;
    return this.#teaches(row) ? 'not under a class' : 'no teacher';
  }

  /** One who learns from this very run: then its teacher's end points are those of this run, exactly. */
  #studentOf({ run }: Row): Row | undefined {
    // Under a class, students may have learnt another guidance than the run is asked for.
    if (this.#settings.wanted.label !== null) return undefined;
    return this.rows.find((student) => isStudentOf(student, run));
  }

  #teaches({ run }: Row): boolean {
    return this.rows.some((student) => isStudentOf(student, run));
  }

  #sharesNoise({ noiseDim, run, asks }: Row): boolean {
    // What a data set says of its dimensions is of its default parameters; a frame has counted them.
    const frame = asks.map((ask) => this.#frameOf(ask)).find((each) => each !== null);
    const dim = frame?.dim ?? this.#workbench.catalog.dataset(run.config.dataset.id)?.dim;
    return noiseDim === null || noiseDim === dim;
  }

  #dataReferences(): Reference[] {
    return this.#datasets.map((key) => {
      const { id } = JSON.parse(key) as DatasetChoice;
      const title = this.#workbench.catalog.dataset(id)?.title ?? id;
      const points = this.#data.get(key)?.points ?? null;
      return {
        key: `data ${key}`,
        title,
        kind: 'data',
        dim: points?.dim ?? 2,
        shape: this.#shapeOf(key),
        points: points?.values ?? null,
      };
    });
  }

  /** Of images of a data set, as the runs that learn from it have them. */
  #shapeOf(dataset: string): readonly number[] | null {
    const run = this.runs.find(({ config }) => JSON.stringify(config.dataset) === dataset);
    return run === undefined ? null : imageShapeOf(run);
  }

  #teacherReferences(): Reference[] {
    const found = new Map<string, Reference>();
    for (const row of this.rows) {
      const { teacher = 'analytic', dataset } = row.run.config;
      if (!row.method.needsTeacher) continue;
      const key = `teacher ${teacher} ${JSON.stringify(dataset)}`;
      const points = this.#teacherEndsOf(row);
      if (found.has(key) && (found.get(key)?.points ?? null) !== null) continue;
      const title =
        this.#workbench.runs.get(teacher)?.name ?? (teacher === 'analytic' ? 'Exact velocity' : teacher);
      const dim = this.#frameOf(row.asks.find((ask) => ask?.withTeacher === true))?.dim ?? 2;
      const shape = imageShapeOf(row.run);
      found.set(key, { key, title, kind: 'teacher', dim, shape, points });
    }
    return [...found.values()];
  }
}

function isStudentOf({ method, run: { config } }: Row, teacher: RunSummary): boolean {
  return method.needsTeacher && config.teacher === teacher.id;
}

/** [H, W, C] of a run on images. */
export function imageShapeOf({ sampleShape }: Pick<RunSummary, 'sampleShape'>): readonly number[] | null {
  return sampleShape?.length === 3 ? sampleShape : null;
}
