import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileKind, mostPointBytes } from '#contract/desktop.ts';
import type { OpenedFile } from '#contract/desktop.ts';
import { createGrantKey, openGrant } from '../../engine/checkpoints/grants.ts';
import { FileGrants } from './file-grants.ts';
import { FileQueue, readOpenedFiles } from './opened-files.ts';

const key = createGrantKey();
const grants = new FileGrants(key);
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fewstep-files-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('files that a person opens', () => {
  it('of points come with their name and exactly their bytes', async () => {
    const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i % 251);
    const paths = [write('a b.npy', bytes), write('empty.csv', '')];
    const { files, problems } = await readOpenedFiles(paths, grants);
    expect(problems).toEqual([]);
    expect(files).toEqual([
      { kind: 'points', name: 'a b.npy', bytes },
      { kind: 'points', name: 'empty.csv', bytes: new Uint8Array() },
    ]);
    expect((files[0]?.bytes as Uint8Array).buffer.byteLength).toBe(bytes.length);
  });

  it('of all else come as grants, without a byte of theirs', async () => {
    const run = join(folder, 'run');
    mkdirSync(run);
    writeFileSync(join(run, 'run.json'), '{}');
    const large = write('array.npy', '');
    truncateSync(large, mostPointBytes + 1);
    const paths = [write('SiT.safetensors', '12345678'), write('strange', 'x'), large, run];
    const { files, problems } = await readOpenedFiles(paths, grants);
    expect(problems).toEqual([]);
    expect(files.map(({ kind, name, bytes }) => [kind, name, bytes])).toEqual([
      ['checkpoint', 'SiT.safetensors', 8],
      ['checkpoint', 'strange', 1],
      ['checkpoint', 'array.npy', mostPointBytes + 1],
      ['checkpoint', 'run', 2],
    ]);
    expect(files.map((file) => file.kind === 'checkpoint' && openGrant(file.grant, key))).toEqual(paths);
    expect(JSON.stringify(files)).not.toContain(folder);
  });

  it('that cannot be read are named one by one, and the others still come', async () => {
    const absent = join(folder, 'absent.csv');
    const inside = join(folder, 'folder');
    mkdirSync(inside);
    const large = write('large.csv', '');
    truncateSync(large, mostPointBytes + 1);
    const paths = [absent, inside, large, write('good.csv', '1,2\n')];
    const { files, problems } = await readOpenedFiles(paths, grants);
    expect(files.map(({ name }) => name)).toEqual(['good.csv']);
    expect(problems).toEqual([
      `There is no such file: ${absent}`,
      expect.stringContaining(inside),
      `Expected at most 64 MiB: ${large}`,
    ]);
  });

  it('may be as large as the limit', async () => {
    const path = write('limit.npy', '');
    truncateSync(path, mostPointBytes);
    const [file] = (await readOpenedFiles([path], grants)).files;
    expect((file?.bytes as Uint8Array).length).toBe(mostPointBytes);
  });

  it.each([
    ['a.csv', 1, 'points'],
    ['A.TSV', 2 ** 40, 'points'],
    ['b.txt', 1, 'points'],
    ['c.npy', mostPointBytes, 'points'],
    ['c.npy', mostPointBytes + 1, 'checkpoint'],
    ['d.npz', 1, 'checkpoint'],
    ['e.safetensors', 1, 'checkpoint'],
    ['f.csv.pt', 1, 'checkpoint'],
    ['csv', 1, 'checkpoint'],
    ['', 1, 'checkpoint'],
  ])('%s of %i bytes are %s', (name, bytes, kind) => {
    expect(fileKind(name, bytes)).toBe(kind);
  });
});

describe('the queue of files', () => {
  const file = (name: string): OpenedFile => ({ kind: 'points', name, bytes: new Uint8Array() });

  it('keeps what comes before the window listens, and while it loads again', () => {
    const queue = new FileQueue();
    const taken: string[] = [];
    const take = ({ name }: OpenedFile): void => void taken.push(name);
    queue.add([file('a'), file('b')]);
    queue.open(take);
    expect(taken).toEqual(['a', 'b']);
    queue.add([file('c')]);
    queue.pause();
    queue.add([file('d')]);
    expect(taken).toEqual(['a', 'b', 'c']);
    queue.open(take);
    expect(taken).toEqual(['a', 'b', 'c', 'd']);
    queue.open(take);
    expect(taken).toHaveLength(4);
  });
});
