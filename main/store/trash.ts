import fs from 'node:fs';
import { basename, join } from 'node:path';
import { WorkbenchError } from '#contract/errors.ts';
import { syncFolder } from './atomic-file.ts';
import { storeErrorFrom } from './errors.ts';
import type { Home } from './home.ts';
import { liveLockOwner, lockedBy } from './lock.ts';
import { isRunId } from './run-folder.ts';
import { readRunFile } from './run-file.ts';

/**
 * Moves a run's folder to the trash folder, whole.
 *
 * @returns where it lies now
 * @throws WorkbenchError `run/not-found`, `run/locked` while it is trained, `store/...`
 */
export function moveToTrash(home: Home, id: string): string {
  const folder = join(home.runs, id);
  if (!isRunId(id) || !fs.existsSync(folder)) throw missing('a run', id, home.runs);
  const owner = liveLockOwner(folder);
  if (owner !== null) throw lockedBy(owner, folder);
  return moveFree(folder, home.trash, id);
}

/**
 * Moves a folder of the trash back among the runs, under the run's own id.
 *
 * @param trashed  its path or its name in the trash
 * @returns the run's id
 * @throws WorkbenchError `run/not-found`, `run/exists`, `run/bad-file`, `store/...`
 */
export function restoreFromTrash(home: Home, trashed: string): string {
  const name = basename(trashed);
  const folder = join(home.trash, name);
  if (!isRunId(name) || !fs.existsSync(folder)) throw missing('a run in the trash', name, home.trash);
  const { id } = readRunFile(folder);
  if (!isRunId(id) || fs.existsSync(join(home.runs, id))) {
    throw new WorkbenchError('run/exists', `Expected no run ${id} yet, found one in ${home.runs}`, { id });
  }
  moveFree(folder, home.runs, id);
  return id;
}

/**
 * Moves a file of the data folder, e.g. an imported dataset, to the trash folder.
 *
 * @returns where it lies now
 * @throws WorkbenchError `store/...`
 */
export function fileToTrash(home: Home, path: string): string {
  return moveFree(path, home.trash, basename(path));
}

/**
 * Moves a file of the trash back to `path`.
 *
 * @throws WorkbenchError `store/not-in-trash`, `store/exists`, `store/...`
 */
export function fileFromTrash(home: Home, trashed: string, folder: string): string {
  const name = basename(trashed);
  const file = join(home.trash, name);
  if (!fs.existsSync(file)) {
    throw new WorkbenchError(
      'store/not-in-trash',
      `Expected ${JSON.stringify(name)} in ${home.trash}, found none`,
    );
  }
  // A second copy in the trash has a number behind its name: "points.npy.2".
  const target = join(folder, name.replace(/\.\d+$/, ''));
  if (fs.existsSync(target)) {
    throw new WorkbenchError('store/exists', `Expected no ${basename(target)} yet, found one in ${folder}`);
  }
  return moveFree(file, folder, basename(target));
}

/** Renames `folder` to the first free of `name`, `name.2`, `name.3`, ... in `to`. */
function moveFree(folder: string, to: string, name: string): string {
  try {
    fs.mkdirSync(to, { recursive: true });
    let target = join(to, name);
    for (let copy = 2; fs.existsSync(target); copy++) target = join(to, `${name}.${copy}`);
    fs.renameSync(folder, target);
    syncFolder(to);
    return target;
  } catch (error) {
    throw storeErrorFrom(error, to);
  }
}

function missing(what: string, name: string, folder: string): WorkbenchError {
  return new WorkbenchError(
    'run/not-found',
    `Expected ${what} named ${JSON.stringify(name)}, found none in ${folder}`,
    {
      id: name,
      folder,
    },
  );
}
