import fs from 'node:fs';
import os from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { tempPathFor } from './atomic-file.ts';
import { storeErrorFrom } from './errors.ts';

/** The data folder and the places in it. */
export interface Home {
  root: string;
  runs: string;
  datasets: string;
  /** Networks of imported checkpoints, a folder each. */
  models: string;
  /** Where exported files go; made when the first one is written. */
  exports: string;
  trash: string;
  /** The first file of the index; everything in it can be rebuilt from `runs`. */
  index: string;
}

/**
 * Where the data lives: the given folder, else FEWSTEP_HOME, else the platform's place for data
 * (`$XDG_DATA_HOME/fewstep`, `~/Library/Application Support/Fewstep`, `%APPDATA%\Fewstep`).
 */
export function resolveHome(
  explicit?: string,
  env: Record<string, string | undefined> = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const named = explicit ?? env['FEWSTEP_HOME'];
  if (named !== undefined && named !== '') return resolve(named);
  if (platform === 'win32') {
    return join(env['APPDATA'] ?? join(os.homedir(), 'AppData', 'Roaming'), 'Fewstep');
  }
  if (platform === 'darwin') return join(os.homedir(), 'Library', 'Application Support', 'Fewstep');
  const xdg = env['XDG_DATA_HOME'];
  // The XDG specification says to ignore a relative path.
  const base = xdg !== undefined && isAbsolute(xdg) ? xdg : join(os.homedir(), '.local', 'share');
  return join(base, 'fewstep');
}

/**
 * Makes the data folder where it is missing and proves by writing that it can be written.
 *
 * @throws WorkbenchError `store/read-only`, `store/disk-full` or `store/not-a-folder` naming it
 */
export function openHome(explicit?: string): Home {
  const root = resolveHome(explicit);
  const home: Home = {
    root,
    runs: join(root, 'runs'),
    datasets: join(root, 'datasets'),
    models: join(root, 'models'),
    exports: join(root, 'exports'),
    trash: join(root, 'trash'),
    index: join(root, 'index.sqlite'),
  };
  try {
    for (const folder of [home.runs, home.datasets, home.models, home.trash]) makeFolder(folder);
    const probe = tempPathFor(join(root, 'probe'));
    fs.writeFileSync(probe, '1', { flag: 'wx' });
    fs.rmSync(probe);
  } catch (error) {
    throw storeErrorFrom(error, root);
  }
  return home;
}

/** A recursive mkdir on a read-only file system says ENOENT; a plain one says what is wrong. */
function makeFolder(path: string): void {
  try {
    fs.mkdirSync(path, { recursive: true });
  } catch (error) {
    if (fs.existsSync(dirname(path)) && !fs.existsSync(path)) fs.mkdirSync(path);
    throw error;
  }
}
