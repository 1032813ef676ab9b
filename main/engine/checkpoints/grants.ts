/**
 * Grants: words that stand for a file which a person chose. The host seals a path with a key that lives
 * as long as it does, the window carries the word, and the engine opens it: a window can neither read a
 * path nor make up a word for another one.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { WorkbenchError } from '#contract/errors.ts';

/** Where a host hands its engine the key, in hexadecimal. */
export const GRANT_KEY_VARIABLE = 'FEWSTEP_GRANT_KEY';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A key for one start of a host, in hexadecimal: words sealed with it end with it. */
export function createGrantKey(): string {
  return randomBytes(KEY_BYTES).toString('hex');
}

/** The key that the host put into the environment; it is taken out, so that no child inherits it. */
export function takeGrantKey(environment: NodeJS.ProcessEnv = process.env): string | null {
  const key = environment[GRANT_KEY_VARIABLE];
  delete environment[GRANT_KEY_VARIABLE];
  return key !== undefined && /^[0-9a-f]{64}$/.test(key) ? key : null;
}

/** @param file  absolute path  @returns nonce, tag and sealed path, in URL-safe base64 */
export function sealGrant(file: string, key: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, Buffer.from(key, 'hex'), nonce);
  const sealed = Buffer.concat([cipher.update(file, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
}

/** @throws WorkbenchError `checkpoint/unknown-grant` for a word that was not sealed with this key */
export function openGrant(grant: string, key: string | null): string {
  const bytes = Buffer.from(grant, 'base64url');
  if (key === null || bytes.length <= NONCE_BYTES + TAG_BYTES) throw unknownGrant();
  try {
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv(CIPHER, Buffer.from(key, 'hex'), nonce, { authTagLength: TAG_BYTES });
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const opened = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
    return Buffer.concat([opened, decipher.final()]).toString('utf8');
  } catch {
    throw unknownGrant();
  }
}

function unknownGrant(): WorkbenchError {
  return new WorkbenchError(
    'checkpoint/unknown-grant',
    'Expected a file that was opened since Fewstep started, found one that was not; open it again.',
  );
}
