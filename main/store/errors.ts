import { WorkbenchError } from '#contract/errors.ts';

/**
 * What the operating system said, as an error for a person that names the folder.
 *
 * @param path  the file or folder that was being used
 * @returns `store/disk-full`, `store/read-only`, `store/not-a-folder` or `store/io`; an error that
 *   did not come from the system is returned as it is
 */
export function storeErrorFrom(error: unknown, path: string): unknown {
  const code = errnoOf(error);
  if (code === null) return error;
  const detail = { path, errno: code };
  const wrap = (what: string, message: string) =>
    new WorkbenchError(`store/${what}`, message, detail, { cause: error });
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return wrap('disk-full', `Expected room on the disk to write to ${path}, found it full (${code}).`);
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return wrap('read-only', `Expected a folder that may be written, found ${path} read-only (${code}).`);
    case 'ENOTDIR':
    case 'EEXIST':
      return wrap('not-a-folder', `Expected a folder, found a file in the way of ${path} (${code}).`);
    default:
      return wrap('io', `Expected to read or write ${path}, found an error of the system: ${String(error)}.`);
  }
}

/** The name of a system error (`ENOSPC`), or null for any other thrown value. */
export function errnoOf(error: unknown): string | null {
  if (!(error instanceof Error) || error instanceof WorkbenchError) return null;
  const { code, errno } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && typeof errno === 'number' ? code : null;
}
