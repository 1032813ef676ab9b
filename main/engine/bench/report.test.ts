import { check } from 'prettier';
import { describe, expect, it } from 'vitest';
import { type BenchReport, type BenchRow, type BenchSection, benchmarksMarkdown } from './report.ts';
import type { TimeSpent } from './where.ts';

const row: BenchRow = {
  workload: 'dit-64',
  msPerStep: 20,
  flopsPerStep: 1e9,
  uploadedBytesPerStep: 2048,
  readBytesPerStep: 4,
  stateBytesPerStep: 0,
  fallbacks: ['TopK'],
  where: null,
  peers: {},
};
const where: TimeSpent = {
  profiledMsPerStep: 30,
  uploadMs: 0.5,
  dispatchMs: 4,
  kernelsMs: 21.5,
  readbackMs: 0.25,
  kernels: ['Gemm', 'Mul', 'Sub', 'ReduceSum (Transpose)', 'Exp'].map((name, i) => ({ name, ms: 10 - i })),
  notMeasured: null,
};
const section: BenchSection = {
  executor: 'ort-cpu',
  device: { name: 'A processor', memoryBytes: 8 * 2 ** 30, features: ['2 threads'], isSoftware: false },
  peak: 1e11,
  results: [row],
};
const report: BenchReport = {
  date: '2026-01-02',
  versions: { node: '24.0.0' },
  processor: section,
  graphics: null,
  withoutGraphics: 'No WebGPU device was found.',
};

function processorText(...rows: readonly BenchRow[]): string {
  const text = benchmarksMarkdown({ ...report, processor: { ...section, results: rows } });
  return text.split('## On a graphics device')[0]!;
}

describe('BENCHMARKS.md', () => {
  it('names the device and puts arithmetic beside its peak', () => {
    const text = processorText(row);
    expect(text).toContain('Measured on 2026-01-02 with node 24.0.0.');
    expect(text).toContain('`ort-cpu` on A processor, 8 GiB, 2 threads; matrix peak 0.100 TFLOP/s.');
    expect(text).toMatch(
      /\| `dit-64` +\| 20\.00 +\| 0\.0500 +\| 50% +\| 2\.0 KiB +\| 4 B +\| 0 B +\| TopK +\|/,
    );
  });

  it('says where the time goes if that was asked for', () => {
    expect(processorText(row)).not.toContain('Where the time goes');
    const parts = '30.00 +| 0.50 +| 4.00 +| 21.50 +| 0.25 +';
    const kernels = String.raw`Gemm 10.00, Mul 9.00, Sub 8.00, ReduceSum \(Transpose\) 7.00`;
    expect(processorText({ ...row, where })).toMatch(
      new RegExp(`\\| \`dit-64\` +\\| ${parts.replaceAll('|', '\\|')}\\| ${kernels} +\\|`),
    );
  });

  it('says what was not measured, and why, once', () => {
    const without = {
      ...where,
      kernelsMs: null,
      kernels: [],
      notMeasured: 'the profile has no times of A card',
    };
    const text = processorText({ ...row, where: without }, { ...row, workload: 'dit-32', where: without });
    expect(text.match(/\| not measured +\|/g)).toHaveLength(2);
    expect(text.match(/Kernels were not measured: the profile has no times of A card\./g)).toHaveLength(1);
  });

  it('has nothing uploaded or read back on the processor', () => {
    const text = processorText({ ...row, where: { ...where, uploadMs: null, readbackMs: null } });
    expect(text).toMatch(/\| none +\| 4\.00 +\| 21\.50 +\| none +\|/);
  });

  it('has ratios to peers where they were timed', () => {
    expect(processorText(row)).not.toContain('Against others');
    const text = processorText(
      { ...row, peers: { torch: 40, 'torch.compile': 16 } },
      { ...row, workload: 'dit-32', peers: { jax: 10 } },
      { ...row, workload: 'dit-16' },
    );
    const [, after] = text.split('### Against others');
    expect(after).toMatch(/\| workload +\| the fastest +\| torch +\| torch\.compile +\| jax +\|/);
    expect(after).toMatch(/\| `dit-64` +\| 1\.25 \(torch\.compile\) +\| 0\.50 +\| 1\.25 +\| +\|/);
    expect(after).toMatch(/\| `dit-32` +\| 2\.00 \(jax\) +\| +\| +\| 2\.00 +\|/);
    expect(after).not.toContain('dit-16');
  });

  it('says that there was no graphics device, over an empty table', () => {
    const [, after] = benchmarksMarkdown(report).split('## On a graphics device');
    expect(after).toContain('No WebGPU device was found. The table is empty');
    expect(after!.split('\n').filter((line) => line.startsWith('|'))).toHaveLength(2);
  });

  const full: BenchSection = { ...section, results: [{ ...row, where, peers: { torch: 40 } }] };
  it.each([
    ['without graphics', section, null],
    ['with graphics', section, section],
    ['with all there is', full, full],
  ])('is formatted as the project is, %s', async (_, processor, graphics) => {
    const text = benchmarksMarkdown({ ...report, processor, graphics });
    expect(await check(text, { parser: 'markdown' })).toBe(true);
  });
});
