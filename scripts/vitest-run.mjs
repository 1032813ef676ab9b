import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runTool } from './command.mjs';

/**
 * Runs projects of vitest.config.ts and counts their tests.
 *
 * @param {readonly string[]} projects
 * @param {Record<string, string>} [env]
 * @returns {Promise<import('./stages.mjs').Outcome>}
 */
export async function runVitest(projects, env = {}) {
  return withScratch(async (scratch) => {
    const tally = path.join(scratch, 'tally.json');
    const { code, output } = await runTool(
      'vitest/vitest.mjs',
      [
        ...['run', '--reporter=default', '--reporter=./scripts/vitest-tally.mjs'],
        ...projects.flatMap((project) => ['--project', project]),
      ],
      { env: { ...env, FEWSTEP_TALLY: tally } },
    );
    const counts = existsSync(tally)
      ? JSON.parse(readFileSync(tally, 'utf8'))
      : { passed: 0, failed: 0, skipped: [] };
    return { ...withExitCode(code, counts), output };
  });
}

/**
 * A runner that ends badly with no failed test to show for it has failed all the same; so has one that ran no test.
 *
 * @template {Pick<import('./stages.mjs').Outcome, 'passed' | 'failed' | 'skipped'>} Counts
 * @param {number | null} code
 * @param {Counts} counts
 */
export function withExitCode(code, counts) {
  const isHollow = counts.failed === 0 && (code !== 0 || counts.passed === 0);
  return isHollow ? { ...counts, failed: 1 } : counts;
}

/**
 * @template T
 * @param {(folder: string) => Promise<T>} use
 */
export async function withScratch(use) {
  const folder = mkdtempSync(path.join(tmpdir(), 'fewstep-test-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
