/** `fewstep import-data PATH...`: images, latents or points from disk as a data set. */
import fs from 'node:fs';
import path from 'node:path';
import { type ImageImport, type ImportedImages, imageImport } from '#contract/datasets.ts';
import { WorkbenchError } from '#contract/errors.ts';
import { parseFields } from '#contract/parse.ts';
import type { WorkbenchClient } from '#contract/workbench.ts';
import { withEngine } from './engine.ts';
import { type FlagTypes, numberFrom, parseFlags, text } from './flags.ts';
import { type Output, printable } from './output.ts';

const TYPES: FlagTypes = {
  name: 'string',
  size: 'string',
  channels: 'string',
  labels: 'string',
  background: 'string',
  autoencoder: 'string',
  mirrored: 'string',
  home: 'string',
  json: 'boolean',
};
const POINTS = /\.(csv|tsv|txt|npy)$/i;

/** A data set of the files and folders named before the flags. */
export async function importData(argv: readonly string[], output: Output): Promise<number> {
  const first = argv.findIndex((arg) => arg.startsWith('--'));
  const paths = first < 0 ? argv : argv.slice(0, first);
  const given = parseFlags(first < 0 ? [] : argv.slice(first), TYPES);
  if (paths.length === 0) {
    throw new WorkbenchError(
      'cli/missing-flag',
      'import-data: expected files or folders of images, NPZ, IDX or CIFAR, or a CSV or NPY file of points, found nothing',
    );
  }
  const home = text(given, 'home');
  if (paths.length === 1 && POINTS.test(paths[0]!)) return importPoints(paths[0]!, home, output);
  const size = text(given, 'size');
  const choices = ['channels', 'labels', 'background', 'autoencoder'].flatMap((flag) => {
    const value = text(given, flag);
    return value === undefined ? [] : [[flag, value] as const];
  });
  const mirrored = text(given, 'mirrored');
  const input = parseFields(imageImport, {
    sources: paths.map((each) => ({ source: { kind: 'path', path: path.resolve(each) } })),
    name: text(given, 'name') ?? path.parse(path.resolve(paths[0]!)).name,
    ...(size === undefined ? {} : { size: numberFrom('size', size) }),
    ...(mirrored === undefined ? {} : { mirrored: booleanFrom('mirrored', mirrored) }),
    ...Object.fromEntries(choices),
  });
  return withEngine(home, async (client) => {
    const result = await imported(client, input, output);
    output.answer({ dataset: result }, linesOf(result).map(printable));
    return 0;
  });
}

async function importPoints(file: string, home: string | undefined, output: Output): Promise<number> {
  let bytes: Uint8Array;
  try {
    bytes = fs.readFileSync(file);
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new WorkbenchError('cli/no-file', `Could not read ${file}: ${code}`, { path: file });
  }
  return withEngine(home, async (client) => {
    const result = await client.call('datasets.import', { fileName: path.basename(file), bytes });
    const { id, count, dim } = result;
    output.answer({ dataset: result }, [printable(`Data set ${id}: ${count} points in ${dim} dimensions`)]);
    return 0;
  });
}

function imported(client: WorkbenchClient, input: ImageImport, output: Output): Promise<ImportedImages> {
  let result: ImportedImages | null = null;
  let said = '';
  return new Promise((resolve, reject) => {
    client.listen(
      'datasets.importImages',
      input,
      (progress) => {
        result = progress.result;
        const tenth = Math.floor((10 * progress.done) / Math.max(progress.of, 1));
        const line = `${progress.stage} ${10 * tenth}%`;
        if (line !== said) output.say((said = line));
      },
      (error) => {
        if (error !== null) reject(error);
        else if (result === null) reject(new WorkbenchError('rpc/cancelled', 'The import was cancelled'));
        else resolve(result);
      },
    );
  });
}

function linesOf({ id, count, shape, classNames, skipped, skippedCount, ignored }: ImportedImages): string[] {
  const classes = classNames.length === 0 ? 'without classes' : `in ${classNames.length} classes`;
  const unlisted = skippedCount - skipped.length;
  return [
    `Data set ${id}: ${count} images of ${shape.join(' x ')} ${classes}`,
    ...(skippedCount === 0 ? [] : [`Skipped ${skippedCount}:`]),
    ...skipped.map(({ file, reason }) => `  ${file}: ${reason}`),
    ...(unlisted > 0 ? [`  and ${unlisted} more`] : []),
    ...(ignored > 0 ? [`Ignored ${ignored} files that are no pictures`] : []),
  ];
}

function booleanFrom(flag: string, value: string): boolean {
  if (value === 'true' || value === 'false') return value === 'true';
  throw new WorkbenchError('cli/bad-flag', `--${flag}: expected true or false, found "${value}"`, {
    field: flag,
  });
}
