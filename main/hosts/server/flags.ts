import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { WorkbenchError } from '#contract/errors.ts';
import { hasDisplay } from './browser.ts';
import { defaultMaxUploadBytes } from './uploads.ts';

export const defaultPort = 4777;
const gibibyte = 2 ** 30;

export const usage = `fewstep serve [--port N] [--host ADDRESS] [--home FOLDER] [--files FOLDER] [--max-upload GIB]
              [--open | --no-open] [--json]

  --port N          port to listen on; ${defaultPort} or the next free one by default, 0 for any
  --host ADDRESS    address to listen on; 127.0.0.1 (this machine only) by default
  --home FOLDER     data folder
  --files FOLDER    checkpoint files in this folder can be opened where they are, without sending them
  --max-upload GIB  largest file that a window may send, ${defaultMaxUploadBytes / gibibyte} by default; what was sent is kept in the
                    data folder until the server stops, for a day at most
  --open            open a browser even where no display is seen; --no-open never does
  --json            one JSON document {url, port} on stdout`;

export interface ServeFlags {
  /** Null: the default, which may move on to a free one. */
  port: number | null;
  host: string;
  home: string | null;
  /** Folder whose files windows may name, absolute. */
  files: string | null;
  maxUploadBytes: number;
  open: boolean;
  json: boolean;
}

/** @throws WorkbenchError `cli/bad-argument` naming the flag, what was expected and what was found */
export function parseFlags(argv: readonly string[]): ServeFlags {
  const values = readFlags(argv);
  return {
    port: values.port === undefined ? null : portFrom(values.port),
    host: values.host ?? '127.0.0.1',
    home: values.home ?? null,
    files: values.files === undefined ? null : folderFrom(values.files),
    maxUploadBytes:
      values['max-upload'] === undefined ? defaultMaxUploadBytes : sizeFrom(values['max-upload']),
    open: values.open ?? hasDisplay(process.platform, process.env),
    json: values.json ?? false,
  };
}

interface RawFlags {
  port?: string;
  host?: string;
  home?: string;
  files?: string;
  'max-upload'?: string;
  open?: boolean;
  json?: boolean;
}

function readFlags(argv: readonly string[]): RawFlags {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        port: { type: 'string' },
        host: { type: 'string' },
        home: { type: 'string' },
        files: { type: 'string' },
        'max-upload': { type: 'string' },
        open: { type: 'boolean' },
        json: { type: 'boolean' },
      },
      allowNegative: true,
      strict: true,
    }).values;
  } catch (error) {
    throw new WorkbenchError('cli/bad-argument', `${(error as Error).message}\n\n${usage}\n`);
  }
}

function portFrom(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(port <= 65_535)) {
    throw new WorkbenchError(
      'cli/bad-argument',
      `--port: expected a whole number from 0 to 65535, found ${text}`,
    );
  }
  return port;
}

function folderFrom(text: string): string {
  const folder = resolve(text);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return folder;
  throw new WorkbenchError('cli/bad-argument', `--files: expected a folder, found none at ${folder}`);
}

function sizeFrom(text: string): number {
  const gibibytes = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (gibibytes > 0 && gibibytes <= 1024) return Math.floor(gibibytes * gibibyte);
  throw new WorkbenchError(
    'cli/bad-argument',
    `--max-upload: expected GiB as a number above 0 and up to 1024, found ${text}`,
  );
}
