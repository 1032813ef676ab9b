/**
 * The one error that crosses a room: a stable `code`, a sentence for a person, and optional detail.
 *
 * Codes are `area/what`, e.g. `config/unknown-field`. The message says what was expected and what
 * was found and names the file or field; `detail` holds the same facts for a program.
 */
export class WorkbenchError extends Error {
  readonly code: string;
  readonly detail: unknown;

  constructor(code: string, message: string, detail?: unknown, options?: ErrorOptions) {
    super(message, options);
    this.name = 'WorkbenchError';
    this.code = code;
    this.detail = detail;
  }
}

/** What an error looks like on a wire and in `--json` output. */
export interface WireError {
  code: string;
  message: string;
  detail?: unknown;
}

/** Any thrown value as a wire error; an error that is not ours is `internal/unexpected`. */
export function wireErrorFrom(error: unknown): WireError {
  if (error instanceof WorkbenchError) {
    return error.detail === undefined
      ? { code: error.code, message: error.message }
      : { code: error.code, message: error.message, detail: error.detail };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'internal/unexpected', message };
}

/** The inverse of {@link wireErrorFrom}, for the calling side. */
export function errorFromWire(wire: WireError): WorkbenchError {
  return new WorkbenchError(wire.code, wire.message, wire.detail);
}

/** Trouble that belongs on the screen but stops nothing, e.g. a damaged file with an older one to use. */
export interface Warning {
  code: string;
  message: string;
  detail?: unknown;
}

/** Where a function that can go on reports partial trouble. */
export type WarningSink = (warning: Warning) => void;
