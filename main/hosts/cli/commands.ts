/** The commands that ask the engine one question. */
import fs from 'node:fs';
import path from 'node:path';
import { WorkbenchError } from '#contract/errors.ts';
import type { CallInput } from '#contract/workbench.ts';
import { npyFromPoints } from '../../datasets/index.ts';
import { WORKLOADS, benchWorkload } from '../../engine/bench.ts';
import { checkGoldenFolder } from '../../engine/golden.ts';
import { programVersion } from '../../engine/version.ts';
import { writeFileAtomic } from '../../store/atomic-file.ts';
import { engineVersions, executorById, probeExecutors } from '../../tensor/device.ts';
import type { ExecutorId } from '../../tensor/executors/executor.ts';
import { withEngine } from './engine.ts';
import { type FlagValues, numberFrom, parseFlags } from './flags.ts';
import { type Output, brief } from './output.ts';

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

/** `fewstep sample --run RUN`: draws samples into a file. */
export async function sample(argv: readonly string[], output: Output): Promise<number> {
  const given = parseFlags(argv, {
    run: 'string',
    n: 'string',
    nfe: 'string',
    seed: 'string',
    step: 'string',
    out: 'string',
    ...ASKED_FLAGS,
    home: 'string',
    json: 'boolean',
  });
  const run = required(given, 'run', 'a run by id or folder');
  const count = integer(given, 'n', 1000);
  const seed = integer(given, 'seed', 0);
  return withEngine(text(given, 'home'), async (client) => {
    const { folder } = await client.call('runs.get', { run });
    const frame = await client.call('views.compute', {
      run,
      view: { kind: 'samples', count, seed, nfe: integer(given, 'nfe', 1), ...askedFrom(given) },
      ...(given['step'] === undefined ? {} : { step: integer(given, 'step', 0) }),
    });
    const values = frame.arrays['points']!;
    const file = text(given, 'out') ?? path.join(folder, 'samples', `step-${frame.step}-seed-${seed}.npy`);
    const content = file.toLowerCase().endsWith('.csv')
      ? csvFrom(values, frame.dim)
      : npyFromPoints({ count, dim: frame.dim, values: Float64Array.from(values) });
    fs.mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
    writeFileAtomic(path.resolve(file), content);
    output.answer({ file: path.resolve(file), step: frame.step, nfe: frame.nfe, count, dim: frame.dim }, [
      `${count} samples of step ${frame.step} at NFE ${frame.nfe}: ${file}`,
    ]);
    return 0;
  });
}

/** `fewstep eval --run RUN`: metrics for given NFEs. */
export async function evaluate(argv: readonly string[], output: Output): Promise<number> {
  const given = parseFlags(argv, {
    run: 'string',
    n: 'string',
    nfe: 'string',
    sampler: 'string',
    seed: 'string',
    candidates: 'string',
    verifier: 'string',
    ...ASKED_FLAGS,
    home: 'string',
    json: 'boolean',
  });
  const run = required(given, 'run', 'a run by id or folder');
  const nfe = (text(given, 'nfe') ?? '1').split(',').map((part) => numberFrom('nfe', part));
  const sampler = text(given, 'sampler');
  return withEngine(text(given, 'home'), async (client) => {
    const { results } = await client.call('runs.evaluate', {
      run,
      nfe,
      count: integer(given, 'n', 2000),
      seed: integer(given, 'seed', 0),
      ...(sampler === undefined ? {} : { sampler }),
      ...askedFrom(given),
      ...searchFrom(given),
    });
    output.answer(
      { results },
      results.flatMap((result) => [
        `NFE ${result.nfe}`,
        ...Object.entries(result.metrics).map(([name, value]) => `  ${name.padEnd(22)} ${brief(value)}`),
      ]),
    );
    return 0;
  });
}

/** What samples are asked for, and how policies are sampled. */
const ASKED_FLAGS = {
  label: 'string',
  guidance: 'string',
  temperature: 'string',
  stochasticity: 'string',
} as const;

function askedFrom(given: FlagValues): Record<string, number> {
  const names = Object.keys(ASKED_FLAGS).filter((name) => given[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, numberFrom(name, text(given, name)!)]));
}

/** Inference-time scaling by `--candidates N`. */
function searchFrom(given: FlagValues): { search?: CallInput<'runs.evaluate'>['search'] } {
  if (given['candidates'] === undefined) return {};
  // The contract refuses a verifier that it does not know, by name.
  const verifier = (text(given, 'verifier') ?? 'density') as 'density';
  return { search: { candidates: integer(given, 'candidates', 1), verifier } };
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

function text(given: FlagValues, flag: string): string | undefined {
  const value = given[flag];
  return typeof value === 'string' ? value : undefined;
}

function required(given: FlagValues, flag: string, what: string): string {
  const value = text(given, flag);
  if (value === undefined)
    throw new WorkbenchError('cli/missing-flag', `--${flag}: expected ${what}, found nothing`);
  return value;
}

function integer(given: FlagValues, flag: string, fallback: number): number {
  const value = text(given, flag);
  if (value === undefined) return fallback;
  const number = numberFrom(flag, value);
  if (Number.isInteger(number)) return number;
  throw new WorkbenchError('cli/bad-flag', `--${flag}: expected a whole number, found "${value}"`, {
    field: flag,
  });
}

function csvFrom(values: Float32Array, dim: number): string {
  const rows: string[] = [];
  for (let i = 0; i < values.length; i += dim) rows.push(Array.from(values.subarray(i, i + dim)).join(','));
  return `${rows.join('\n')}\n`;
}
