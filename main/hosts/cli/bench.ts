/** `fewstep bench`: milliseconds, TFLOP/s and bytes of a training step. */
import { writeFileSync } from 'node:fs';
import { type ExecutorId, executorId } from '#contract/engines.ts';
import { WorkbenchError } from '#contract/errors.ts';
import { matrixPeak } from '../../engine/bench/peak.ts';
import { type Peers, ratiosTo, readPeers } from '../../engine/bench/peers.ts';
import {
  type BenchRow,
  type BenchSection,
  benchmarksMarkdown,
  topKernels,
} from '../../engine/bench/report.ts';
import { benchWorkload } from '../../engine/bench/run.ts';
import { bytes, millis, teraFlops } from '../../engine/bench/units.ts';
import { type TimeSpent, checkKeepsProfile, whereTimeGoes } from '../../engine/bench/where.ts';
import { DEVICE_WORKLOADS, WORKLOADS, isWorkload } from '../../engine/bench/workloads.ts';
import { enginesFolder } from '../../engine/executors/executors.ts';
import { engineVersions, executorById, probeExecutor, useEnginesFolder } from '../../tensor/device.ts';
import type { Executor } from '../../tensor/executors/executor.ts';
import type { Precision } from '../../tensor/executors/precision.ts';
import { BENCH_HELP } from './bench-help.ts';
import { type FlagValues, integer, parseFlags, text } from './flags.ts';
import type { Output } from './output.ts';

const FILE = 'BENCHMARKS.md';

interface Measuring {
  readonly workloads: readonly string[];
  readonly steps: number;
  /** Whether to profile each, too. */
  readonly hasWhere: boolean;
  readonly peers: Peers;
}

/** With `--write`, of the processor and of a graphics device if there is one, into BENCHMARKS.md. */
export async function bench(argv: readonly string[], output: Output): Promise<number> {
  const given = parseFlags(argv, {
    only: 'string',
    steps: 'string',
    executor: 'string',
    precision: 'string',
    where: 'boolean',
    peers: 'string',
    'device-peers': 'string',
    write: 'boolean',
    home: 'string',
    json: 'boolean',
    help: 'boolean',
  });
  if (given['help'] === true) {
    output.answer({ usage: BENCH_HELP }, [BENCH_HELP]);
    return 0;
  }
  const home = text(given, 'home');
  if (home !== undefined) useEnginesFolder(enginesFolder(home));
  const steps = positive(integer(given, 'steps', 30));
  const only = text(given, 'only') ?? '';
  const peers = peersOf(given, 'peers');
  const devicePeers = peersOf(given, 'device-peers');
  if (given['write'] === true) return writeReport(steps, only, peers, devicePeers, output);
  if (given['device-peers'] !== undefined) {
    throw new WorkbenchError('cli/bad-flag', '--device-peers: expected together with --write, found without');
  }
  const hasWhere = given['where'] === true;
  const id = executorOf(text(given, 'executor') ?? 'ort-cpu');
  if (hasWhere) checkKeepsProfile(id);
  const precision = precisionOf(text(given, 'precision') ?? 'float32');
  const executor = await executorById(id, { precision });
  const workloads = chosen(only, WORKLOADS);
  const section = await measured(executor, { workloads, steps, hasWhere, peers }, output);
  output.answer({ [section.executor]: section }, []);
  return 0;
}

/** @throws WorkbenchError `cli/bad-flag` */
function executorOf(given: string): ExecutorId {
  const found = executorId.safeParse(given);
  if (found.success) return found.data;
  throw new WorkbenchError(
    'cli/bad-flag',
    `--executor: expected one of ${executorId.options.join(', ')}, found "${given}"`,
  );
}

function positive(steps: number): number {
  if (steps >= 1) return steps;
  throw new WorkbenchError('cli/bad-flag', `--steps: expected at least 1, found ${steps}`);
}

function peersOf(given: FlagValues, flag: string): Peers {
  const file = text(given, flag);
  return file === undefined ? {} : readPeers(file);
}

function precisionOf(given: string): Precision {
  if (given === 'float32' || given === 'float16') return given;
  throw new WorkbenchError('cli/bad-flag', `--precision: expected float32 or float16, found "${given}"`);
}

