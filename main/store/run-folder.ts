import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { WarningSink } from '#contract/errors.ts';
import type { FilmIndex, FilmPage } from '#contract/frames.ts';
import type { RunConfig, RunStatus, RunSummary, ScalarSeries } from '#contract/runs.ts';
import { removeTemp, syncFolder, tempPathFor } from './atomic-file.ts';
import { CheckpointShelf } from './checkpoint-shelf.ts';
import { storeErrorFrom } from './errors.ts';
import { readFilmIndex, readFilmPage } from './film-file.ts';
import { liveLockOwner } from './lock.ts';
import { copyModel, isModelFolder } from './model-folder.ts';
import { readMetrics } from './metrics-log.ts';
import { type Making, newRunFile, readRunFile, trainedOnOf, writeRunFile } from './run-file.ts';
import type { RunFile } from './run-file.ts';

/** Folders of what a run learns from, copied inside its own. */
const TEACHER = 'teacher';
const ENCODER = 'encoder';
/** What a run consists of beside run.json. */
const PARTS = ['metrics.ndjson', 'checkpoints', 'frames', 'samples', TEACHER, ENCODER];

/** What may change in a run after it was made. */
export type RunChange = Partial<
  Pick<
    RunFile,
    | 'name'
    | 'tags'
    | 'status'
    | 'step'
    | 'error'
    | 'latest'
    | 'executor'
    | 'device'
    | 'trainedOn'
    | 'resumedOn'
  >
>;

/** Folders of what a run learns from. */
interface LearntFrom {
  readonly teacher?: { readonly path: string } | null;
  readonly encoder?: { readonly path: string } | null;
}

/**
 * One run on disk, anywhere: `run.json`, `metrics.ndjson`, `checkpoints/`. Opening and reading write
 * nothing, so a run in a read-only folder or in someone else's can be looked at.
 */
export class RunFolder {
  readonly path: string;
  readonly checkpoints: CheckpointShelf;
  private current: RunFile;
  private readonly onChange: (run: RunFolder) => void;

  private constructor(path: string, file: RunFile, onChange: (run: RunFolder) => void) {
    this.path = path;
    this.current = file;
    this.onChange = onChange;
    this.checkpoints = new CheckpointShelf(join(path, 'checkpoints'), {
      run: file.id,
      method: file.config.method,
      configHash: file.configHash,
    });
  }

  /**
   * Makes `runs/<id>`. The folder gets its name only when it is complete, so a run that can be seen
   * can be read.
   *
   * @param teacher  folder of a run or an imported model of which a copy is kept
   * @param encoder  folder of a run, the same
   * @throws WorkbenchError `store/...`; nothing is left behind
   */
  static create(
    runs: string,
    config: RunConfig,
    { teacher = null, encoder = null, ...making }: Making & LearntFrom,
    onChange: (run: RunFolder) => void = () => {},
  ): RunFolder {
    const now = new Date();
    const id = newRunId(now);
    const file = newRunFile(id, config, making, now);
    const path = join(runs, id);
    const temp = tempPathFor(path);
    try {
      fs.mkdirSync(join(temp, 'checkpoints'), { recursive: true });
      writeRunFile(temp, file);
      if (teacher !== null) copyLearntFrom(teacher.path, join(temp, TEACHER));
      if (encoder !== null) copyLearntFrom(encoder.path, join(temp, ENCODER));
      fs.renameSync(temp, path);
      syncFolder(runs);
    } catch (error) {
      removeTemp(temp);
      throw storeErrorFrom(error, runs);
    }
    return new RunFolder(path, file, onChange);
  }

  /**
   * Copies a run from elsewhere, under an id of its own.
   * @throws WorkbenchError `run/not-found`, `run/bad-file`, ..., `store/...`; nothing is left behind
   */
  static adopt(runs: string, from: string, onChange: (run: RunFolder) => void = () => {}): RunFolder {
    const file = readRunFile(from);
    const id = newRunId(new Date());
    const temp = tempPathFor(join(runs, id));
    try {
      fs.mkdirSync(temp);
      for (const name of PARTS) {
        const part = join(from, name);
        if (!fs.existsSync(part)) continue;
        if (name === TEACHER && linkedFolder(part) !== part) {
          copyLearntFrom(linkedFolder(part), join(temp, name));
          continue;
        }
        fs.cpSync(part, join(temp, name), { recursive: true, filter: isPlain });
      }
      // Nobody trains the copy, whatever the original says.
      const isBusy = ['queued', 'running', 'paused'].includes(file.status);
      writeRunFile(temp, { ...file, id, ...(isBusy ? { status: 'stopped' as const } : {}) });
      fs.renameSync(temp, join(runs, id));
      syncFolder(runs);
    } catch (error) {
      removeTemp(temp);
      throw storeErrorFrom(error, runs);
    }
    return RunFolder.open(join(runs, id), onChange);
  }

