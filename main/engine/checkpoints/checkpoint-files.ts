/** The checkpoint files of the folder that a server was told to show. */
import fs from 'node:fs';
import path from 'node:path';
import type { CallOutput } from '#contract/workbench.ts';

const DEPTH = 4;
const FILES = 2000;
const EXTENSIONS = new Set(['.safetensors', '.pt', '.pth', '.ckpt', '.bin', '.npy', '.npz']);
/** An index of shards, and a run of ours: JSON by these names alone. */
const NAMES = /(\.safetensors\.index|^run)\.json$/;

/**
 * Files that may be checkpoints by their names, in the order of their paths; a folder's files before
 * those of the folders in it. Links are not followed.
 */
export function listFiles(folder: string | null): CallOutput<'checkpoints.files'> {
  if (folder === null) return { folder, files: [] };
  const files: CallOutput<'checkpoints.files'>['files'] = [];
  visit(folder, DEPTH);
  return { folder, files };

  function visit(place: string, depth: number): void {
    const entries = entriesOf(place);
    for (const entry of entries) {
      if (files.length >= FILES) return;
      const file = path.join(place, entry.name);
      const isCheckpoint = EXTENSIONS.has(path.extname(entry.name).toLowerCase()) || NAMES.test(entry.name);
      if (!entry.isFile() || !isCheckpoint) continue;
      const stats = fs.statSync(file, { throwIfNoEntry: false });
      if (stats !== undefined)
        files.push({ path: file, name: path.relative(folder!, file), bytes: stats.size });
    }
    if (depth === 1) return;
    for (const entry of entries) if (entry.isDirectory()) visit(path.join(place, entry.name), depth - 1);
  }
}

function entriesOf(folder: string): fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    // A folder that may not be looked into shows nothing.
    return [];
  }
}
