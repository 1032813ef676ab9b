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
      process.stdout.write(json ? `${jsonText(document)}\n` : lines.map((line) => `${line}\n`).join(''));
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
  if (json) process.stdout.write(`${jsonText({ error: wire })}\n`);
  else say(printable(`${wire.message} (${wire.code})`));
  if (wire.code === 'internal/unexpected' && error instanceof Error && error.stack) say(error.stack);
}

/** What a terminal obeys, or what hides the rest of a line from a person. */
const CONTROLS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** One line, with what a terminal would obey spelt out: names may come from a file, or be a file's own. */
export function printable(line: string): string {
  return line.replace(CONTROLS, (sign) => `\\u{${sign.codePointAt(0)!.toString(16)}}`);
}

/** As JSON, whose own escapes keep every name what it is. */
function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(CONTROLS, (sign) =>
    Array.from({ length: sign.length }, (_, i) => `\\u${hexOf(sign.charCodeAt(i))}`).join(''),
  );
}

function hexOf(unit: number): string {
  return unit.toString(16).padStart(4, '0');
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
