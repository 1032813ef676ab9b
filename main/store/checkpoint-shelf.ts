import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { WorkbenchError } from '#contract/errors.ts';
import type { WarningSink } from '#contract/errors.ts';
import { readSafetensors, writeSafetensors } from '../checkpoints/safetensors/index.ts';
import type { CheckpointTensor } from '../checkpoints/safetensors/index.ts';
import { namesIn, readWhole, writeFileAtomic } from './atomic-file.ts';
import { errnoOf, storeErrorFrom } from './errors.ts';

const FILE_NAME = /^step-(\d{1,15})\.safetensors$/;
const MANIFEST = 'manifest.json';
/** One damaged file must never be the only one. */
const LEAST_KEPT = 2;

const manifestEntry = z.strictObject({
  step: z.int().min(0),
  file: z.string().regex(FILE_NAME),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().min(0),
  savedAt: z.iso.datetime(),
  /** What `best` means: the smallest score stays. Null where quality was not measured. */
  score: z.number().nullable(),
});
const manifest = z.strictObject({ format: z.literal(1), checkpoints: z.array(manifestEntry) });

/** A checkpoint as the manifest knows it. */
export type CheckpointEntry = z.infer<typeof manifestEntry>;

/** A training state: what a run needs to go on from `step` as if it had never stopped. */
export interface TrainingState {
  step: number;
  /** Parameters, EMA, optimiser moments: every leaf of the state tree under its path. */
  tensors: ReadonlyMap<string, CheckpointTensor>;
  /** Where the counter-based random numbers stand, e.g. `{seed, step}`. */
  rng: Readonly<Record<string, number>>;
}

/** What every checkpoint of a run carries in its metadata. */
export interface CheckpointOrigin {
  run: string;
  method: string;
  configHash: string;
}

/** The checkpoints of one run: files of safetensors and a manifest with their hashes, written last. */
export class CheckpointShelf {
  readonly folder: string;
  private readonly origin: CheckpointOrigin;

  constructor(folder: string, origin: CheckpointOrigin) {
    this.folder = folder;
    this.origin = origin;
  }

  /** What there is, oldest step first; files whose manifest is damaged are vouched for by their form. */
  entries(warn: WarningSink): CheckpointEntry[] {
    const path = join(this.folder, MANIFEST);
    let text: string;
    try {
      text = fs.readFileSync(path, 'utf8');
    } catch (error) {
      const errno = errnoOf(error);
      // No manifest yet: killed between the first file, which is whole, and its row.
      if (errno === 'ENOENT' || errno === 'ENOTDIR') return this.entriesFromFiles(warn);
      throw storeErrorFrom(error, path);
    }
    const parsed = manifest.safeParse(jsonOrNull(text));
    if (parsed.success) return parsed.data.checkpoints.sort((a, b) => a.step - b.step);
    warn({
      code: 'run/manifest-damaged',
      message: `Expected the list of checkpoints in ${path}, found it damaged; reading the files instead.`,
    });
    return this.entriesFromFiles(warn);
  }

  /**
   * Adds a checkpoint and lets go of old ones: the newest `keep`, two at least, and the one with the
   * smallest score stay. A process killed at any instant leaves the earlier ones readable.
   *
   * @param score  smaller is better; null or NaN where quality was not measured
   * @throws WorkbenchError `store/disk-full` before a byte is written, where there is not room for
   *   two of them; `store/...`
   */
  save(state: TrainingState, keep: number, score: number | null, warn: WarningSink): CheckpointEntry {
    const bytes = writeSafetensors(
      state.tensors,
      new Map([
        ['format', 'fewstep-checkpoint-1'],
        ['run', this.origin.run],
        ['method', this.origin.method],
        ['configHash', this.origin.configHash],
        ['step', String(state.step)],
        ['rng', JSON.stringify(state.rng)],
      ]),
    );
    try {
      fs.mkdirSync(this.folder, { recursive: true });
    } catch (error) {
      throw storeErrorFrom(error, this.folder);
    }
    this.checkRoom(bytes.length);
    const entry: CheckpointEntry = {
      step: state.step,
      file: `step-${state.step}.safetensors`,
      sha256: sha256Of(bytes),
      bytes: bytes.length,
      savedAt: new Date().toISOString(),
      score: score !== null && Number.isFinite(score) ? score : null,
    };
    const others = this.entries(warn).filter(({ step }) => step !== entry.step);
    writeFileAtomic(join(this.folder, entry.file), bytes);
    const all = [...others, entry].sort((a, b) => a.step - b.step);
    this.publish(keptOf(all, keep, entry));
    return entry;
  }

  /**
   * The newest checkpoint whose bytes are those that were saved. A damaged one is reported and the
   * one before it taken.
   *
   * @returns null where none was ever saved
   * @throws WorkbenchError `run/no-good-checkpoint` where all are damaged
   */
  latestGood(warn: WarningSink): TrainingState | null {
    const entries = this.entries(warn);
    for (const entry of [...entries].reverse()) {
      try {
        return this.read(entry);
      } catch (error) {
        if (!(error instanceof WorkbenchError)) throw error;
        warn({
          code: 'run/checkpoint-damaged',
          message: `Passed over the checkpoint of step ${entry.step}: ${error.message}`,
        });
      }
    }
    if (entries.length === 0) return null;
    throw new WorkbenchError(
      'run/no-good-checkpoint',
      `Expected one undamaged checkpoint of ${entries.length}, found none: ${this.folder}`,
      { folder: this.folder, steps: entries.map(({ step }) => step) },
    );
  }

