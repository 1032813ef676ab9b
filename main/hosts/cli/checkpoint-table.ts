/** A checkpoint in lines: what it is, whether it can be trusted, then what is in it. */
import type { CheckpointListing, KeyVerdict, TensorEntry, TensorStatistics } from '#contract/checkpoints.ts';
import { brief } from './output.ts';

/** Lines of one kind before the rest is counted: `--json` has them all. */
const MOST_VERDICTS = 12;

/** @param statistics  of all tensors, in their order; null without */
export function describeListing(
  listing: CheckpointListing,
  statistics: readonly TensorStatistics[] | null,
): string[] {
  return [
    whatItIs(listing),
    trust(listing),
    ...listing.warnings.map(({ code, message }) => `warning: ${message} (${code})`),
    ...assumptions(listing),
    ...verdicts(listing),
    ...groups(listing),
    '',
    ...table(listing.tensors, statistics),
  ].map(printable);
}

/** Names come from the file, and a terminal obeys what they may hold. */
function printable(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (sign) => `\\u{${sign.codePointAt(0)!.toString(16)}}`);
}

function whatItIs({ name, format, recognised, nearest, parameters, fileBytes }: CheckpointListing): string {
  const size = `${format}, ${sizeText(fileBytes)}`;
  if (recognised !== null) {
    const use = recognised.use === null ? `not usable here: ${recognised.why ?? ''}` : recognised.use;
    return `${name}: ${recognised.title} (${recognised.kind}, ${use}; ${size})`;
  }
  const near = nearest === null ? '' : `, nearest to ${nearest.kind}: ${nearest.why}`;
  return `${name}: unknown layout of ${countText(parameters)} parameters (${size})${near}`;
}

function trust({ format, inert, importable, refusal }: CheckpointListing): string {
  const shown = inert.slice(0, MOST_VERDICTS).join(', ');
  const rest = inert.length > MOST_VERDICTS ? ` and ${inert.length - MOST_VERDICTS} more` : '';
  const left = inert.length === 0 ? '' : ` It names ${shown}${rest}: left inert.`;
  if (!importable) {
    return `Not trusted: a strict import refuses it. ${refusal?.message ?? ''} (${refusal?.code ?? ''}) Nothing in it was run.${left}`;
  }
  const why = format.startsWith('pytorch') ? 'it names only what weights need' : 'it can hold no code';
  return `Trusted: ${why}. Nothing in it was run.${left}`;
}

function assumptions({ recognised }: CheckpointListing): string[] {
  return (recognised?.assumed ?? []).map(({ option, value, why }) => `assumed ${option} ${value}: ${why}`);
}

/** What does not fit; what does is counted. */
function verdicts({ recognised }: CheckpointListing): string[] {
  if (recognised === null) return [];
  const of = (verdict: KeyVerdict['verdict']): KeyVerdict[] =>
    recognised.keys.filter((key) => key.verdict === verdict);
  const lines = (['shape-mismatch', 'missing', 'unused'] as const).flatMap((verdict) => {
    const keys = of(verdict);
    const rest = keys.length > MOST_VERDICTS ? [`  and ${keys.length - MOST_VERDICTS} more ${verdict}`] : [];
    return [...keys.slice(0, MOST_VERDICTS).map((key) => `  ${verdict} ${key.key}${detailOf(key)}`), ...rest];
  });
  const count = of('matched').length;
  return [`${count} of ${recognised.keys.length} keys match${lines.length > 0 ? ':' : ''}`, ...lines];
}

function detailOf({ verdict, expected, found, why }: KeyVerdict): string {
  const shapes =
    verdict !== 'shape-mismatch' || expected === undefined || found === undefined
      ? ''
      : `, expected ${shapeText(expected)}, found ${shapeText(found)}`;
  return `${shapes}${why === undefined ? '' : `: ${why}`}`;
}

function groups({ groups: sets, recognised }: CheckpointListing): string[] {
  return sets.map(({ prefix, tensors, parameters }) => {
    const taken = recognised?.group === prefix ? ', taken' : '';
    return `group ${prefix === '' ? '(top level)' : prefix}: ${tensors} tensors, ${countText(parameters)} parameters${taken}`;
  });
}

function table(tensors: readonly TensorEntry[], statistics: readonly TensorStatistics[] | null): string[] {
  const width = (texts: readonly string[]): number =>
    texts.reduce((most, text) => Math.max(most, text.length), 0);
  const names = width(tensors.map(({ name }) => name));
  const shapes = width(tensors.map(({ shape }) => shapeText(shape)));
  return tensors.map(({ name, dtype, shape, bytes, sharedWith }, i) => {
    const shared = sharedWith === undefined ? '' : `  shares ${sharedWith}`;
    const row = `${name.padEnd(names)}  ${dtype.padEnd(8)}  ${shapeText(shape).padEnd(shapes)}  ${sizeText(bytes)}`;
    return `${row}${shared}${statisticsText(statistics?.[i])}`;
  });
}

function statisticsText(of: TensorStatistics | undefined): string {
  if (of === undefined) return '';
  const odd = [
    ...(of.nans > 0 ? [`${of.nans} NaN`] : []),
    ...(of.infinities > 0 ? [`${of.infinities} infinite`] : []),
  ].join(', ');
  return `  mean ${brief(of.mean)}  std ${brief(of.std)}  ${brief(of.min)} to ${brief(of.max)}  ${odd}`.trimEnd();
}

function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

function countText(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(2)} G`;
  if (count >= 1e6) return `${(count / 1e6).toFixed(1)} M`;
  return String(count);
}

function sizeText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toFixed(1)} ${units[power]}`;
}
