import type { DesktopBridge, FileGrant } from '#contract/desktop.ts';
import { MOST_IMAGE_SOURCES } from '#contract/datasets.ts';
import type { ImageImport as ImportOptions, ImportedImages } from '#contract/datasets.ts';
import { WorkbenchError, wireErrorFrom } from '#contract/errors.ts';
import type { WireError } from '#contract/errors.ts';
import type { CatalogState } from './catalog.svelte.ts';
import type { Connection } from './connection.svelte.ts';
import { desktopBridge } from './desktop.svelte.ts';
import { sendFile } from './send-file.ts';

/** A file that a person brings, by its name with the folders that it lay in: `pets/cats/1.png`. */
export interface Brought {
  readonly name: string;
  readonly file: File;
}

type Sources = ImportOptions['sources'];
type Bridge = Pick<DesktopBridge, 'grantFile'>;

/** So many files are on their way at once; a server takes eight. */
const atOnce = 6;

/** An import of images: what was brought, how far it is, and what became of it. */
export class ImageImport {
  /** Whether its form is shown. */
  isOpen = $state(false);
  brought = $state.raw<readonly Brought[]>([]);
  /** A folder that the desktop app has granted, in place of files. */
  folder = $state.raw<FileGrant | null>(null);
  progress = $state.raw<{
    readonly stage: 'sending' | 'reading' | 'encoding';
    readonly done: number;
    readonly of: number;
  } | null>(null);
  result = $state.raw<ImportedImages | null>(null);
  error = $state.raw<WireError | null>(null);
  readonly #connection: Connection;
  readonly #catalog: Pick<CatalogState, 'load' | 'thumbs'>;
  readonly #bridge: Bridge | null;
  readonly #send: typeof sendFile;
  #stop: AbortController | null = null;

  constructor(
    connection: Connection,
    catalog: Pick<CatalogState, 'load' | 'thumbs'>,
    bridge: Bridge | null = desktopBridge(),
    send: typeof sendFile = sendFile,
  ) {
    this.#connection = connection;
    this.#catalog = catalog;
    this.#bridge = bridge;
    this.#send = send;
  }

  /** Shows the form for what was brought, or for what is to be chosen; an import that runs goes on. */
  open(brought: readonly Brought[] = [], folder: FileGrant | null = null): void {
    this.isOpen = true;
    if (this.progress !== null) return;
    this.brought = brought;
    this.folder = folder;
    this.result = null;
    this.error = null;
  }

  /** Cancels what runs: nothing of it stays. */
  close(): void {
    this.cancel();
    this.isOpen = false;
    this.brought = [];
    this.folder = null;
    this.result = null;
    this.error = null;
  }

  /** What is brought is sent or granted, then read; ends with a result or an error. */
  async start(options: Omit<ImportOptions, 'sources'>): Promise<void> {
    this.cancel();
    const stop = new AbortController();
    this.#stop = stop;
    this.error = null;
    this.result = null;
    try {
      const sources = await this.#sources(stop.signal);
      const result = await this.#import({ ...options, sources }, stop.signal);
      await this.#catalog.load();
      this.#catalog.thumbs.forget(result.id);
      if (this.#stop === stop) this.result = result;
    } catch (error) {
      if (this.#stop === stop) this.error = wireErrorFrom(error);
    }
    if (this.#stop === stop) this.cancel();
  }

  /** Ends what runs; the engine leaves nothing behind. */
  cancel(): void {
    this.#stop?.abort();
    this.#stop = null;
    this.progress = null;
  }

  async #sources(signal: AbortSignal): Promise<Sources> {
    if (this.folder !== null) {
      const { grant, name } = this.folder;
      return [{ source: { kind: 'grant', grant }, name }];
    }
    if (this.brought.length > MOST_IMAGE_SOURCES) {
      throw new WorkbenchError(
        'dataset/too-many-files',
        `Expected at most ${MOST_IMAGE_SOURCES} files, found ${this.brought.length}; the command line takes more: fewstep import-data FOLDER`,
      );
    }
    // The server takes no empty file, and there is nothing in it to be read.
    const files =
      this.#bridge === null ? this.brought.filter(({ file }) => file.size > 0) : [...this.brought];
    const of = Math.max(
      1,
      files.reduce((sum, { file }) => sum + file.size, 0),
    );
    let done = 0;
    this.progress = { stage: 'sending', done, of };
    const sources: Sources = [];
    const send = async (index: number): Promise<void> => {
      const { file, name } = files[index]!;
      const { grant } = await this.#granted(file, signal);
      sources[index] = { source: { kind: 'grant', grant }, name };
      done += file.size;
      if (!signal.aborted) this.progress = { stage: 'sending', done, of };
    };
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < files.length && !signal.aborted) await send(next++);
    };
    try {
      await Promise.all(Array.from({ length: atOnce }, worker));
    } catch (error) {
      next = files.length;
      throw error;
    }
    return sources;
  }

