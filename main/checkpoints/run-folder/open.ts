/** A run of ours as a checkpoint: the newest of its files that is whole, and what `run.json` says. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { WorkbenchError } from '#contract/errors.ts';
import type { Warning } from '#contract/errors.ts';
import { fileSource } from '../byte-source.ts';
import type { ByteSource } from '../byte-source.ts';
import { PIECE_BYTES } from '../checkpoint.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { refusal } from '../refusal.ts';
import { openSafetensors } from '../safetensors/index.ts';
import { factsOf } from './facts.ts';

const FILE_NAME = /^step-(\d{1,15})\.safetensors$/;
const MAX_JSON_BYTES = 4 * 2 ** 20;

/** Whether this folder is a run of ours. */
export function isRunFolder(folder: string): boolean {
  return fs.existsSync(path.join(folder, 'run.json')) && fs.existsSync(path.join(folder, 'checkpoints'));
}

/** The run folder that a file is a checkpoint of, by where it lies; null if it is of none. */
export function runFolderOf(file: string): string | null {
  const shelf = path.dirname(path.resolve(file));
  const isCheckpoint = FILE_NAME.test(path.basename(file)) && path.basename(shelf) === 'checkpoints';
  return isCheckpoint && isRunFolder(path.dirname(shelf)) ? path.dirname(shelf) : null;
}

/**
 * Opens a run's checkpoint: the one that is asked for, or the newest whose bytes are those that were
 * saved; those that are damaged are passed over with a warning.
 *
 * @param file  base name of one of its checkpoints, the newest good one if left out
 * @throws WorkbenchError `checkpoint/run-empty` where nothing was saved, `run-damaged` where nothing
 *   is whole, `run-file` for a run.json that is none
 */
export function openRunFolder(folder: string, file?: string): Checkpoint {
  const facts = factsOf(readJson(path.join(folder, 'run.json'), 'run-file'));
  const shelf = path.join(folder, 'checkpoints');
  const hashes = readHashes(shelf);
  const files = file === undefined ? newestFirst(shelf) : [file];
  const warnings: Warning[] = [];
  for (const name of files) {
    try {
      const inner = openWhole(path.join(shelf, name), hashes.get(name));
      return { ...inner, format: 'fewstep-run', facts, warnings };
    } catch (error) {
      if (!(error instanceof WorkbenchError) || file !== undefined) throw error;
      warnings.push({
        code: error.code,
        message: `${name} is damaged; took the one before. ${error.message}`,
      });
    }
  }
  const where = path.basename(folder);
  if (files.length === 0) throw refusal('run-empty', where, 'a saved checkpoint', 'none');
  throw refusal('run-damaged', where, 'one whole checkpoint', `${files.length}, all damaged`);
}

function openWhole(file: string, sha256: string | undefined): Checkpoint {
  const source = fileSource(file);
  try {
    const found = sha256 === undefined ? undefined : hashOf(source);
    if (found !== sha256) throw refusal('run-damaged', source.name, `SHA-256 ${sha256}`, `${found}`);
    return openSafetensors(source);
  } catch (error) {
    source.close();
    throw error;
  }
}

function hashOf(source: ByteSource): string {
  const hash = createHash('sha256');
  for (let at = 0; at < source.size; at += PIECE_BYTES) {
    hash.update(source.read(at, Math.min(PIECE_BYTES, source.size - at)));
  }
  return hash.digest('hex');
}

function newestFirst(shelf: string): string[] {
  const stepOf = (name: string) => Number(FILE_NAME.exec(name)?.[1] ?? -1);
  return namesIn(shelf)
    .filter((name) => FILE_NAME.test(name))
    .sort((a, b) => stepOf(b) - stepOf(a));
}

function namesIn(shelf: string): string[] {
  try {
    return fs.readdirSync(shelf);
  } catch (error) {
    const { code = 'unreadable' } = error as NodeJS.ErrnoException;
    throw refusal('run-file', path.basename(shelf), 'a readable folder of checkpoints', code);
  }
}

/** By file, the hash it was saved with; nothing where the manifest is missing or damaged. */
function readHashes(shelf: string): Map<string, string> {
  const hashes = new Map<string, string>();
  let manifest: unknown;
  try {
    manifest = readJson(path.join(shelf, 'manifest.json'), 'run-manifest');
  } catch (error) {
    if (error instanceof WorkbenchError) return hashes;
    throw error;
  }
  const { checkpoints } = manifest as { checkpoints?: unknown };
  if (!Array.isArray(checkpoints)) return hashes;
  for (const entry of checkpoints as ({ file?: unknown; sha256?: unknown } | null)[]) {
    if (typeof entry?.file === 'string' && typeof entry.sha256 === 'string')
      hashes.set(entry.file, entry.sha256);
  }
  return hashes;
}

function readJson(file: string, what: string): object {
  const source = fileSource(file);
  try {
    if (source.size > MAX_JSON_BYTES)
      throw refusal(what, source.name, `at most ${MAX_JSON_BYTES} bytes`, `${source.size}`);
    const value: unknown = JSON.parse(Buffer.from(source.read(0, source.size)).toString('utf8'));
    if (typeof value === 'object' && value !== null) return value;
  } catch (error) {
    if (error instanceof WorkbenchError) throw error;
  } finally {
    source.close();
  }
  throw refusal(what, source.name, 'a JSON object', 'something else');
}
