/** Engines as they lie in the data folder: `<home>/engines/tensorflow/`, described by its `engine.json`. */
import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { type InstalledEngine, installedEngine } from '#contract/engines.ts';
import { tempPathFor } from '../../store/atomic-file.ts';
import { enginesFolder } from '../executors/executors.ts';

const ENGINE = 'tensorflow';

/** `engine.json`: where it lies is told by where it lies. */
export const engineRecord = installedEngine.omit({ folder: true }).extend({
  /** The addon, relative to the folder. */
  addon: z.string(),
});
export type EngineRecord = z.infer<typeof engineRecord>;

export function engineFolder(home: string): string {
  return path.join(enginesFolder(home), ENGINE);
}

/** What was downloaded and not used up. */
export function cacheFolder(home: string): string {
  return path.join(enginesFolder(home), '.cache');
}

export function installedEngines(home: string): InstalledEngine[] {
  const record = readRecord(engineFolder(home));
  if (record === null) return [];
  const { addon: _, ...engine } = record;
  return [{ ...engine, folder: engineFolder(home) }];
}

export function writeRecord(folder: string, record: EngineRecord): void {
  fs.writeFileSync(path.join(folder, 'engine.json'), `${JSON.stringify(record, null, 2)}\n`);
}

function readRecord(folder: string): EngineRecord | null {
  try {
    const text = fs.readFileSync(path.join(folder, 'engine.json'), 'utf8');
    return engineRecord.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** Gives a whole folder the engine's place, and takes away what was there. */
export function adoptFolder(built: string, home: string): void {
  const place = engineFolder(home);
  const old = tempPathFor(place);
  if (fs.existsSync(place)) fs.renameSync(place, old);
  try {
    fs.renameSync(built, place);
  } catch (error) {
    if (fs.existsSync(old)) fs.renameSync(old, place);
    throw error;
  }
  fs.rmSync(old, { recursive: true, force: true });
}

/**
 * Removes the engine and what was kept for its installation. A program that has it loaded keeps it to its end.
 *
 * @returns the bytes that became free
 */
export function removeEngine(home: string): { bytes: number } {
  const [place, cache] = [engineFolder(home), cacheFolder(home)];
  const bytes = folderBytes(place) + folderBytes(cache);
  if (fs.existsSync(place)) {
    // At once, so that nobody finds half of it.
    const old = tempPathFor(place);
    fs.renameSync(place, old);
    fs.rmSync(old, { recursive: true, force: true });
  }
  fs.rmSync(cache, { recursive: true, force: true });
  return { bytes };
}

/** Bytes of the files under a folder; 0 for one that is not there. Links count nothing. */
export function folderBytes(folder: string): number {
  if (!fs.existsSync(folder)) return 0;
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + fs.statSync(path.join(entry.parentPath, entry.name)).size, 0);
}
