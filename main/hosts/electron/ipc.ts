import type { IpcMain, IpcMainEvent } from 'electron';
import { z } from 'zod';
import { isCommandId } from '#contract/commands.ts';
import type { CommandId } from '#contract/commands.ts';
import { desktopChannels } from '#contract/desktop.ts';
import { isOwnFrame } from './guards.ts';

/** What the window may ask of the host. */
interface WindowRequests {
  connectEngine(event: IpcMainEvent): void;
  enabledCommands(commands: readonly CommandId[]): void;
  filesWanted(): void;
}

const nothing = z.tuple([]);
const enabledCommands = z.tuple([z.array(z.custom<CommandId>(isCommandId)).max(1000)]);

/**
 * Listens to the window. Every message must come from our own page's main frame and have the right
 * shape; others are dropped and reported.
 */
export function listenToWindow(
  ipc: Pick<IpcMain, 'on'>,
  requests: WindowRequests,
  say: (line: string) => void,
): void {
  function on<T>(channel: string, schema: z.ZodType<T>, take: (input: T, event: IpcMainEvent) => void): void {
    ipc.on(channel, (event, ...input: unknown[]) => {
      if (!isOwnFrame(event.senderFrame)) {
        say(`A message ${channel} came from a page that is not ours and was dropped`);
        return;
      }
      const parsed = schema.safeParse(input);
      if (parsed.success) take(parsed.data, event);
      else say(`A message ${channel} was not understood and was dropped`);
    });
  }
  on(desktopChannels.connectEngine, nothing, (_, event) => requests.connectEngine(event));
  on(desktopChannels.enabledCommands, enabledCommands, ([commands]) => requests.enabledCommands(commands));
  on(desktopChannels.filesWanted, nothing, () => requests.filesWanted());
}
