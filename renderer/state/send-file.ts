import { WorkbenchError } from '#contract/errors.ts';
import type { FileGrant } from '#contract/desktop.ts';

/** What of the browser is used: fetch cannot tell how far it has come. */
export interface Web {
  fetch: typeof fetch;
  XMLHttpRequest: new () => XMLHttpRequest;
}

/**
 * Sends a file to the server that the window is from. It asks first, so that no gigabytes go out for a no.
 *
 * @param progress  hears how many bytes have gone
 * @throws WorkbenchError `server/upload-refused` with the server's sentence, `server/upload-failed` for a
 *   connection that broke, `rpc/cancelled`
 */
export async function sendFile(
  file: File,
  progress: (doneBytes: number) => void,
  signal: AbortSignal,
  web: Web = globalThis,
): Promise<FileGrant> {
  let asked: Response;
  try {
    asked = await web.fetch(`/files?bytes=${file.size}`, { signal });
  } catch {
    throw signal.aborted ? cancelled(file) : broken(file);
  }
  if (!asked.ok) throw refused(await asked.text());
  return await new Promise((resolve, reject) => {
    const request = new web.XMLHttpRequest();
    request.open('POST', `/files?name=${encodeURIComponent(file.name)}`);
    request.upload.onprogress = ({ loaded }) => progress(loaded);
    request.onload = () => {
      if (request.status === 201) resolve(JSON.parse(request.responseText) as FileGrant);
      else reject(refused(request.responseText));
    };
    request.onerror = () => reject(broken(file));
    request.onabort = () => reject(cancelled(file));
    if (signal.aborted) {
      reject(cancelled(file));
      return;
    }
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(file);
  });
}

function refused(text: string): WorkbenchError {
  const [sentence = ''] = text.trim().split('\n');
  return new WorkbenchError(
    'server/upload-refused',
    sentence === '' ? 'The server did not take it' : sentence,
  );
}

function broken({ name }: File): WorkbenchError {
  return new WorkbenchError(
    'server/upload-failed',
    `The connection to the server broke while ${name} was sent, or the file can no longer be read; send it again`,
  );
}

function cancelled({ name }: File): WorkbenchError {
  return new WorkbenchError('rpc/cancelled', `Sending ${name} was cancelled`);
}
