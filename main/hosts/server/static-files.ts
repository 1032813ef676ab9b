import { open, realpath } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

/** Content types of what a built window holds; anything else is served as bytes. */
const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.ttf': 'font/ttf',
  '.wasm': 'application/wasm',
};

/** vite puts the hash of a file's content into its name: under that name it never changes. */
const hashedName = /^\/assets\/[^/]+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/;

interface StaticFile {
  /** Open for reading; the caller closes it. */
  handle: FileHandle;
  bytes: number;
  contentType: string;
  cacheControl: string;
}

/** The content type of a file by its name. */
export function contentTypeOf(path: string): string {
  return contentTypes[extname(path).toLowerCase()] ?? 'application/octet-stream';
}

/**
 * Opens the file that a URL path names inside `folder` (`/` is `/index.html`), or null if there is
 * none. Nothing outside the folder is ever named: not by `..`, encodings, separators of other
 * systems, hidden names or symbolic links.
 */
export async function openStaticFile(folder: string, urlPath: string): Promise<StaticFile | null> {
  const segments = segmentsOf(urlPath === '/' ? '/index.html' : urlPath);
  if (segments === null) return null;
  let handle: FileHandle | null = null;
  try {
    const root = await realpath(folder);
    const path = await realpath(join(root, ...segments));
    if (!path.startsWith(root + sep)) return null;
    handle = await open(path, 'r');
    const stats = await handle.stat();
    if (!stats.isFile()) {
      await handle.close();
      return null;
    }
    return {
      handle,
      bytes: stats.size,
      contentType: contentTypeOf(path),
      cacheControl: hashedName.test(urlPath) ? 'private, max-age=31536000, immutable' : 'no-cache',
    };
  } catch {
    // Absent, unreadable or a directory where files cannot be: to a visitor it is not there.
    await handle?.close();
    return null;
  }
}

/**
 * The folders and the file that a URL path names, or null for one that could name something outside
 * of where it starts.
 */
export function segmentsOf(urlPath: string): string[] | null {
  let decoded: string;
  try {
    decoded = decodeURIComponent(urlPath);
  } catch {
    return null;
  }
  if (!decoded.startsWith('/')) return null;
  const segments = decoded.slice(1).split('/');
  // A leading dot covers `.`, `..` and hidden files; the characters mean something to Windows or to C.
  const isPlain = segments.every((each) => each !== '' && !each.startsWith('.') && !/[\\:\0]/.test(each));
  return isPlain ? segments : null;
}
