/** The files that an import brings: those named, and those in the folders named. */
import fs from 'node:fs';
import path from 'node:path';
import { WorkbenchError } from '#contract/errors.ts';

/** A file or a folder that a person named. */
export interface ImageSource {
  /** Absolute. */
  readonly path: string;
  /** What it is called, with the folders that it lies in as far as they are known: `pets/cats/1.png`. */
  readonly name: string;
}

const MOST_FILES = 1_000_000;
const MOST_DEPTH = 16;

/**
 * Files in the order of their names, those of folders with all that lies in these. Links in folders are
 * not followed: they could lead anywhere.
 *
 * @throws WorkbenchError `dataset/no-file`, `dataset/too-many-files`
 */
export function filesOf(sources: readonly ImageSource[]): ImageSource[] {
  const files: ImageSource[] = [];
  for (const source of sources) {
    const stats = fs.statSync(source.path, { throwIfNoEntry: false });
    if (stats?.isDirectory() === true) visit(source, MOST_DEPTH);
    else if (stats?.isFile() === true) files.push(source);
    else {
      throw new WorkbenchError('dataset/no-file', `${source.name}: expected a file or a folder, found none`);
    }
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));

  function visit(folder: ImageSource, depth: number): void {
    for (const entry of entriesOf(folder)) {
      const inside = { path: path.join(folder.path, entry.name), name: `${folder.name}/${entry.name}` };
      if (entry.isDirectory() && depth > 1 && !isHidden(entry.name)) visit(inside, depth - 1);
      else if (entry.isFile()) files.push(inside);
      if (files.length > MOST_FILES) {
        throw new WorkbenchError(
          'dataset/too-many-files',
          `expected at most ${MOST_FILES} files, found more in ${folder.name}`,
        );
      }
    }
  }
}

/** What systems leave in folders beside what a person put there. */
function isHidden(name: string): boolean {
  return name.startsWith('.') || name === '__MACOSX';
}

function entriesOf(folder: ImageSource): fs.Dirent[] {
  try {
    return fs.readdirSync(folder.path, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new WorkbenchError(
      'dataset/no-file',
      `${folder.name}: expected a folder that can be read, found ${code}`,
    );
  }
}

/**
 * The class of each file: the first folder in which they differ; null for a file beside these folders. All
 * null where there are fewer than two such folders.
 */
export function classesOf(names: readonly string[]): (string | null)[] {
  const folders = names.map((name) => name.split('/').slice(0, -1));
  let shared = folders[0]?.length ?? 0;
  for (const folder of folders) {
    let same = 0;
    while (same < shared && folder[same] === folders[0]![same]) same++;
    shared = same;
  }
  const classes = folders.map((folder) => folder[shared] ?? null);
  return new Set(classes.filter((name) => name !== null)).size < 2 ? classes.map(() => null) : classes;
}
