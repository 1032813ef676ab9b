import type { CommandId } from './commands.ts';

/** A file that a person gave to the desktop app: on its command line, or with "Open with". */
export interface OpenedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

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
} as const;
