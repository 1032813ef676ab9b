import type { CommandId } from './commands.ts';

/** A file that can be looked into without its path being known: see `checkpointSource`. */
export interface FileGrant {
  readonly grant: string;
  readonly name: string;
  /** Its size; of a folder, that of the files in it. */
  readonly bytes: number;
  /** True for a folder with images in it, which is no checkpoint. */
  readonly holdsImages?: boolean;
}

/** A file that a person gave to the desktop app: on its command line, or with "Open with". */
export type OpenedFile =
  | { readonly kind: 'points'; readonly name: string; readonly bytes: Uint8Array }
  | ({ readonly kind: 'checkpoint' } & FileGrant);

/** More than any data set that the window takes; a larger array is a checkpoint. */
export const mostPointBytes = 64 * 2 ** 20;

/** What a file is brought for: points to train on, or a checkpoint to look into. */
export function fileKind(name: string, bytes: number): OpenedFile['kind'] {
  const [, ending = ''] = /\.([^.]+)$/.exec(name.toLowerCase()) ?? [];
  if (ending === 'npy') return bytes <= mostPointBytes ? 'points' : 'checkpoint';
  return ['csv', 'tsv', 'txt'].includes(ending) ? 'points' : 'checkpoint';
}

/** How the host answers a wish for a grant; a problem is a sentence for the person. */
export type GrantAnswer = { readonly file: FileGrant } | { readonly problem: string };

/**
 * What the preload script lays on the window, as `window.fewstepDesktop`; absent in a browser. All of
 * it is functions: nothing here leads back to Electron.
 */
export interface DesktopBridge {
  readonly platform: string;
  /**
   * Asks the host for a wire to the engine. It comes to the page as a `message` event of the window
   * itself, with data {@link enginePortMessage} and two MessagePorts: the wire, and one that brings a
   * sentence (why the engine ended) should the engine end. Requests are answered in their order.
   */
  connectEngine(): void;
  /** A command of the native menu was chosen. @returns takes the listener off */
  onCommand(listener: (command: CommandId) => void): () => void;
  /** Files to open; those that came before anyone listened are delivered first. */
  onOpenFile(listener: (file: OpenedFile) => void): () => void;
  /**
   * Makes a dropped or chosen file one that the engine can open. The page learns nothing of its path.
   *
   * @param file  a File of the page; typed loosely, for the contract knows no DOM
   * @throws Error with a sentence, e.g. for a folder that is no checkpoint
   */
  grantFile(file: object): Promise<FileGrant>;
  /** Asks the person for checkpoint files; none if they think better of it. */
  openCheckpointDialog(): Promise<readonly FileGrant[]>;
  /** Tells the menu what can be done now: commands that are off are greyed. */
  setEnabledCommands(commands: readonly CommandId[]): void;
}

export const desktopBridgeName = 'fewstepDesktop';
export const enginePortMessage = 'fewstep:engine-port';

/** The names under which the preload script and the host talk. */
export const desktopChannels = {
  /** window to host: nothing */
  connectEngine: 'engine:connect',
  /** host to window: two ports, see {@link DesktopBridge.connectEngine} */
  enginePort: 'engine:port',
  /** host to window: a CommandId */
  command: 'menu:command',
  /** window to host: CommandId[] */
  enabledCommands: 'menu:enabled',
  /** window to host: nothing; the window is ready to take files */
  filesWanted: 'files:wanted',
  /** host to window: an OpenedFile */
  openFile: 'files:open',
  /** window to host, answered with a GrantAnswer: the path of a file that a person dropped or chose */
  grantFile: 'files:grant',
  /** window to host, answered with FileGrant[]: nothing */
  openCheckpoint: 'files:dialog',
} as const;