  /** @throws WorkbenchError `run/not-found`, `run/bad-file`, `run/newer-format`, `run/config-changed` */
  static open(path: string, onChange: (run: RunFolder) => void = () => {}): RunFolder {
    const folder = resolve(path);
    return new RunFolder(folder, readRunFile(folder), onChange);
  }

  get id(): string {
    return basename(this.path);
  }

  /** What run.json said when this was last read or written. */
  get file(): Readonly<RunFile> {
    return this.current;
  }

  get metricsPath(): string {
    return join(this.path, 'metrics.ndjson');
  }

  get samplesPath(): string {
    return join(this.path, 'samples');
  }

  get filmPath(): string {
    return join(this.path, 'frames', 'film.bin');
  }

  /** The teacher that this run keeps a copy of. @throws WorkbenchError `run/not-found` without one */
  teacher(): RunFolder {
    return RunFolder.open(this.teacherPath);
  }

  /** The folder of that copy; a run's, unless {@link isModelFolder}. */
  get teacherPath(): string {
    return linkedFolder(join(this.path, TEACHER));
  }

  /** The encoder that this run keeps a copy of. @throws WorkbenchError `run/not-found` without one */
  encoder(): RunFolder {
    return RunFolder.open(join(this.path, ENCODER));
  }

  /** What the film holds; empty where none is kept. @throws WorkbenchError `store/io` */
  filmIndex(): FilmIndex {
    return { run: basename(this.path), ...readFilmIndex(this.filmPath) };
  }

  /** @throws WorkbenchError `film/out-of-range`, `store/io` */
  filmPage(from: number, count: number, warn: WarningSink): FilmPage {
    return { run: basename(this.path), ...readFilmPage(this.filmPath, from, count, warn) };
  }

  /** Every recorded scalar. @throws WorkbenchError `store/io` */
  metrics(warn: WarningSink): ScalarSeries[] {
    return readMetrics(this.metricsPath, warn);
  }

  summary(): RunSummary {
    return summaryOf(this.path, this.current);
  }

  /**
   * Changes run.json, atomically. The file is read again first: another process may have renamed
   * the run meanwhile.
   */
  update(change: RunChange): RunSummary {
    const next = { ...readRunFile(this.path), ...change, updatedAt: new Date().toISOString() };
    writeRunFile(this.path, next);
    this.current = next;
    this.onChange(this);
    return this.summary();
  }
}

/**
 * A run keeps what it learns from: its numbers must not change, nor be lost, with a run of their
 * own. The optimiser's moments come along; they are part of a file whose hash is known.
 */
function copyLearntFrom(from: string, to: string): void {
  if (isModelFolder(from)) return copyModel(from, to);
  fs.mkdirSync(to);
  for (const name of ['run.json', 'checkpoints']) {
    fs.cpSync(join(from, name), join(to, name), { recursive: true });
  }
}

/**
 * Runs that ship share what they learn from: in place of a copy, a file with the name of the run beside.
 * @param path  of the copy, or of that file
 */
function linkedFolder(path: string): string {
  if (fs.statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return path;
  const name = fs.readFileSync(path, 'utf8').trim();
  return isRunId(name) ? join(dirname(dirname(path)), name) : path;
}

/** A link could bring in any file of the machine. */
function isPlain(path: string): boolean {
  const stat = fs.lstatSync(path);
  return stat.isFile() || stat.isDirectory();
}

/** The summary of a run as the contract has it; what only a running engine knows is null. */
export function summaryOf(path: string, file: RunFile): RunSummary {
  return {
    // The folder's name is what finds it; a copied folder is a run of its own.
    id: basename(path),
    name: file.name,
    tags: file.tags,
    isDemo: false,
    classes: file.classes,
    ...(file.sampleShape === undefined ? {} : { sampleShape: file.sampleShape }),
    folder: path,
    config: file.config,
    status: statusNow(path, file.status),
    step: file.step,
    createdAt: file.createdAt,
    updatedAt: file.updatedAt,
    error: file.error,
    latest: file.latest,
    stepsPerSec: null,
    etaSecs: null,
    executor: file.executor,
    device: file.device,
    trainedOn: trainedOnOf(file),
  };
}

/** A run that says it is being trained while nobody holds its lock was cut off. */
export function statusNow(path: string, stored: RunStatus): RunStatus {
  if (stored !== 'running' && stored !== 'paused') return stored;
  return liveLockOwner(path) === null ? 'interrupted' : stored;
}

/** Whether a name can be a run's: one plain path segment. Ids come from remote peers. */
export function isRunId(id: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(id);
}

/** UTC to the millisecond, so that ids sort by age, and 32 random bits: `20260131T235959123-9f86d081`. */
function newRunId(now: Date): string {
  const time = now.toISOString().replace(/[-:.Z]/g, '');
  return `${time}-${randomBytes(4).toString('hex')}`;
}
