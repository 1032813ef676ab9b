import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { scratchFolder } from '../../store/testdata/scratch.ts';
import { download } from './download.ts';
import { type FileServer, serveFiles } from './testing/file-server.ts';

const BYTES = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) % 251);
const OTHER = BYTES.toReversed();

let server: FileServer;
beforeAll(async () => {
  server = await serveFiles();
});
afterAll(() => server.close());
beforeEach(() => {
  server.files.clear();
  server.asked.length = 0;
});

const never = new AbortController().signal;
const fetched = (cache: string, signal = never): Promise<string> =>
  download(`${server.address}a/file.tar.gz`, { cache, signal });

/** Begins to fetch the file, and is cut off after a third of it. */
async function begin(cache: string): Promise<void> {
  server.files.set('a/file.tar.gz', { bytes: BYTES, stopsAfter: 100_000 });
  const onProgress = (done: number): void => {
    if (done === 100_000) server.hangUp();
  };
  await expect(
    download(`${server.address}a/file.tar.gz`, { cache, signal: never, onProgress }),
  ).rejects.toMatchObject({ code: 'engine/install-download' });
}

describe('a download', () => {
  it('is the file, with its progress', async () => {
    const cache = scratchFolder();
    server.files.set('a/file.tar.gz', { bytes: BYTES });
    const seen: [number, number | null][] = [];
    const file = await download(`${server.address}a/file.tar.gz`, {
      cache,
      signal: never,
      onProgress: (done, of) => void seen.push([done, of]),
    });
    expect(file).toBe(path.join(cache, 'file.tar.gz'));
    expect(new Uint8Array(fs.readFileSync(file))).toEqual(BYTES);
    expect(seen.at(-1)).toEqual([BYTES.length, BYTES.length]);
  });

  it('goes on where it was broken off', async () => {
    const cache = scratchFolder();
    await begin(cache);
    server.files.set('a/file.tar.gz', { bytes: BYTES });
    expect(new Uint8Array(fs.readFileSync(await fetched(cache)))).toEqual(BYTES);
    expect(server.asked.map(({ range }) => range)).toEqual([undefined, 'bytes=100000-']);
  });

  it.each([
    ['the server has another file by now', { bytes: OTHER }, OTHER],
    ['the server gives no parts', { bytes: BYTES, ignoresRanges: true }, BYTES],
  ])('begins anew where %s', async (_, file, wanted) => {
    const cache = scratchFolder();
    await begin(cache);
    server.files.set('a/file.tar.gz', file);
    expect(new Uint8Array(fs.readFileSync(await fetched(cache)))).toEqual(wanted);
  });

  it('is not repeated, unless the file has changed here', async () => {
    const cache = scratchFolder();
    server.files.set('a/file.tar.gz', { bytes: BYTES });
    const file = await fetched(cache);
    expect(await fetched(cache)).toBe(file);
    expect(server.asked.length).toBe(1);

    fs.writeFileSync(file, 'damaged');
    expect(new Uint8Array(fs.readFileSync(await fetched(cache)))).toEqual(BYTES);
    expect(server.asked.length).toBe(2);
  });

  it('with a wrong hash is thrown away, by name', async () => {
    const cache = scratchFolder();
    server.files.set('a/file.tar.gz', { bytes: BYTES, md5: 'AAAAAAAAAAAAAAAAAAAAAA==' });
    await expect(fetched(cache)).rejects.toMatchObject({
      code: 'engine/install-bad-download',
      message: expect.stringMatching(
        /file\.tar\.gz: expected 300000 bytes with md5 AAAA.*, found .*try again/s,
      ) as unknown,
    });
    expect(fs.readdirSync(cache)).toEqual([]);
  });

  it('that the server does not have, or that nobody answers, is a named error', async () => {
    const cache = scratchFolder();
    await expect(fetched(cache)).rejects.toMatchObject({
      code: 'engine/install-download',
      message: expect.stringContaining('file.tar.gz answered 404') as unknown,
    });
    const dead = await serveFiles();
    await dead.close();
    await expect(download(`${dead.address}x`, { cache, signal: never })).rejects.toMatchObject({
      code: 'engine/install-download',
      message: expect.stringMatching(/Could not download .*ECONNREFUSED.*behind a proxy/s) as unknown,
    });
  });

  it('ends when it is cancelled', async () => {
    const cache = scratchFolder();
    server.files.set('a/file.tar.gz', { bytes: BYTES, stopsAfter: 0 });
    const cancelling = new AbortController();
    const ended = expect(fetched(cache, cancelling.signal)).rejects.toMatchObject({
      code: 'engine/install-cancelled',
    });
    setTimeout(() => cancelling.abort(), 50);
    await ended;
  });
});
