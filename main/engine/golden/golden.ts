/** Checks a folder of golden numbers: finds the files it knows by name and recomputes each. */
import fs from 'node:fs';
import path from 'node:path';
import { WorkbenchError, wireErrorFrom } from '#contract/errors.ts';
import { readSafetensors } from '../../checkpoints/index.ts';
import { POLICY_TOLERANCE, checkPolicyGolden } from '../../maths/policy/golden.ts';
import { DRIFT_TOLERANCE, checkDriftGolden } from '../../methods/drifting/golden.ts';
import { checkMetricsGolden } from '../../metrics/golden.ts';
import type { Executor } from '../../tensor/executors/executor.ts';
import { FORWARD_TOLERANCE } from '../checkpoints/forward.ts';
import { checkFlavours } from './golden-flavours.ts';
import {
  type NetworkCase,
  autoencoderCases,
  compareNetwork,
  diffusersCases,
  netsCases,
} from './golden-networks.ts';

/** Metrics are computed in float64 on both sides; the files hold float32 points. */
const METRICS_TOLERANCE = 1e-4;

export interface GoldenReport {
  readonly file: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  /** One line: how far off the worst number was, or why it was skipped or failed. */
  readonly note: string;
  readonly worst: number | null;
}

interface Checked {
  readonly name: string;
  readonly relativeError: number;
}

const CHECKS: readonly Check[] = [
  {
    pattern: /^drift-loss.*\.json$/,
    tolerance: DRIFT_TOLERANCE,
    parts: () => [],
    check: async (folder, file, executor) => {
      const comparisons = await checkDriftGolden(readJson(folder, file), executor);
      return comparisons.map((one) => ({ ...one, name: `case ${one.case} ${one.name}` }));
    },
  },
  {
    pattern: /^pi-policy.*\.json$/,
    tolerance: POLICY_TOLERANCE,
    parts: () => [],
    check: async (folder, file, executor) => {
      const comparisons = await checkPolicyGolden(readJson(folder, file), executor);
      return comparisons.map((one) => ({ ...one, name: `${one.case} ${one.name}` }));
    },
  },
  {
    pattern: /^metrics-.*\.json$/,
    tolerance: METRICS_TOLERANCE,
    parts: (_, file) => [file.replace(/\.json$/, '.safetensors')],
    check: (folder, file) => Promise.resolve(checkMetrics(folder, file)),
  },
  networksCheck(/^nets-.*\.json$/, (json, files) => netsCases(json, files)),
  networksCheck(/^diffusers-dit-.*\.json$/, diffusersCases),
  networksCheck(/^vae-.*\.json$/, autoencoderCases),
  {
    pattern: /^flavours-.*\.json$/,
    // Every number is the file's own: nothing is computed.
    tolerance: 0,
    parts: (folder, file) => besides(folder, file).map((full) => path.basename(full)),
    check: (folder, file) => {
      const [container] = besides(folder, file);
      if (container !== undefined) return Promise.resolve(checkFlavours(readJson(folder, file), container));
      throw new WorkbenchError('golden/missing-part', `Expected the tensors of ${file}, found no such file.`);
    },
  },
];

interface Check {
  readonly pattern: RegExp;
  readonly tolerance: number;
  /** Other files that belong to this one, of those that are there. */
  readonly parts: (folder: string, file: string) => string[];
  readonly check: (folder: string, file: string, executor: Executor) => Promise<Checked[]>;
}

/** Networks whose description is one file, and whose weights and numbers are others. */
function networksCheck(
  pattern: RegExp,
  casesOf: (json: unknown, files: readonly string[], file: string) => NetworkCase[],
): Check {
  const cases = (folder: string, file: string): NetworkCase[] =>
    casesOf(readJson(folder, file), filesOf(folder), file);
  return {
    pattern,
    tolerance: FORWARD_TOLERANCE,
    parts: (folder, file) => {
      try {
        return cases(folder, file).flatMap(({ weights, io }) =>
          [weights, io].map((part) => path.basename(part)),
        );
      } catch {
        // What is wrong with it is said when it is checked.
        return [];
      }
    },
    check: async (folder, file, executor) => {
      const checked: Checked[] = [];
      for (const one of cases(folder, file)) checked.push(...(await compareNetwork(one, executor)));
      return checked;
    },
  };
}