  /** @throws WorkbenchError `run/no-checkpoint` naming the steps there are, or that it is damaged */
  load(step: number, warn: WarningSink): TrainingState {
    const entries = this.entries(warn);
    const entry = entries.find((candidate) => candidate.step === step);
    if (entry !== undefined) return this.read(entry);
    const steps = entries.map((candidate) => candidate.step);
    throw new WorkbenchError(
      'run/no-checkpoint',
      `Expected a checkpoint of step ${step}, found those of ${steps.join(', ') || 'no step'}: ${this.folder}`,
      { folder: this.folder, step, steps },
    );
  }

  /** Forgets the checkpoints after `step`: what a run did after the point from which it is resumed. */
  dropAfter(step: number, warn: WarningSink): void {
    const entries = this.entries(warn);
    const kept = entries.filter((entry) => entry.step <= step);
    if (kept.length < entries.length) this.publish(kept);
  }

  /** Writes the manifest, then removes the files that it does not name. */
  private publish(entries: CheckpointEntry[]): void {
    const text = JSON.stringify({ format: 1, checkpoints: entries }, null, 2);
    writeFileAtomic(join(this.folder, MANIFEST), `${text}\n`);
    const named = new Set(entries.map(({ file }) => file));
    for (const name of namesIn(this.folder)) {
      if (FILE_NAME.test(name) && !named.has(name)) fs.rmSync(join(this.folder, name), { force: true });
    }
  }

  private read(entry: CheckpointEntry): TrainingState {
    const path = join(this.folder, entry.file);
    let bytes: Uint8Array;
    try {
      bytes = readWhole(path);
    } catch (error) {
      throw storeErrorFrom(error, path);
    }
    const found = sha256Of(bytes);
    if (found !== entry.sha256) {
      throw damaged(
        `${entry.bytes} bytes with SHA-256 ${entry.sha256.slice(0, 12)}`,
        `${bytes.length} with ${found.slice(0, 12)}`,
        path,
      );
    }
    return this.stateFrom(bytes, path, entry.step);
  }

  private stateFrom(bytes: Uint8Array, path: string, step: number): TrainingState {
    const { tensors, metadata } = readSafetensors(bytes, path);
    if (metadata.get('step') !== String(step)) {
      throw damaged(`the state of step ${step}`, `that of step ${metadata.get('step')}`, path);
    }
    if (metadata.get('configHash') !== this.origin.configHash) {
      throw damaged('a checkpoint of this config', 'one of another config', path);
    }
    const rng = z.record(z.string(), z.number()).safeParse(jsonOrNull(metadata.get('rng') ?? ''));
    if (!rng.success) throw damaged('the place of the random numbers', 'none', path);
    return { step, tensors, rng: rng.data };
  }

  private entriesFromFiles(warn: WarningSink): CheckpointEntry[] {
    const entries: CheckpointEntry[] = [];
    for (const file of namesIn(this.folder)) {
      const step = Number(FILE_NAME.exec(file)?.[1] ?? NaN);
      if (Number.isNaN(step)) continue;
      const path = join(this.folder, file);
      try {
        const bytes = readWhole(path);
        this.stateFrom(bytes, path, step);
        const savedAt = fs.statSync(path).mtime.toISOString();
        entries.push({ step, file, sha256: sha256Of(bytes), bytes: bytes.length, savedAt, score: null });
      } catch (error) {
        const reason = error instanceof WorkbenchError ? error : storeErrorFrom(error, path);
        if (!(reason instanceof WorkbenchError)) throw reason;
        warn({
          code: 'run/checkpoint-damaged',
          message: `Passed over the checkpoint of step ${step}: ${reason.message}`,
        });
      }
    }
    return entries.sort((a, b) => a.step - b.step);
  }

  private checkRoom(bytes: number): void {
    let free: number;
    try {
      const { bavail, bsize } = fs.statfsSync(this.folder);
      free = bavail * bsize;
    } catch {
      // A file system that does not tell its room still tells when it is full.
      return;
    }
    // Old and new stand side by side until the rename; the log and the index want room too.
    if (free >= 2 * bytes) return;
    throw new WorkbenchError(
      'store/disk-full',
      `Expected ${2 * bytes} bytes free on the disk for a checkpoint, found ${free}: ${this.folder}`,
      { path: this.folder, needed: 2 * bytes, free },
    );
  }
}

/** The newest `keep`, the best, and the one just saved, whatever its step. */
function keptOf(entries: CheckpointEntry[], keep: number, saved: CheckpointEntry): CheckpointEntry[] {
  const kept = new Set([...entries.slice(-Math.max(LEAST_KEPT, keep)), saved]);
  let best: CheckpointEntry | null = null;
  for (const entry of entries) {
    if (entry.score === null) continue;
    if (best === null || best.score === null || entry.score < best.score) best = entry;
  }
  if (best !== null) kept.add(best);
  return entries.filter((entry) => kept.has(entry));
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function damaged(expected: string, found: string, path: string): WorkbenchError {
  return new WorkbenchError('run/checkpoint-damaged', `Expected ${expected}, found ${found}: ${path}`, {
    path,
    expected,
    found,
  });
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
