/** The commands that ask the engine one question. */
import { WorkbenchError } from '#contract/errors.ts';
import { WORKLOADS, benchWorkload } from '../../engine/bench.ts';
import { checkGoldenFolder } from '../../engine/golden.ts';
import { programVersion } from '../../engine/version.ts';
import { engineVersions, executorById, probeExecutors } from '../../tensor/device.ts';
import type { ExecutorId } from '../../tensor/executors/executor.ts';
import { integer, parseFlags, text } from './flags.ts';
import type { Output } from './output.ts';

/** `fewstep doctor`: what can compute here and what is missing. */
export async function doctor(argv: readonly string[], output: Output): Promise<number> {
  parseFlags(argv, { json: 'boolean' });
  const executors = await probeExecutors();
  const versions = { fewstep: programVersion(), ...engineVersions() };
  output.answer({ executors, versions }, [
    ...executors.map(
      ({ id, available, reason }) => `${available ? 'ok     ' : 'missing'}  ${id.padEnd(11)} ${reason}`,
    ),
    ...Object.entries(versions).map(([name, version]) => `${name} ${version}`),
  ]);
  return 0;
}

/** `fewstep golden FOLDER`: recomputes the authors' numbers. */
export async function golden(argv: readonly string[], output: Output): Promise<number> {
  const folder = argv.find((arg) => !arg.startsWith('--'));
  parseFlags(
    argv.filter((arg) => arg !== folder),
    { json: 'boolean' },
  );
  if (folder === undefined) {
    throw new WorkbenchError('cli/missing-flag', 'golden: expected a folder of golden files, found nothing');
  }
  const executor = await executorById('ort-cpu');
  const reports = await checkGoldenFolder(folder, executor, ({ file, status, note }) => {
    const line = `${status.padEnd(7)} ${file}: ${note}\n`;
    (output.json ? process.stderr : process.stdout).write(line);
  });
  const tally = (status: string): number => reports.filter((report) => report.status === status).length;
  const [passed, failed] = [tally('passed'), tally('failed')];
  output.answer({ files: reports, passed, failed, skipped: tally('skipped') }, [
    `${passed} passed, ${failed} failed`,
  ]);
  return failed === 0 ? 0 : 1;
}

/** `fewstep bench`: median milliseconds per training step. */
export async function bench(argv: readonly string[], output: Output): Promise<number> {
  const given = parseFlags(argv, { only: 'string', steps: 'string', executor: 'string', json: 'boolean' });
  const only = text(given, 'only') ?? '';
  const workloads = WORKLOADS.filter((name) => name.includes(only));
  if (workloads.length === 0) {
    throw new WorkbenchError(
      'cli/bad-flag',
      `--only: expected part of one of ${WORKLOADS.join(', ')}, found "${only}"`,
    );
  }
  const executor = await executorById((text(given, 'executor') ?? 'ort-cpu') as ExecutorId);
  const results: Record<string, Record<string, number>> = {};
  for (const name of workloads) {
    const ms = await benchWorkload(name, executor, integer(given, 'steps', 30));
    results[name] = { [executor.id]: Number(ms.toFixed(3)) };
    output.say(`${name.padEnd(14)} ${executor.id} ${ms.toFixed(3)} ms`);
  }
  output.answer(
    results,
    workloads.map((name) => `${name} ${Object.values(results[name]!).join(' ')}`),
  );
  return 0;
}
