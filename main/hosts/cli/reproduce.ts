/** `fewstep reproduce`: claims of the papers, rerun at toy scale. */
import { WorkbenchError } from '#contract/errors.ts';
import { ReproductionFolder } from '../../engine/reproductions/reproduction-folder.ts';
import { programVersion } from '../../engine/version.ts';
import { reproductionByName, reproductions } from '../../reproductions/index.ts';
import type { Reproduction } from '../../reproductions/reproduction.ts';
import type { Report } from '../../reproductions/report.ts';
import { runReproduction } from '../../reproductions/run.ts';
import { resolveHome } from '../../store/home.ts';
import { executorById } from '../../tensor/device.ts';
import { Executors } from '../../engine/executors/executors.ts';
import { numberFrom, parseFlags } from './flags.ts';
import { type Output, brief } from './output.ts';

const USAGE = `fewstep reproduce NAME [flags]
fewstep reproduce --all [flags]

  --quick          fewer steps: within minutes each
  --seeds 0,1,2    other seeds than its own
  --again          train and measure anew what an earlier call has
  --home FOLDER    data folder; figures and numbers go to its folder reproductions/
  --json           one JSON document on stdout: [{name, claim, source, seeds, measured, rule, verdict,
                   devices, and of some aims and notes}]

What was measured is kept: a call that is stopped goes on where it was.`;

/** @param registry  all there are, if left out */
export async function reproduce(
  argv: readonly string[],
  output: Output,
  registry: readonly Reproduction[] = reproductions,
): Promise<number> {
  const [first] = argv;
  const name = first === undefined || first.startsWith('--') ? null : first;
  const given = parseFlags(name === null ? argv : argv.slice(1), {
    all: 'boolean',
    quick: 'boolean',
    again: 'boolean',
    seeds: 'string',
    home: 'string',
    json: 'boolean',
    help: 'boolean',
  });
  if (given['help'] === true) {
    const list = registry.map((each) => `  ${each.name.padEnd(30)} ${each.claim}`);
    output.answer({ usage: USAGE }, [USAGE, '', ...list]);
    return 0;
  }
  if ((name === null) === (given['all'] !== true)) {
    throw new WorkbenchError(
      'cli/missing-flag',
      `expected either --all or one of ${registry.map((each) => each.name).join(', ')}`,
    );
  }
  const chosen = name === null ? registry : [reproductionByName(name, registry)];
  const seeds = seedsFrom(given['seeds'] as string | undefined);
  const isQuick = given['quick'] === true;
  const home = resolveHome(given['home'] as string | undefined);
  const executors = new Executors({
    home,
    version: programVersion(),
    warn: ({ code, message }) => output.say(`${message} (${code})`),
  });
  for await (const { measuring } of whileChoosing(executors)) {
    if (measuring !== null) output.say(`Measuring ${measuring}, which is done once`);
  }
  const executor = await executorById('auto');
  const signal = watchSignals();
  const reports: Report[] = [];
  const lines: string[] = [];
  try {
    for (const reproduction of chosen) {
      const folder = new ReproductionFolder(home, reproduction, isQuick ? 'quick' : 'full', programVersion());
      if (given['again'] === true) folder.forget();
      const finished = await runReproduction(reproduction, {
        isQuick,
        ...(seeds === null ? {} : { seeds }),
        executor,
        signal,
        notebook: folder,
        onProgress: (arm, seed, done, of) =>
          output.say(`${reproduction.name}: ${arm}, seed ${seed} (${done + 1} of ${of})`),
      });
      await folder.keep(finished);
      const { report } = finished;
      output.say(`${reproduction.name}: ${report.verdict}`);
      reports.push(report);
      lines.push(...linesOf(report, folder.figureFile));
    }
  } finally {
    signal.release();
  }
  output.answer(reports, lines);
  return 0;
}

/** What is measured until it is known on what to compute. */
async function* whileChoosing(executors: Executors): ReturnType<Executors['watch']> {
  const chosen = new AbortController();
  const choosing = executors.ready().finally(() => chosen.abort());
  yield* executors.watch(chosen.signal);
  await choosing;
}

function seedsFrom(text: string | undefined): number[] | null {
  if (text === undefined) return null;
  const seeds = text.split(',').map((part) => numberFrom('seeds', part));
  if (seeds.length < 3 || seeds.some((seed) => !Number.isInteger(seed) || seed < 0)) {
    throw new WorkbenchError(
      'cli/bad-flag',
      `--seeds: expected at least three whole numbers, found "${text}"`,
      { field: 'seeds' },
    );
  }
  return seeds;
}

function linesOf(report: Report, figureFile: string): string[] {
  const rows = Object.entries(report.measured).flatMap(([arm, measures]) =>
    Object.entries(measures).map(
      ([measure, found]) =>
        `  ${arm.padEnd(20)} ${measure.padEnd(18)} ${brief(found.mean)} +- ${brief(found.standardError)}`,
    ),
  );
  return [
    `${report.name}: ${report.verdict}`,
    `  ${report.claim} (${report.source})`,
    `  Rule: ${report.rule}`,
    ...rows,
    ...(report.aims ?? []).map(
      ({ title, limit, measured: { mean, standardError }, outcome }) =>
        `  ${outcome}: ${title}, ${limit}: ${brief(mean)} +- ${brief(standardError)}`,
    ),
    ...(report.notes ?? []).map((note) => `  Note: ${note}`),
    ...(report.devices ?? []).map((device) => `  Computed on ${device}`),
    `  ${figureFile}`,
    '',
  ];
}

/** The first Ctrl-C stops at the next look; what was measured is kept. */
function watchSignals(): { readonly aborted: boolean; release(): void } {
  const state = { aborted: false, release: () => {} };
  const stop = (): void => {
    state.aborted = true;
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  state.release = () => {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  };
  return state;
}
