import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenedFile } from '#contract/desktop.ts';
import { FileQueue, maxFileBytes, readOpenedFiles } from './opened-files.ts';

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
  it('come with their name and exactly their bytes', async () => {
    const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i % 251);
    const { files, problems } = await readOpenedFiles([write('a b.npy', bytes), write('empty.csv', '')]);
    expect(problems).toEqual([]);
    expect(files.map(({ name }) => name)).toEqual(['a b.npy', 'empty.csv']);
    expect(files[0]?.bytes).toEqual(bytes);
    expect(files[0]?.bytes.buffer.byteLength).toBe(bytes.length);
    expect(files[1]?.bytes).toEqual(new Uint8Array());
  });

  it('that cannot be read are named one by one, and the others still come', async () => {
    const absent = join(folder, 'absent.csv');
    const inside = join(folder, 'folder');
    mkdirSync(inside);
    const large = write('large.npy', '');
    truncateSync(large, maxFileBytes + 1);
    const { files, problems } = await readOpenedFiles([absent, inside, large, write('good.csv', '1,2\n')]);
    expect(files.map(({ name }) => name)).toEqual(['good.csv']);
    expect(problems).toEqual([
      `There is no such file: ${absent}`,
      expect.stringContaining(inside),
      `Expected at most 64 MiB: ${large}`,
    ]);
  });

  it('may be as large as the limit', async () => {
    const path = write('limit.npy', '');
    truncateSync(path, maxFileBytes);
    expect((await readOpenedFiles([path])).files[0]?.bytes.length).toBe(maxFileBytes);
  });
});

describe('the queue of files', () => {
  const file = (name: string): OpenedFile => ({ name, bytes: new Uint8Array() });

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
