/**
 * Data that a person brought, one file each in the data folder: points as NPY, images and latents as
 * safetensors with an ending of their own.
 */
import fs from 'node:fs';
import path from 'node:path';
import { WorkbenchError } from '#contract/errors.ts';
import {
  type Dataset,
  IMAGE_FILE_ENDING,
  importedDataset,
  datasets,
  imageDatasets,
  keptDataset,
  npyFromPoints,
  pointsFromFile,
} from '../../datasets/index.ts';
import { sweepTemps, syncFolder, writeFileAtomic } from '../../store/atomic-file.ts';

const POINTS_ENDING = '.npy';
const ENDINGS = [POINTS_ENDING, IMAGE_FILE_ENDING] as const;

export class ImportedDatasets {
  readonly folder: string;
  private readonly known = new Map<string, Dataset>();

  constructor(folder: string) {
    this.folder = folder;
    // Of imports that were cut off.
    sweepTemps(folder);
  }

  /** Every import, read once each; a file that cannot be read is passed over and reported. */
  list(warn: (warning: { code: string; message: string }) => void = () => {}): Dataset[] {
    const files = fs.existsSync(this.folder)
      ? fs.readdirSync(this.folder).filter((name) => !name.startsWith('.') && endingOf(name) !== undefined)
      : [];
    const ids = new Set(files.map((name) => this.idOf(name)));
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
    const id = this.free(base);
    const dataset = importedDataset(id, path.basename(fileName).replace(/\.[^.]*$/, ''), points);
    fs.mkdirSync(this.folder, { recursive: true });
    writeFileAtomic(path.join(this.folder, id + POINTS_ENDING), npyFromPoints(points));
    this.known.set(id, dataset);
    return { id, count: points.count, dim: points.dim };
  }

  /**
   * Takes a whole file of images or latents, which lies in the folder under another name.
   * @returns its id
   * @throws WorkbenchError `dataset/damaged`
   */
  adopt(file: string, name: string): string {
    const id = this.free(idFrom(`${name}.images`, 'images'));
    keptDataset(id, file);
    const place = path.join(this.folder, id + IMAGE_FILE_ENDING);
    fs.renameSync(file, place);
    syncFolder(this.folder);
    this.known.set(id, keptDataset(id, place));
    return id;
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
    return path.basename(file, endingOf(file));
  }

  private free(base: string): string {
    let id = base;
    for (let n = 2; this.isTaken(id); n++) id = `${base}-${n}`;
    return id;
  }

  private isTaken(id: string): boolean {
    return (
      ENDINGS.some((ending) => fs.existsSync(path.join(this.folder, id + ending))) ||
      [...datasets, ...imageDatasets].some((built) => built.id === id)
    );
  }

  private read(id: string): Dataset {
    const file = this.pathOf(id);
    if (file.endsWith(IMAGE_FILE_ENDING)) return keptDataset(id, file);
    const points = pointsFromFile(path.basename(file), fs.readFileSync(file));
    return importedDataset(id, id, points);
  }

  private pathOf(id: string): string {
    const image = path.join(this.folder, id + IMAGE_FILE_ENDING);
    return fs.existsSync(image) ? image : path.join(this.folder, id + POINTS_ENDING);
  }
}

function endingOf(file: string): string | undefined {
  return ENDINGS.find((ending) => file.endsWith(ending));
}

/** `My Points (2).csv` to `my-points-2`: one plain path segment, whatever a peer sends. */
function idFrom(fileName: string, nameless = 'points'): string {
  const stem = path.basename(fileName).replace(/\.[^.]*$/, '');
  const plain = stem
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
  return plain === '' ? nameless : plain;
}