  #granted(file: File, signal: AbortSignal): Promise<FileGrant> {
    return this.#bridge === null ? this.#send(file, () => undefined, signal) : this.#bridge.grantFile(file);
  }

  #import(input: ImportOptions, signal: AbortSignal): Promise<ImportedImages> {
    const { client } = this.#connection;
    if (client === null) {
      return Promise.reject(new WorkbenchError('rpc/disconnected', 'The engine is not connected'));
    }
    return new Promise((resolve, reject) => {
      let result: ImportedImages | null = null;
      const cancelled = (): WorkbenchError => new WorkbenchError('rpc/cancelled', 'The import was cancelled');
      if (signal.aborted) {
        reject(cancelled());
        return;
      }
      const unlisten = client.listen(
        'datasets.importImages',
        input,
        ({ stage, done, of, result: made }) => {
          if (signal.aborted) return;
          result = made;
          this.progress = { stage, done, of };
        },
        (error) => {
          if (error !== null) reject(error);
          else if (result === null) reject(cancelled());
          else resolve(result);
        },
      );
      signal.addEventListener('abort', () => {
        unlisten();
        reject(cancelled());
      });
    });
  }
}

const pictureName = /\.(png|jpe?g|jfif|gif|bmp|webp|tiff?|avif|heic)$/i;
/** As MNIST and CIFAR are named. */
const arrayName = /(-ubyte|\.idx|_batch(_\d+)?\.bin|^(train|test)\.bin)(\.gz)?$/i;

/** Whether a file is brought to be trained on as images; what an NPZ holds its name does not tell. */
export function isOfImages(name: string): boolean {
  return pictureName.test(name) || arrayName.test(name);
}

/** Names of arrays of images, as they stand in the directory at the end of an NPZ file. */
const npzArrays = /(images|arr_0|x)\.npy/;
const directoryBytes = 4096;

/** Whether an NPZ file has an array that is called as images are. */
export async function holdsImages(file: File): Promise<boolean> {
  if (!/\.npz$/i.test(file.name)) return false;
  const end = await file.slice(Math.max(0, file.size - directoryBytes)).text();
  return npzArrays.test(end);
}

/** What was brought, in words: "12 pictures in 2 folders, 3 other files". */
export function broughtText(names: readonly string[]): string {
  const pictures = names.filter((name) => pictureName.test(name));
  const folders = new Set(pictures.map((name) => name.slice(0, Math.max(0, name.lastIndexOf('/')))));
  const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;
  const others = names.length - pictures.length;
  const found = [
    ...(pictures.length === 0
      ? []
      : [
          count(pictures.length, 'picture', 'pictures') +
            (folders.size > 1 ? ` in ${folders.size} folders` : ''),
        ]),
    ...(others === 0
      ? []
      : [
          count(
            others,
            pictures.length > 0 ? 'other file' : 'file',
            pictures.length > 0 ? 'other files' : 'files',
          ),
        ]),
  ];
  return found.join(', ');
}

/** The part of a dropped folder that the browser tells. */
export interface DroppedEntry {
  readonly isDirectory: boolean;
  readonly isFile: boolean;
  readonly name: string;
  file?(found: (file: File) => void, failed: (error: unknown) => void): void;
  createReader?(): {
    readEntries(found: (entries: DroppedEntry[]) => void, failed: (error: unknown) => void): void;
  };
}

/** All files in a dropped folder, by their names from that folder on; no more than can be imported, and one. */
export async function filesInEntry(entry: DroppedEntry, folder = ''): Promise<Brought[]> {
  const name = `${folder}${entry.name}`;
  if (!entry.isDirectory) {
    const file = await new Promise<File>((found, failed) => entry.file?.(found, failed));
    return [{ name, file }];
  }
  const reader = entry.createReader?.();
  const brought: Brought[] = [];
  // A reader gives a hundred at a time, and none when it is done.
  for (;;) {
    const entries = await new Promise<DroppedEntry[]>((found, failed) =>
      reader === undefined ? found([]) : reader.readEntries(found, failed),
    );
    if (entries.length === 0 || brought.length > MOST_IMAGE_SOURCES) return brought;
    for (const each of entries) {
      if (!each.name.startsWith('.')) brought.push(...(await filesInEntry(each, `${name}/`)));
    }
  }
}
