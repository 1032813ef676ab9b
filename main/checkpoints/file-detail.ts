import { WorkbenchError } from '#contract/errors.ts';
import type { ByteSource } from './byte-source.ts';

/**
 * An error that also names the file, with its size and its first and last bytes in `detail`, which
 * often tell at a glance what a damaged file is.
 *
 * @param file  what to call the file; null if it has no name
 */
export function withFileDetail(
  error: unknown,
  source: Pick<ByteSource, 'size' | 'read'>,
  file: string | null,
): unknown {
  if (!(error instanceof WorkbenchError)) return error;
  const edge = Math.min(16, source.size);
  let edges: { head: string; tail: string } | null = null;
  try {
    edges = { head: hexOf(source.read(0, edge)), tail: hexOf(source.read(source.size - edge, edge)) };
  } catch {
    // A file that shrinks while it is read has no last bytes; the error itself says so.
  }
  return new WorkbenchError(
    error.code,
    file === null || error.message.includes(file) ? error.message : `${error.message} File: ${file}`,
    {
      ...(error.detail as object),
      ...(file === null ? {} : { file }),
      fileBytes: source.size,
      ...edges,
    },
  );
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
