import { refusal } from '../refusal.ts';

const MAX_NAME_BYTES = 1024;

/**
 * The name of a member, which must mean the same to every reader and lead nowhere else.
 *
 * @throws WorkbenchError `checkpoint/zip-name` for what has no one reading, `zip-path` for what leaves
 *   the archive's own folder
 */
export function decodedName(bytes: Uint8Array, isUtf8: boolean, where: string): string {
  if (bytes.length === 0 || bytes.length > MAX_NAME_BYTES) {
    throw refusal('zip-name', where, `a name of 1 to ${MAX_NAME_BYTES} bytes`, `${bytes.length}`);
  }
  // Without the flag a name is in code page 437 to some readers and in UTF-8 to others.
  if (!isUtf8 && bytes.some((byte) => byte >= 0x80)) {
    throw refusal('zip-name', where, 'a name in ASCII, or the flag for UTF-8', 'other bytes');
  }
  let name: string;
  try {
    name = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refusal('zip-name', where, 'a name in UTF-8', 'bytes that are not');
  }
  if (/\p{Cc}/u.test(name)) throw refusal('zip-name', where, 'no control characters', JSON.stringify(name));
  const isPlain =
    !name.includes('\\') &&
    !/^[a-z]:/i.test(name) &&
    name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (!isPlain) {
    throw refusal(
      'zip-path',
      where,
      'a relative name of a file without "..", "\\" or empty parts',
      JSON.stringify(name),
    );
  }
  return name;
}

/**
 * @param names  `exact`, or `folded`: names that differ by case or Unicode form are the same
 * @throws WorkbenchError `checkpoint/zip-duplicate`
 */
export function requireUniqueNames(
  members: readonly { name: string }[],
  names: 'exact' | 'folded',
  archive: string,
): void {
  const seen = new Set<string>();
  for (const { name } of members) {
    const form = name.normalize('NFC');
    const key = names === 'folded' ? form.toLowerCase() : form;
    if (seen.has(key))
      throw refusal('zip-duplicate', archive, 'every name once', `${JSON.stringify(name)} twice`);
    seen.add(key);
  }
}
