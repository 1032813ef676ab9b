import type { IpcMain, IpcMainEvent, IpcMainInvokeEvent } from 'electron';
import { z } from 'zod';
import { isCommandId } from '#contract/commands.ts';
import type { CommandId } from '#contract/commands.ts';
import { desktopChannels } from '#contract/desktop.ts';
import type { FileGrant, GrantAnswer } from '#contract/desktop.ts';
import { isOwnFrame } from './guards.ts';

/** What the window may ask of the host. */
interface WindowRequests {
  connectEngine(event: IpcMainEvent): void;
  enabledCommands(commands: readonly CommandId[]): void;
  filesWanted(): void;
  /** @param path  of a file that a person dropped or chose; the preload script has it from Electron */
  grantFile(path: string): Promise<GrantAnswer>;
  openCheckpoint(): Promise<readonly FileGrant[]>;
}

const nothing = z.tuple([]);
const onePath = z.tuple([z.string().min(1).max(32_767)]);
const enabledCommands = z.tuple([z.array(z.custom<CommandId>(isCommandId)).max(1000)]);

/**
 * Listens to the window. Every message must come from our own page's main frame and have the right
 * shape; others are dropped and reported.
 */
export function listenToWindow(
  ipc: Pick<IpcMain, 'on' | 'handle'>,
  requests: WindowRequests,
  say: (line: string) => void,
): void {
  function read<T>(
    channel: string,
    schema: z.ZodType<T>,
    event: IpcMainEvent | IpcMainInvokeEvent,
    input: unknown[],
  ): { input: T } | null {
    if (!isOwnFrame(event.senderFrame)) {
      say(`A message ${channel} came from a page that is not ours and was dropped`);
      return null;
    }
    const parsed = schema.safeParse(input);
    if (parsed.success) return { input: parsed.data };
    say(`A message ${channel} was not understood and was dropped`);
    return null;
  }

  function on<T>(channel: string, schema: z.ZodType<T>, take: (input: T, event: IpcMainEvent) => void): void {
    ipc.on(channel, (event, ...input: unknown[]) => {
      const taken = read(channel, schema, event, input);
      if (taken !== null) take(taken.input, event);
    });
  }

  function answer<T>(channel: string, schema: z.ZodType<T>, reply: (input: T) => Promise<unknown>): void {
    ipc.handle(channel, async (event, ...input: unknown[]) => {
      const taken = read(channel, schema, event, input);
      if (taken === null) throw new Error('This is not answered');
      return await reply(taken.input);
    });
  }

  on(desktopChannels.connectEngine, nothing, (_, event) => requests.connectEngine(event));
  on(desktopChannels.enabledCommands, enabledCommands, ([commands]) => requests.enabledCommands(commands));
  on(desktopChannels.filesWanted, nothing, () => requests.filesWanted());
  answer(desktopChannels.grantFile, onePath, ([path]) => requests.grantFile(path));
  answer(desktopChannels.openCheckpoint, nothing, () => requests.openCheckpoint());
}
