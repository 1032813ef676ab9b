/** Points that a person brought: kept as NPY files in the data folder, one dataset each. */
import fs from 'node:fs';
import path from 'node:path';
import { WorkbenchError } from '#contract/errors.ts';
import { type Dataset, importedDataset, npyFromPoints, pointsFromFile } from '../datasets/index.ts';
import { writeFileAtomic } from '../store/atomic-file.ts';

export class ImportedDatasets {
  private readonly folder: string;
  private readonly known = new Map<string, Dataset>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Every import, read once each; a file that cannot be read is passed over and reported. */
  list(warn: (warning: { code: string; message: string }) => void = () => {}): Dataset[] {
    const files = fs.existsSync(this.folder)
      ? fs.readdirSync(this.folder).filter((name) => name.endsWith('.npy'))
      : [];
    const ids = new Set(files.map((name) => name.slice(0, -'.npy'.length)));
    for (const id of this.known.keys()) if (!ids.has(id)) this.known.delete(id);
    for (const id of ids) {
      if (this.known.has(id)) continue;
      try {
        this.known.set(id, this.read(id));
      } catch (error) {
        if (!(error instanceof WorkbenchError)) throw error;
        warn({ code: error.code, message: error.message });
      }
    }
    return [...this.known.values()].sort((a, b) => a.id.localeCompare(b.id));
  }

  /**
   * Checks the file and keeps its points. A name that is taken gets a number.
   * @throws WorkbenchError `dataset/...` naming the row and column, `store/...`
   */
  add(fileName: string, bytes: Uint8Array): { id: string; count: number; dim: number } {
    const points = pointsFromFile(fileName, bytes);
    const base = idFrom(fileName);
    let id = base;
    for (let n = 2; fs.existsSync(this.pathOf(id)); n++) id = `${base}-${n}`;
    const dataset = importedDataset(id, path.basename(fileName).replace(/\.[^.]*$/, ''), points);
    fs.mkdirSync(this.folder, { recursive: true });
    writeFileAtomic(this.pathOf(id), npyFromPoints(points));
    this.known.set(id, dataset);
    return { id, count: points.count, dim: points.dim };
  }

  /** The file of an import. @throws WorkbenchError `dataset/not-imported` */
  fileOf(id: string): string {
    if (!this.list().some((dataset) => dataset.id === id)) {
      throw new WorkbenchError(
        'dataset/not-imported',
        `id: expected a data set that was imported or drawn, found ${JSON.stringify(id)}`,
        { field: 'id' },
      );
    }
    return this.pathOf(id);
  }

  /** The id that a file of the datasets folder has. */
  idOf(file: string): string {
    return path.basename(file, '.npy');
  }

  private read(id: string): Dataset {
    const file = this.pathOf(id);
    const points = pointsFromFile(path.basename(file), fs.readFileSync(file));
    return importedDataset(id, id, points);
  }

  private pathOf(id: string): string {
    return path.join(this.folder, `${id}.npy`);
  }
}

/** `My Points (2).csv` to `my-points-2`: one plain path segment, whatever a peer sends. */
function idFrom(fileName: string): string {
  const stem = path.basename(fileName).replace(/\.[^.]*$/, '');
  const plain = stem
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
  return plain === '' ? 'points' : plain;
}
