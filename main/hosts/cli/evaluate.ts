/** `fewstep eval --run RUN`: metrics for given NFEs. */
import type { Catalog } from '#contract/catalog.ts';
import type { CallInput, CallOutput } from '#contract/workbench.ts';
import { ASKED_FLAGS, askedFrom } from './asked.ts';
import { withEngine } from './engine.ts';
import { type FlagValues, integer, numberFrom, parseFlags, required, text } from './flags.ts';
import { type Output, brief } from './output.ts';

type Input = CallInput<'runs.evaluate'>;
type Found = CallOutput<'runs.evaluate'>;

export async function evaluate(argv: readonly string[], output: Output): Promise<number> {
  const given = parseFlags(argv, {
    run: 'string',
    n: 'string',
    nfe: 'string',
    sampler: 'string',
    seed: 'string',
    space: 'string',
    reference: 'string',
    classes: 'string',
    candidates: 'string',
    verifier: 'string',
    ...ASKED_FLAGS,
    home: 'string',
    json: 'boolean',
  });
  const run = required(given, 'run', 'a run by id or folder');
  const nfe = (text(given, 'nfe') ?? '1').split(',').map((part) => numberFrom('nfe', part));
  return withEngine(text(given, 'home'), async (client) => {
    const found = await client.call('runs.evaluate', {
      run,
      nfe,
      count: integer(given, 'n', 2000),
      seed: integer(given, 'seed', 0),
      ...chosen(given),
      ...askedFrom(given),
      ...searchFrom(given),
    });
    const { metrics } = await client.call('catalog.get', {});
    output.answer(found, [...tableOf(found, metrics), ...aboutLines(found)]);
    return 0;
  });
}

/** Those of the choices by name that were given; the contract refuses what it does not know. */
function chosen(given: FlagValues): Partial<Input> {
  const names = ['sampler', 'space', 'reference', 'classes'].filter((name) => given[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, text(given, name)]));
}

/** Inference-time scaling by `--candidates N`. */
function searchFrom(given: FlagValues): { search?: Input['search'] } {
  if (given['candidates'] === undefined) return {};
  // The contract refuses a verifier that it does not know, by name.
  const verifier = (text(given, 'verifier') ?? 'density') as 'density';
  return { search: { candidates: integer(given, 'candidates', 1), verifier } };
}

/** A row for each metric and a column for each budget, values with their standard errors. */
function tableOf({ results }: Found, known: Catalog['metrics']): string[] {
  const names = [...new Set(results.flatMap(({ metrics }) => Object.keys(metrics)))];
  const cells = [
    ['', ...results.map(({ nfe }) => `NFE ${brief(nfe)}`)],
    ...names.map((name) => [
      known.find(({ id }) => id === name)?.title ?? name,
      ...results.map(({ metrics, errors }) => valueOf(metrics[name], errors?.[name])),
    ]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}

function valueOf(value: number | undefined, error: number | undefined): string {
  if (value === undefined) return '-';
  return error === undefined ? brief(value) : `${brief(value)} ± ${Number(error.toPrecision(2))}`;
}

const PARTS = { holdout: 'held-out', training: 'training', all: 'real' } as const;

function aboutLines({ about }: Found): string[] {
  if (about === undefined) return [];
  const { space, reference, counts, notes } = about;
  return [
    '',
    `${counts.samples} samples against ${counts.real} ${PARTS[reference]} images in ${space.title} (${space.width} numbers); ` +
      `pairs of ${counts.pairs} each; ± is one standard error`,
    ...notes,
  ];
}