/** Those that were asked for by a part of their names, or one of any size by its whole name. */
function chosen(only: string, among: readonly string[]): readonly string[] {
  if (isWorkload(only)) return [only];
  const found = among.filter((name) => name.includes(only));
  if (found.length > 0) return found;
  throw new WorkbenchError(
    'cli/bad-flag',
    `--only: expected part of one of ${among.join(', ')}, or sizes such as dit-256x512x12, found "${only}"`,
  );
}

async function measured(
  executor: Executor,
  { workloads, steps, hasWhere, peers }: Measuring,
  output: Output,
): Promise<BenchSection> {
  const { id, device } = executor;
  output.say(`${id} on ${[device.name, ...device.features].join(', ')}`);
  const peak = await matrixPeak(executor);
  output.say(`${'matrix peak'.padEnd(16)} ${teraFlops(peak)} TFLOP/s`);
  const results: BenchRow[] = [];
  for (const name of workloads) {
    const result = await benchWorkload(name, executor, steps);
    const where = hasWhere ? await whereTimeGoes(name, executor, steps) : null;
    const row = { ...result, where, peers: peers[name] ?? {} };
    results.push(row);
    for (const line of linesOf(row, peak)) output.say(line);
  }
  return { executor: id, device, peak, results };
}

function linesOf(row: BenchRow, peak: number): string[] {
  const { workload, msPerStep, flopsPerStep, fallbacks, where, peers } = row;
  const flops = flopsPerStep / (msPerStep / 1000);
  const step = [
    `${workload.padEnd(16)} ${msPerStep.toFixed(3)} ms`,
    `${teraFlops(flops)} TFLOP/s (${((100 * flops) / peak).toFixed(0)}% of the peak)`,
    `uploaded ${bytes(row.uploadedBytesPerStep)}`,
    `read ${bytes(row.readBytesPerStep)}`,
    `state ${bytes(row.stateBytesPerStep)} per step`,
    ...(fallbacks.length > 0 ? [`on the processor instead: ${fallbacks.join(' ')}`] : []),
  ];
  const ratios = ratiosTo(peers, msPerStep).map(({ peer, ratio }) => `${ratio.toFixed(2)} x ${peer}`);
  const further = [
    ...(where === null ? [] : [whereText(where), `kernels: ${topKernels(where)}`]),
    ...(ratios.length > 0 ? [`takes ${ratios.join(', ')}, the fastest first`] : []),
  ];
  return [step.join(', '), ...further.map((line) => `${''.padEnd(16)} ${line}`)];
}

function whereText(where: TimeSpent): string {
  const parts = [
    ['upload', where.uploadMs],
    ['dispatch', where.dispatchMs],
    ['readback', where.readbackMs],
  ] as const;
  const kernels =
    where.kernelsMs === null
      ? `kernels not measured (${where.notMeasured})`
      : `kernels ${millis(where.kernelsMs)}`;
  const timed = parts.flatMap(([name, ms]) => (ms === null ? [] : [`${name} ${millis(ms)}`]));
  return `profiled step ${millis(where.profiledMsPerStep)} ms: ${[...timed, kernels].join(', ')}`;
}

async function writeReport(
  steps: number,
  only: string,
  peers: Peers,
  devicePeers: Peers,
  output: Output,
): Promise<number> {
  const measure = async (
    executor: Executor,
    among: readonly string[],
    given: Peers,
  ): Promise<BenchSection> => {
    const workloads = chosen(only, among);
    return measured(executor, { workloads, steps, hasWhere: true, peers: given }, output);
  };
  const processor = await measure(await executorById('ort-cpu'), WORKLOADS, peers);
  const { available, device, reason } = await probeExecutor('ort-webgpu');
  const isReal = available && device !== null && !device.isSoftware;
  const found =
    device === null ? reason : `The only one that was found, ${device.name}, is played by the processor.`;
  const graphics = isReal
    ? await measure(await executorById('ort-webgpu'), DEVICE_WORKLOADS, devicePeers)
    : null;
  const report = {
    date: new Date().toISOString().slice(0, 10),
    versions: engineVersions(),
    processor,
    graphics,
    withoutGraphics: found,
  };
  writeFileSync(FILE, benchmarksMarkdown(report));
  output.answer(report, [`Written to ${FILE}`]);
  return 0;
}
