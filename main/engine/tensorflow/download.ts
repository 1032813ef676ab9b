/** Downloads that go on where they were broken off, and are not repeated. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { installError, messageOf } from './errors.ts';
import { throwIfCancelled } from './run-tool.ts';

/** Longest wait for the next bytes, milliseconds. */
const SILENCE_MS = 60_000;

export interface DownloadCall {
  /** Folder that keeps files, whole and begun. */
  readonly cache: string;
  readonly signal: AbortSignal;
  /** Bytes so far, and in all where the server says so. */
  readonly onProgress?: (done: number, of: number | null) => void;
}

/** What is known of a begun or whole file. */
const note = z.object({
  url: z.string(),
  etag: z.string().nullable(),
  size: z.number().nullable(),
  /** As the server says, base64. */
  md5: z.string().nullable(),
  /** Of the whole file here, hex; null while it is not whole. */
  sha256: z.string().nullable(),
});
type Note = z.infer<typeof note>;

/**
 * @returns the file in the cache
 * @throws WorkbenchError `engine/install-download`, `engine/install-bad-download`, `engine/install-cancelled`
 */
export async function download(url: string, { cache, signal, onProgress }: DownloadCall): Promise<string> {
  throwIfCancelled(signal);
  fs.mkdirSync(cache, { recursive: true });
  const file = path.join(cache, path.posix.basename(new URL(url).pathname));
  const [part, notes] = [`${file}.part`, `${file}.json`];
  const known = readNote(notes, url);
  if (known !== null && known.sha256 !== null && fs.existsSync(file)) {
    if ((await hashOf(file, 'sha256', 'hex')) === known.sha256) return file;
    fs.rmSync(file);
  }
  const begun = known !== null && fs.existsSync(part) ? fs.statSync(part).size : 0;
  const found = await fetchRest(url, part, begun, known?.etag ?? null, {
    signal,
    onProgress,
    keep: (heard) => writeNote(notes, { ...heard, url, sha256: null }),
  });
  const size = fs.statSync(part).size;
  const md5 = found.md5 === null ? null : await hashOf(part, 'md5', 'base64');
  if ((found.size !== null && size !== found.size) || md5 !== found.md5) {
    fs.rmSync(part);
    fs.rmSync(notes, { force: true });
    throw installError(
      'bad-download',
      `${url}: expected ${found.size ?? 'any number of'} bytes${found.md5 === null ? '' : ` with md5 ${found.md5}`}, found ${size}${md5 === null ? '' : ` with md5 ${md5}`}. It was thrown away; try again.`,
      { url, expected: found.size, found: size },
    );
  }
  writeNote(notes, { ...found, url, sha256: await hashOf(part, 'sha256', 'hex') });
  fs.renameSync(part, file);
  return file;
}

interface Rest {
  readonly signal: AbortSignal;
  readonly onProgress: DownloadCall['onProgress'];
  /** Called before the first byte is written. */
  readonly keep: (heard: Heard) => void;
}
type Heard = Pick<Note, 'etag' | 'size' | 'md5'>;

/** Appends what is missing of a file, or writes it anew where the server has another or gives no parts. */
async function fetchRest(
  url: string,
  part: string,
  begun: number,
  etag: string | null,
  { signal, onProgress, keep }: Rest,
): Promise<Heard> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  const resumes = begun > 0 && etag !== null;
  try {
    const response = await fetch(url, {
      signal: AbortSignal.any([signal, silence.signal]),
      // As it is, so that ranges are those of the file.
      headers: {
        'accept-encoding': 'identity',
        ...(resumes ? { range: `bytes=${begun}-`, 'if-range': etag } : {}),
      },
    });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      // Whole already, or another file by now: from the start.
      if (response.status === 416) return await fetchRest(url, part, 0, null, { signal, onProgress, keep });
      throw installError('download', `${url} answered ${response.status} ${response.statusText}.`, {
        url,
        status: response.status,
      });
    }
    const from = response.status === 206 ? begun : 0;
    const length = response.headers.get('content-length');
    const heard: Heard = {
      etag: response.headers.get('etag'),
      size: length === null ? null : from + Number(length),
      md5: /md5=([^,\s]+)/.exec(response.headers.get('x-goog-hash') ?? '')?.[1] ?? null,
    };
    keep(heard);
    const handle = await open(part, from > 0 ? 'a' : 'w');
    try {
      let done = from;
      for await (const bytes of response.body as AsyncIterable<Uint8Array>) {
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), SILENCE_MS);
        await handle.writeFile(bytes);
        done += bytes.length;
        onProgress?.(done, heard.size);
      }
    } finally {
      await handle.close();
    }
    return heard;
  } catch (error) {
    throwIfCancelled(signal);
    if (error instanceof Error && error.name === 'WorkbenchError') throw error;
    const why = silence.signal.aborted
      ? `nothing came for ${SILENCE_MS / 1000} s`
      : messageOf((error as { cause?: unknown }).cause ?? error);
    throw installError(
      'download',
      `Could not download ${url}: ${why}. Check the connection (behind a proxy set HTTPS_PROXY and NODE_USE_ENV_PROXY=1) and try again; it goes on where it stopped.`,
      { url },
      error,
    );
  } finally {
    clearTimeout(timer);
  }
}

async function hashOf(
  file: string,
  algorithm: 'md5' | 'sha256',
  encoding: 'hex' | 'base64',
): Promise<string> {
  const hash = createHash(algorithm);
  for await (const bytes of fs.createReadStream(file, { highWaterMark: 1 << 20 }))
    hash.update(bytes as Buffer);
  return hash.digest(encoding);
}

function readNote(file: string, url: string): Note | null {
  try {
    const found = note.parse(JSON.parse(fs.readFileSync(file, 'utf8')));
    return found.url === url ? found : null;
  } catch {
    return null;
  }
}

function writeNote(file: string, content: Note): void {
  fs.writeFileSync(file, JSON.stringify(content));
}
