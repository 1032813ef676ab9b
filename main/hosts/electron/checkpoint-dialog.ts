import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { OpenDialogOptions, OpenDialogReturnValue } from 'electron';
import { z } from 'zod';
import { writeFileAtomic } from '../../store/atomic-file.ts';

interface DialogOptions {
  platform: NodeJS.Platform;
  /** Where the last folder is remembered: the system would begin in Downloads each time. */
  stateFile: string;
  show(options: OpenDialogOptions): Promise<OpenDialogReturnValue>;
  warn(line: string): void;
}

const dialogState = z.object({ folder: z.string().min(1) });

/** Asks a person for checkpoint files. @returns their paths, none if they thought better of it */
export async function askForCheckpoints({
  platform,
  stateFile,
  show,
  warn,
}: DialogOptions): Promise<string[]> {
  const folder = lastFolder(stateFile);
  const { canceled, filePaths } = await show({
    title: 'Open a checkpoint',
    buttonLabel: 'Open',
    ...(folder === null ? {} : { defaultPath: folder }),
    filters: [
      {
        name: 'Checkpoints',
        extensions: ['safetensors', 'pt', 'pth', 'ckpt', 'bin', 'npz', 'npy', 'json'],
      },
      { name: 'All files', extensions: ['*'] },
    ],
    // Elsewhere one dialog takes either files or folders: there a run is opened by its run.json.
    properties: [
      'openFile',
      'multiSelections',
      ...(platform === 'darwin' ? (['openDirectory'] as const) : []),
    ],
  });
  const [first] = filePaths;
  if (canceled || first === undefined) return [];
  try {
    writeFileAtomic(stateFile, `${JSON.stringify({ folder: dirname(first) })}\n`);
  } catch (error) {
    warn(`The folder of the dialog could not be remembered: ${(error as Error).message}`);
  }
  return filePaths;
}

function lastFolder(stateFile: string): string | null {
  try {
    return dialogState.parse(JSON.parse(readFileSync(stateFile, 'utf8'))).folder;
  } catch {
    return null; // The first time, or nothing that makes sense.
  }
}
