/** BENCHMARKS.md: what was measured, on what. */
import type { ExecutorDevice } from '#contract/engines.ts';
import { type PeerTimes, ratiosTo } from './peers.ts';
import type { BenchResult } from './run.ts';
import { table } from './table.ts';
import { bytes, millis, teraFlops } from './units.ts';
import type { TimeSpent } from './where.ts';

/** A workload with what it is held against. */
export interface BenchRow extends BenchResult {
  /** Null where nobody asked. */
  readonly where: TimeSpent | null;
  /** Of other programs on the same machine; empty where nobody timed them. */
  readonly peers: PeerTimes;
}

export interface BenchSection {
  readonly executor: string;
  readonly device: ExecutorDevice;
  /** FLOP/s of matrix products alone. */
  readonly peak: number;
  readonly results: readonly BenchRow[];
}

export interface BenchReport {
  /** ISO date. */
  readonly date: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly processor: BenchSection;
  /** Null where there is no graphics device, with what was found instead. */
  readonly graphics: BenchSection | null;
  readonly withoutGraphics: string;
}

/** Kernels that are named of each workload. */
const NAMED = 4;

export function benchmarksMarkdown(report: BenchReport): string {
  const { date, versions, processor, graphics, withoutGraphics } = report;
  const used = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    '# Benchmarks',
    '',
    'Written by `fewstep bench --write`; a step is a whole training step, its median.',
    'TFLOP/s count 2mnk for each product of matrices and nothing else; the peak is what the same executor reaches on large products alone.',
    '`mlp-BxH` is flow matching of points with an MLP of width H, `drift-N` the drifting toy, `dit-BxWxD` a DiT of width W and depth D on 64 tokens (`dit-B`: 128 and 4 on 16), each with batch B.',
    '',
    `Measured on ${date} with ${used.join(', ')}.`,
    '',
    '## On the processor',
    '',
    ...section(processor),
    '',
    '## On a graphics device',
    '',
    ...(graphics === null
      ? [
          `${withoutGraphics} The table is empty until the command is run where there is one.`,
          '',
          ...stepTable([], 1),
        ]
      : section(graphics)),
    '',
  ].join('\n');
}

function section({ executor, device, peak, results }: BenchSection): string[] {
  const memory = device.memoryBytes === null ? [] : [`${(device.memoryBytes / 2 ** 30).toFixed(0)} GiB`];
  const about = [device.name, ...memory, ...device.features].join(', ');
  return [
    `\`${executor}\` on ${about}; matrix peak ${teraFlops(peak)} TFLOP/s.`,
    '',
    ...stepTable(results, peak),
    ...whereSection(results),
    ...peerSection(results),
  ];
}

function stepTable(results: readonly BenchRow[], peak: number): string[] {
  const titles = ['workload', 'ms per step', 'TFLOP/s', 'of the peak'];
  const traffic = ['uploaded per step', 'read per step', 'state per step', 'on the processor instead'];
  const rows = results.map((result) => {
    const flops = result.flopsPerStep / (result.msPerStep / 1000);
    return [
      `\`${result.workload}\``,
      millis(result.msPerStep),
      teraFlops(flops),
      `${((100 * flops) / peak).toFixed(0)}%`,
      ...[result.uploadedBytesPerStep, result.readBytesPerStep, result.stateBytesPerStep].map(bytes),
      result.fallbacks.join(', '),
    ];
  });
  return table([...titles, ...traffic], rows);
}

/** Nothing where nobody asked. */
function whereSection(results: readonly BenchRow[]): string[] {
  const rows = results.flatMap(({ workload, where }) => (where === null ? [] : [{ workload, where }]));
  if (rows.length === 0) return [];
  const part = (ms: number | null): string => (ms === null ? 'none' : millis(ms));
  const reasons = new Set(rows.flatMap(({ where }) => where.notMeasured ?? []));
  return [
    '',
    '### Where the time goes',
    '',
    "Milliseconds of a step of median time while ONNX Runtime keeps its profile, which slows it: inputs are handed to the device, kernels are dispatched by the host without waiting for them, kernels compute by the device's own clock, and the loss comes back from a device that has nothing else to do.",
    'On a device kernels compute while further ones are dispatched, so the parts overlap; on the processor nothing is uploaded or read back, and dispatch is all that is not a kernel.',
    ...[...reasons].map((reason) => `Kernels were not measured: ${reason}.`),
    '',
    ...table(
      ['workload', 'profiled step', 'upload', 'dispatch', 'kernels', 'readback', 'most of the kernels'],
      rows.map(({ workload, where }) => [
        `\`${workload}\``,
        millis(where.profiledMsPerStep),
        part(where.uploadMs),
        millis(where.dispatchMs),
        where.kernelsMs === null ? 'not measured' : millis(where.kernelsMs),
        part(where.readbackMs),
        topKernels(where),
      ]),
    ),
  ];
}

/** The kernels that take most, e.g. `Gemm 1.20, Mul 0.30`. */
export function topKernels({ kernels }: TimeSpent): string {
  return kernels
    .slice(0, NAMED)
    .map(({ name, ms }) => `${name} ${millis(ms)}`)
    .join(', ');
}

/** Nothing where no peer was timed. */
function peerSection(results: readonly BenchRow[]): string[] {
  const rows = results.filter(({ peers }) => Object.keys(peers).length > 0);
  if (rows.length === 0) return [];
  const names = [...new Set(rows.flatMap(({ peers }) => Object.keys(peers)))];
  return [
    '',
    '### Against others',
    '',
    'Our time per step over that of the same step in other programs; below 1 ours is shorter. Their times were handed to the command in a file.',
    '',
    ...table(
      ['workload', 'the fastest', ...names],
      rows.map(({ workload, msPerStep, peers }) => {
        const ratios = ratiosTo(peers, msPerStep);
        const [fastest] = ratios;
        const ratioTo = (name: string): string =>
          ratios.find(({ peer }) => peer === name)?.ratio.toFixed(2) ?? '';
        return [`\`${workload}\``, `${fastest!.ratio.toFixed(2)} (${fastest!.peer})`, ...names.map(ratioTo)];
      }),
    ),
  ];
}
