/**
 * The doorway of the desktop window: what is laid on the page is these functions and nothing of
 * Electron. It runs sandboxed, which is why it is built as one CommonJS file.
 */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { CommandId } from './contract/commands.ts';
import { desktopBridgeName, desktopChannels, enginePortMessage } from './contract/desktop.ts';
import type { DesktopBridge, FileGrant, GrantAnswer, OpenedFile } from './contract/desktop.ts';

/** The part of the page's window that a preload script needs. */
declare const window: { postMessage(message: string, targetOrigin: string, transfer: unknown[]): void };

ipcRenderer.on(desktopChannels.enginePort, (event) => {
  // Ports cannot pass the context bridge. The only listener is this window: the target is its own page.
  window.postMessage(enginePortMessage, '*', event.ports);
});

/** Passes on what the host sends under a name, without the event that carries it. */
function listen<T>(channel: string, listener: (value: T) => void): () => void {
  const heard = (_event: unknown, value: T): void => listener(value);
  ipcRenderer.on(channel, heard);
  return () => void ipcRenderer.off(channel, heard);
}

const bridge: DesktopBridge = {
  platform: process.platform,
  connectEngine: () => ipcRenderer.send(desktopChannels.connectEngine),
  onCommand: (listener) => listen<CommandId>(desktopChannels.command, listener),
  onOpenFile(listener) {
    const stop = listen<OpenedFile>(desktopChannels.openFile, listener);
    ipcRenderer.send(desktopChannels.filesWanted);
    return stop;
  },
  async grantFile(file) {
    // The path goes from here to the host; a page that made a file up has none to send.
    const path = webUtils.getPathForFile(file as Parameters<typeof webUtils.getPathForFile>[0]);
    if (path === '')
      throw new Error('Expected a file on this computer, found one that was made in the window');
    const answer = (await ipcRenderer.invoke(desktopChannels.grantFile, path)) as GrantAnswer;
    if ('problem' in answer) throw new Error(answer.problem);
    return answer.file;
  },
  openCheckpointDialog: () => ipcRenderer.invoke(desktopChannels.openCheckpoint) as Promise<FileGrant[]>,
  setEnabledCommands: (commands) => ipcRenderer.send(desktopChannels.enabledCommands, [...commands]),
};

contextBridge.exposeInMainWorld(desktopBridgeName, bridge);