/**
 * @param onReport  called as each file is done, in the order of names
 * @throws WorkbenchError `golden/no-folder` if there is nothing to read
 */
export async function checkGoldenFolder(
  folder: string,
  executor: Executor,
  onReport: (report: GoldenReport) => void,
): Promise<GoldenReport[]> {
  if (!fs.existsSync(folder) || !fs.statSync(folder).isDirectory()) {
    throw new WorkbenchError('golden/no-folder', `Expected a folder of golden files, found none: ${folder}`);
  }
  const files = filesOf(folder).map((file) => path.basename(file));
  const known = files.filter((file) => CHECKS.some(({ pattern }) => pattern.test(file)));
  const parts = new Set(
    known.flatMap((file) => CHECKS.find(({ pattern }) => pattern.test(file))!.parts(folder, file)),
  );
  const reports: GoldenReport[] = [];
  for (const file of files.sort()) {
    if (parts.has(file)) continue;
    const report = known.includes(file)
      ? await checked(folder, file, executor)
      : { file, status: 'skipped' as const, note: 'no check for this kind of file', worst: null };
    reports.push(report);
    onReport(report);
  }
  return reports;
}

async function checked(folder: string, file: string, executor: Executor): Promise<GoldenReport> {
  const { check, tolerance } = CHECKS.find(({ pattern }) => pattern.test(file))!;
  try {
    const comparisons = await check(folder, file, executor);
    const worst = comparisons.reduce((a, b) => (b.relativeError > a.relativeError ? b : a));
    const isGood = worst.relativeError <= tolerance;
    return {
      file,
      status: isGood ? 'passed' : 'failed',
      note: `${comparisons.length} numbers, worst ${worst.name}: ${worst.relativeError.toExponential(1)} relative (limit ${tolerance})`,
      worst: worst.relativeError,
    };
  } catch (error) {
    const { code, message } = wireErrorFrom(error);
    return { file, status: 'failed', note: `${message} (${code})`, worst: null };
  }
}

function checkMetrics(folder: string, file: string): Checked[] {
  const tensorFile = path.join(folder, file.replace(/\.json$/, '.safetensors'));
  if (!fs.existsSync(tensorFile)) {
    throw new WorkbenchError(
      'golden/missing-part',
      `Expected the points of ${file} in ${tensorFile}, found no such file.`,
    );
  }
  const { tensors } = readSafetensors(fs.readFileSync(tensorFile), tensorFile);
  const points = (name: string) => {
    const tensor = tensors.get(name);
    if (
      tensor === undefined ||
      !(tensor.data instanceof Float32Array || tensor.data instanceof Float64Array)
    ) {
      throw new WorkbenchError(
        'golden/missing-part',
        `${tensorFile}: expected a float tensor ${name}, found none.`,
      );
    }
    return { shape: tensor.shape, data: tensor.data };
  };
  return checkMetricsGolden(readJson(folder, file), points('real'), points('fake'), points('projections'));
}

/** By full path, in the order of names. */
function filesOf(folder: string): string[] {
  const names = fs.readdirSync(folder).filter((name) => /\.(json|safetensors|pt|pth|bin|ckpt)$/.test(name));
  return names.sort().map((name) => path.join(folder, name));
}

/** Files of the same stem, of whatever format. */
function besides(folder: string, file: string): string[] {
  const stem = file.replace(/\.json$/, '');
  return filesOf(folder).filter((each) => path.parse(each).name === stem && !each.endsWith('.json'));
}

function readJson(folder: string, file: string): unknown {
  const text = fs.readFileSync(path.join(folder, file), 'utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new WorkbenchError('golden/bad-json', `${file} is not JSON: ${(error as Error).message}`);
  }
}
