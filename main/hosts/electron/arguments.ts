import { resolve } from 'node:path';

/** What the app was started with. */
export interface DesktopArguments {
  /** Data folder that was asked for; null for the one that FEWSTEP_HOME or the platform names. */
  readonly home: string | null;
  /** Files to open. */
  readonly files: readonly string[];
}

/**
 * Reads `[--home FOLDER] [FILE ...]`; paths come out absolute. Switches that are not ours stay
 * Chromium's, which has read them before.
 *
 * @param argv  what follows the program, and the app's folder if that was named
 * @param cwd   the folder that relative paths start from
 */
export function parseDesktopArguments(argv: readonly string[], cwd: string): DesktopArguments {
  let home: string | null = null;
  const files: string[] = [];
  let areAllFiles = false;
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? '';
    if (areAllFiles || !word.startsWith('-')) {
      if (word !== '') files.push(resolve(cwd, word));
    } else if (word === '--') areAllFiles = true;
    else if (word === '--home') home = folderFrom(argv[++i], cwd) ?? home;
    else if (word.startsWith('--home=')) home = folderFrom(word.slice('--home='.length), cwd) ?? home;
  }
  return { home, files };
}

function folderFrom(word: string | undefined, cwd: string): string | null {
  return word === undefined || word === '' ? null : resolve(cwd, word);
}
