/** A checkpoint in lines: what it is, whether it can be trusted, then what is in it. */
import type { CheckpointListing, KeyVerdict, TensorEntry, TensorStatistics } from '#contract/checkpoints.ts';
import { brief, printable } from './output.ts';

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
    nextStep(listing),
    ...listing.warnings.map(({ code, message }) => `warning: ${message} (${code})`),
    ...assumptions(listing),
    ...verdicts(listing),
    ...groups(listing),
    '',
    ...table(listing.tensors, statistics),
  ].map(printable);
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

/** What can be done with a network, by its use. */
const USES = {
  teacher: 'It can be sampled and distilled from',
  student: 'It can be sampled',
  autoencoder: 'It can turn latents into images and back',
  features: 'Images can be compared in what it sees (eval --space onnx:MODEL)',
  run: 'It can be one of your runs',
} as const;

function nextStep({ name, importable, recognised }: CheckpointListing): string {
  if (!importable) return 'It can be looked at, and not be imported.';
  const use = recognised?.use ?? null;
  if (use === null) return 'It can be looked at and compared; no network here can use it as it is.';
  return `${USES[use]}: fewstep import ${/^[\w.+-]+$/.test(name) ? name : 'FILE'}`;
}

/** Each with the flag that says otherwise. */
function assumptions({ recognised }: CheckpointListing): string[] {
  return (recognised?.assumed ?? []).map(
    ({ option, value, why }) => `assumed ${option} ${value}: ${why} (else --${flagOf(option)})`,
  );
}

function flagOf(option: string): string {
  return option === 'kind' ? 'as' : option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** What does not fit; what does is counted. */
function verdicts({ recognised }: CheckpointListing): string[] {
  if (recognised === null) return [];
  const of = (verdict: KeyVerdict['verdict']): KeyVerdict[] =>
    recognised.keys.filter((key) => key.verdict === verdict);
  const explained = new Map<string, number>();
  for (const { why } of of('unused')) {
    if (why !== undefined) explained.set(why, (explained.get(why) ?? 0) + 1);
  }
  const left = [...explained].map(([why, keys]) => `  left out ${keys}: ${why}`);
  const lines = (['shape-mismatch', 'missing', 'unused'] as const).flatMap((verdict) => {
    const keys = of(verdict).filter(({ why }) => verdict !== 'unused' || why === undefined);
    const rest = keys.length > MOST_VERDICTS ? [`  and ${keys.length - MOST_VERDICTS} more ${verdict}`] : [];
    return [...keys.slice(0, MOST_VERDICTS).map((key) => `  ${verdict} ${key.key}${detailOf(key)}`), ...rest];
  });
  const count = of('matched').length;
  const wanted = count + of('shape-mismatch').length + of('missing').length;
  return [`${count} of ${wanted} keys of the network match`, ...lines, ...left];
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
