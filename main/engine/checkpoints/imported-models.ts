/** Networks that a person imported from checkpoints: a folder each among the models of the data folder. */
import fs from 'node:fs';
import path from 'node:path';
import type { ModelChange, ModelSummary } from '#contract/checkpoints.ts';
import type { WarningSink } from '#contract/errors.ts';
import { WorkbenchError, wireErrorFrom } from '#contract/errors.ts';
import type { CancelSignal } from '#contract/workbench.ts';
import { namesIn, removeTemp, syncFolder, tempPathFor } from '../../store/atomic-file.ts';
import { storeErrorFrom } from '../../store/errors.ts';
import type { Home } from '../../store/home.ts';
import {
  type ModelAbout,
  isModelFolder,
  readModel,
  weightsPath,
  writeModelFile,
} from '../../store/model-folder.ts';
import { fileFromTrash, fileToTrash } from '../../store/trash.ts';
import { Bell } from '../events/bell.ts';
import { ANALYTIC } from '../plan/teacher.ts';

/** How often a watcher looks for models of other processes. */
const RESCAN_MS = 2000;

export class ImportedModels {
  private readonly home: Home;
  private readonly isTaken: (id: string) => boolean;
  private readonly warn: WarningSink;
  private readonly changes = new Bell();
  /** By id, with the stamp of the file they were read from. */
  private readonly known = new Map<string, { readonly stamp: string; readonly model: ModelSummary }>();

  /** @param isTaken  ids that runs and demos have: an id stands for one thing alone */
  constructor(home: Home, isTaken: (id: string) => boolean, warn: WarningSink) {
    this.home = home;
    this.isTaken = isTaken;
    this.warn = warn;
  }

  /**
   * An empty folder on the same file system, to write `weights.safetensors` into and then
   * {@link adopt}. What a crash leaves of it is swept away by the next engine.
   *
   * @throws WorkbenchError `store/...`
   */
  newFolder(): string {
    const folder = tempPathFor(path.join(this.home.models, 'import'));
    try {
      fs.mkdirSync(folder, { recursive: true });
    } catch (error) {
      throw storeErrorFrom(error, this.home.models);
    }
    return folder;
  }

  /**
   * Makes a finished folder a model, by one rename. Its id follows from its name.
   *
   * @param tempFolder  what {@link newFolder} gave, with the weights in it; gone afterwards, whatever
   *   happens
   * @throws WorkbenchError `model/not-found` without weights, `store/...`
   */
  adopt(tempFolder: string, about: ModelAbout): ModelSummary {
    try {
      const weights = weightsPath(tempFolder);
      if (!fs.existsSync(weights)) {
        throw new WorkbenchError('model/not-found', `Expected ${weights}, found no such file`);
      }
      syncFile(weights);
      writeModelFile(tempFolder, { ...about, createdAt: new Date().toISOString() });
      const id = this.freeId(about.name);
      const folder = path.join(this.home.models, id);
      fs.renameSync(tempFolder, folder);
      syncFolder(this.home.models);
      this.changes.ring();
      return readModel(folder);
    } catch (error) {
      removeTemp(tempFolder);
      throw storeErrorFrom(error, this.home.models);
    }
  }

  /** Newest first; a folder that cannot be read is passed over and reported. */
  list(): ModelSummary[] {
    const models = namesIn(this.home.models).flatMap((id) => {
      try {
        return isModelId(id) ? (this.read(id) ?? []) : [];
      } catch (error) {
        const { code, message } = wireErrorFrom(error);
        this.warn({ code, message });
        return [];
      }
    });
    return models.sort((a, b) => b.createdAt.localeCompare(a.createdAt) || a.id.localeCompare(b.id));
  }

  /** Null for an id that is no model's. @throws WorkbenchError `model/bad-file` */
  find(id: string): ModelSummary | null {
    return isModelId(id) ? this.read(id) : null;
  }

  /** @throws WorkbenchError `model/not-found`, `model/bad-file` */
  get(id: string): ModelSummary {
    const found = this.find(id);
    if (found !== null) return found;
    const known = this.list().map((model) => model.id);
    throw new WorkbenchError(
      'model/not-found',
      `model: expected one of ${known.join(', ') || 'none, for none was imported'}, found ${JSON.stringify(id)}`,
      { field: 'model', known },
    );
  }

  rename(id: string, name: string): ModelSummary {
    const model = this.get(id);
    writeModelFile(model.folder, { ...model, name });
    this.changes.ring();
    return this.get(id);
  }

  /** Moves it to the trash folder. @returns where it lies now */
  remove(id: string): string {
    const trashed = fileToTrash(this.home, this.get(id).folder);
    this.changes.ring();
    return trashed;
  }

  /** @throws WorkbenchError `model/not-found` if it is no model, `store/not-in-trash`, `store/exists` */
  restore(trashed: string): ModelSummary {
    const inTrash = path.join(this.home.trash, path.basename(trashed));
    if (fs.existsSync(inTrash)) readModel(inTrash);
    const folder = fileFromTrash(this.home, trashed, this.home.models);
    this.changes.ring();
    return this.get(path.basename(folder));
  }

  /** Each model as it is, then each that changes, also by another process. */
  async *watch(signal: CancelSignal): AsyncIterable<ModelChange> {
    const sent = new Map<string, string>();
    while (!signal.aborted) {
      const heard = this.changes.rings;
      const models = this.list();
      for (const model of models) {
        const text = JSON.stringify(model);
        if (sent.get(model.id) === text) continue;
        sent.set(model.id, text);
        yield { kind: 'model', model };
        if (signal.aborted) return;
      }
      const gone = [...sent.keys()].filter((id) => !models.some((model) => model.id === id));
      for (const id of gone) {
        sent.delete(id);
        yield { kind: 'removed', id };
        if (signal.aborted) return;
      }
      if (this.changes.rings === heard) await this.changes.wait(signal, RESCAN_MS);
    }
  }

  private read(id: string): ModelSummary | null {
    const folder = path.join(this.home.models, id);
    const stat = fs.statSync(path.join(folder, 'model.json'), { throwIfNoEntry: false });
    if (stat === undefined || !isModelFolder(folder)) return null;
    const stamp = `${stat.ino} ${stat.mtimeMs} ${stat.size}`;
    const known = this.known.get(id);
    if (known?.stamp === stamp) return known.model;
    const model = readModel(folder);
    this.known.set(id, { stamp, model });
    return model;
  }

  private freeId(name: string): string {
    const base = idFrom(name);
    const isUsed = (id: string): boolean =>
      id === ANALYTIC || fs.existsSync(path.join(this.home.models, id)) || this.isTaken(id);
    let id = base;
    for (let n = 2; isUsed(id); n++) id = `${base}-${n}`;
    return id;
  }
}

/** `SiT-XL/2 (ema)` to `sit-xl-2-ema`: one plain path segment, whatever a peer sends. */
function idFrom(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 60)
    .replace(/^-+|-+$/g, '');
  return plain === '' ? 'model' : plain;
}

/** Temporary folders begin with a dot and are nobody's. */
function isModelId(id: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,79}$/.test(id);
}

function syncFile(file: string): void {
  const descriptor = fs.openSync(file, 'r+');
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}
