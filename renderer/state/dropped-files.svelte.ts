import { fileKind } from '#contract/desktop.ts';
import type { DesktopBridge, FileGrant } from '#contract/desktop.ts';
import { WorkbenchError } from '#contract/errors.ts';
import type { Checkpoints } from './checkpoints.svelte.ts';
import type { DroppedEntry } from './image-import.svelte.ts';
import { isOfImages } from './image-import.svelte.ts';
import { desktopBridge } from './desktop.svelte.ts';
import { sendFile } from './send-file.ts';

/** What a person let go of over the window. */
interface Dropped {
  /** To become data sets. */
  readonly points: readonly File[];
  /** To be looked into. */
  readonly checkpoints: readonly File[];
  /** To become one data set. */
  readonly images: readonly File[];
  readonly folders: readonly DroppedFolder[];
}

/** A folder: the desktop app grants it by its file, a browser reads what is in it by its entry. */
export interface DroppedFolder {
  readonly file: File;
  readonly entry: DroppedEntry;
}

type Bridge = Pick<DesktopBridge, 'grantFile' | 'openCheckpointDialog'>;

/** How checkpoint files get from a person's hand to the engine: the desktop app grants them, a browser sends them. */
export class CheckpointCarrier {
  readonly #checkpoints: Checkpoints;
  readonly #bridge: Bridge | null;
  readonly #send: typeof sendFile;

  constructor(
    checkpoints: Checkpoints,
    bridge: Bridge | null = desktopBridge(),
    send: typeof sendFile = sendFile,
  ) {
    this.#checkpoints = checkpoints;
    this.#bridge = bridge;
    this.#send = send;
  }

  /** Whether files are chosen in a dialog of the system's, with {@link ask}, or by an input of the page. */
  get hasDialog(): boolean {
    return this.#bridge !== null;
  }

  /**
   * Opens a file of the page, or a folder where the desktop app grants it.
   *
   * @returns a folder of images, which is no checkpoint and was not opened; else null
   * @throws Error with a sentence if the desktop app does not grant it; what a server refuses is shown
   *   where the file would have been
   */
  async open(file: File): Promise<FileGrant | null> {
    if (this.#bridge !== null) {
      const granted = await this.#bridge.grantFile(file);
      if (granted.holdsImages === true) return granted;
      this.#checkpoints.open({ kind: 'grant', grant: granted.grant }, granted.name);
      return null;
    }
    const stop = new AbortController();
    const bringing = this.#checkpoints.bring(file.name, file.size, () => stop.abort());
    try {
      const { grant } = await this.#send(file, (done) => bringing.progress(done), stop.signal);
      bringing.arrived({ kind: 'grant', grant });
    } catch (error) {
      bringing.failed(error);
    }
    return null;
  }

  /**
   * Asks for files in the dialog of the system and opens the first.
   *
   * @returns a way to open the second, where one was chosen too
   */
  async ask(): Promise<{ name: string; open(): void } | null> {
    const [first, second] = (await this.#bridge?.openCheckpointDialog()) ?? [];
    if (first === undefined) return null;
    this.#checkpoints.open({ kind: 'grant', grant: first.grant }, first.name);
    if (second === undefined) return null;
    const { grant, name } = second;
    return { name, open: () => this.#checkpoints.open({ kind: 'grant', grant }, name) };
  }
}

/** Why a browser takes no folders but those of images. */
export function folderRefusal(): WorkbenchError {
  return new WorkbenchError(
    'checkpoint/folder-in-browser',
    'A browser sends folders of images alone. Start the server with --files FOLDER, or open it in the desktop app',
  );
}

/** Sorts what was dropped. To be called while the event lasts: afterwards folders cannot be told from files. */
export function sortDropped(transfer: DataTransfer): Dropped {
  const points: File[] = [];
  const checkpoints: File[] = [];
  const images: File[] = [];
  const folders: DroppedFolder[] = [];
  const items = [...transfer.items].filter(({ kind }) => kind === 'file');
  for (const [index, file] of [...transfer.files].entries()) {
    const entry = items[index]?.webkitGetAsEntry() ?? null;
    if (entry?.isDirectory === true) folders.push({ file, entry });
    else if (isOfImages(file.name)) images.push(file);
    else if (fileKind(file.name, file.size) === 'points') points.push(file);
    else checkpoints.push(file);
  }
  return { points, checkpoints, images, folders };
}
