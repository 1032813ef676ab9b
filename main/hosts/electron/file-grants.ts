import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import type { FileGrant, GrantAnswer } from '#contract/desktop.ts';
import { sealGrant } from '../../engine/checkpoints/grants.ts';

/** A file or folder that can be looked into. */
interface FoundFile {
  /** Without links: what is granted stays what was chosen. */
  path: string;
  name: string;
  bytes: number;
  holdsImages?: boolean;
}

const pictureName = /\.(png|jpe?g|jfif)$/i;
const arrayName = /(-ubyte|\.idx|_batch(_\d+)?\.bin)(\.gz)?$/i;
/** Folders that are looked into for pictures, at most. */
const mostFolders = 64;

/** Makes the words by which the window and the engine speak of files. */
export class FileGrants {
  readonly #key: string;

  /** @param key  which the engine has too */
  constructor(key: string) {
    this.#key = key;
  }

  /** @throws Error with a sentence for the person */
  async grant(path: string): Promise<FileGrant> {
    const { path: real, ...told } = await found(path);
    return { grant: sealGrant(real, this.#key), ...told };
  }

  /** The same for the window, whose errors would not cross whole. */
  async answer(path: string): Promise<GrantAnswer> {
    try {
      return { file: await this.grant(path) };
    } catch (error) {
      // The window is told no paths.
      return { problem: problemFor(error as NodeJS.ErrnoException, basename(path)) };
    }
  }
}

/** Why a file could not be opened, in a sentence that ends with what to call it. */
export function problemFor({ code, message }: NodeJS.ErrnoException, called: string): string {
  switch (code) {
    case 'ENOENT':
      return `There is no such file: ${called}`;
    case 'EACCES':
    case 'EPERM':
      return `This user may not read the file: ${called}`;
    case undefined:
      return `${message}: ${called}`;
    default:
      return `The file could not be read (${code}): ${called}`;
  }
}

async function found(path: string): Promise<FoundFile> {
  if (!isAbsolute(path) || path.includes('\0')) throw new Error('Expected the full path of a file');
  const name = basename(path);
  const real = await realpath(path);
  const stats = await stat(real);
  if (stats.isFile()) return { path: real, name, bytes: stats.size };
  // Pipes and devices never end, or do things when they are read.
  if (!stats.isDirectory()) throw new Error('Expected a file, found something else');
  return await foundFolder(real, name);
}

/** A folder counts where it is one checkpoint (a run of ours, shards with their index, or a single file) or has images. */
async function foundFolder(folder: string, name: string): Promise<FoundFile> {
  const names = await readdir(folder);
  if (names.includes('run.json')) {
    const bytes = (await sizeOf(folder)) + (await sizeOf(join(folder, 'checkpoints')));
    return { path: folder, name, bytes };
  }
  const indexes = names.filter((each) => each.endsWith('.safetensors.index.json'));
  const files = indexes.length > 0 ? indexes : names.filter((each) => each.endsWith('.safetensors'));
  const [file] = files;
  if (file === undefined && (await holdsImages(folder)))
    return { path: folder, name, bytes: await sizeOf(folder), holdsImages: true };
  if (file === undefined)
    throw new Error(
      'Expected a file, a run folder or a folder with safetensors files or images, found another folder',
    );
  if (files.length > 1)
    throw new Error(`Expected one checkpoint in the folder, found ${files.length}; open one of them`);
  const path = join(folder, file);
  return { path, name: file, bytes: indexes.length > 0 ? await sizeOf(folder) : (await stat(path)).size };
}

/** Whether there are images in a folder or in those right in it, by their names. */
async function holdsImages(folder: string): Promise<boolean> {
  const entries = await readdir(folder, { withFileTypes: true });
  if (entries.some((entry) => entry.isFile() && (pictureName.test(entry.name) || arrayName.test(entry.name))))
    return true;
  for (const { name } of entries.filter((entry) => entry.isDirectory()).slice(0, mostFolders)) {
    const inside = await readdir(join(folder, name)).catch(() => []);
    if (inside.some((each) => pictureName.test(each))) return true;
  }
  return false;
}

/** Of the files right in a folder, bytes; none where it is not there. */
async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async ({ name }) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
