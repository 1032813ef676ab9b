/** What commands print: one JSON document or plain lines on stdout, everything else on stderr. */
import { type WireError, wireErrorFrom } from '#contract/errors.ts';

export interface Output {
  readonly json: boolean;
  /** The command's answer: `document` with --json, `lines` without. Called once. */
  answer(document: unknown, lines: readonly string[]): void;
  /** A line for the person, on stderr. */
  say(line: string): void;
}

export function createOutput(json: boolean): Output {
  return {
    json,
    answer(document, lines) {
      process.stdout.write(
        json ? `${JSON.stringify(document)}\n` : lines.map((line) => `${line}\n`).join(''),
      );
    },
    say,
  };
}

export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Says what went wrong in the form that was asked for. */
export function reportFailure(error: unknown, json: boolean): void {
  const wire: WireError = wireErrorFrom(error);
  if (json) process.stdout.write(`${JSON.stringify({ error: wire })}\n`);
  else say(`${wire.message} (${wire.code})`);
  if (wire.code === 'internal/unexpected' && error instanceof Error && error.stack) say(error.stack);
}

/** A number as a person reads it: four significant digits, full precision stays in --json. */
export function brief(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  const magnitude = Math.abs(value);
  return magnitude !== 0 && (magnitude < 1e-3 || magnitude >= 1e5)
    ? value.toExponential(3)
    : value.toPrecision(4);
}
