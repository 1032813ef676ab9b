import { WorkbenchError } from '#contract/errors.ts';

/**
 * Why a file, or a part of it, is not taken.
 *
 * @param what  the code after `checkpoint/`
 * @param where  the file, member or field that is meant
 */
export function refusal(what: string, where: string, expected: string, found: string): WorkbenchError {
  return new WorkbenchError(`checkpoint/${what}`, `${where}: expected ${expected}, found ${found}`, {
    where,
    expected,
    found,
  });
}

/** A name from a file, cut so that an error stays one line. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 77)}...` : name);
}
