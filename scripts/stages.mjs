import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { buildIfNeeded } from './build-if-needed.mjs';
import { runTool } from './command.mjs';
import { gpuStage } from './gpu-stage.mjs';
import { tensorflowStage } from './tensorflow-stage.mjs';
import { runVitest, withExitCode, withScratch } from './vitest-run.mjs';

/**
 * @typedef {object} Outcome of a stage
 * @property {number} passed
 * @property {number} failed
 * @property {{ name: string, reason: string }[]} skipped
 * @property {string} output what the user needs to see if something failed
 * @property {string} [note] what the user should know in any case
 */

/**
 * The checks, in order of what they cost. Each runs even if another failed.
 *
 * @type {Readonly<Record<string, () => Promise<Outcome>>>}
 */
export const stages = {
  format: () => check(runTool('prettier/bin/prettier.cjs', ['--check', '--log-level', 'warn', '.'])),
  lint: () => check(runTool('eslint/bin/eslint.js', ['--max-warnings', '0', '.'])),
  types,
  canary,
  layers: () =>
    check(
      runTool('dependency-cruiser/bin/dependency-cruiser.mjs', [
        ...['--config', '.dependency-cruiser.mjs'],
        ...['main', 'preload', 'renderer'],
      ]),
    ),
  dead: () => check(runTool('knip/bin/knip.js', ['--no-progress'])),
  unit: () => runVitest(['node', 'renderer']),
  gpu: gpuStage,
  build,
  tensorflow: tensorflowStage,
  e2e,
};

const TSC = 'typescript/bin/tsc';
const SVELTE_CHECK = 'svelte-check/bin/svelte-check';

/** One `tsc` per room, so that no room sees the globals of another, and svelte-check for the components. */
async function types() {
  const runs = await Promise.all([
    runTool(TSC, ['-p', 'tsconfig.contract.json']),
    runTool(TSC, ['-p', 'tsconfig.main.json']),
    runTool(TSC, ['-p', 'tsconfig.renderer.json']),
    runTool(TSC, ['-p', 'e2e']),
    runTool(SVELTE_CHECK, [
      ...['--tsconfig', './tsconfig.renderer.json'],
      ...['--fail-on-warnings', '--output', 'human'],
    ]),
  ]);
  const failures = runs.filter(({ code }) => code !== 0);
  return one(failures.length === 0, failures.map(({ output }) => output).join('\n'));
}

/** svelte-check has been seen to report nothing at all: it must find the errors planted in scripts/canary. */
async function canary() {
  const { code, output } = await runTool(SVELTE_CHECK, [
    ...['--workspace', 'scripts/canary', '--tsconfig', './tsconfig.json'],
    ...['--fail-on-warnings', '--output', 'machine'],
  ]);
  const source = readFileSync(new URL('canary/Canary.svelte', import.meta.url), 'utf8').split('\n');
  const planted = source.flatMap((line, index) =>
    line.includes('next line must be caught') ? [index + 2] : [],
  );
  const caught = [...output.matchAll(/ERROR "Canary\.svelte" (\d+):/g)].map((match) => Number(match[1]));
  const isAlive = code !== 0 && planted.length > 0 && String(caught) === String(planted);
  const story = `Errors are planted in scripts/canary/Canary.svelte on lines ${planted.join(', ')}; svelte-check said:`;
  return one(isAlive, `${story}\n${output}`);
}

async function build() {
  try {
    await buildIfNeeded();
    return one(true, '');
  } catch (error) {
    return one(false, messageOf(error));
  }
}

/** Journeys through the production bundles, in Debian's Chromium or another that is here. */
async function e2e() {
  let browser;
  try {
    // Loaded late: Playwright is of no use to the other stages.
    const { obtainChromium } = await import('./browser.mjs');
    browser = await obtainChromium();
    await buildIfNeeded();
  } catch (error) {
    return one(false, messageOf(error));
  }
  const { program, note } = browser;
  return withScratch(async (scratch) => {
    const file = path.join(scratch, 'report.json');
    const { code, output } = await runTool('@playwright/test/cli.js', ['test', '--reporter=list,json'], {
      env: { CHROMIUM: program, PLAYWRIGHT_JSON_OUTPUT_FILE: file },
    });
    const counts = existsSync(file)
      ? tallyOfPlaywright(JSON.parse(readFileSync(file, 'utf8')))
      : { passed: 0, failed: 0, skipped: [] };
    return { ...withExitCode(code, counts), output, note };
  });
}

/** @param {Promise<{ code: number | null, output: string }>} run */
async function check(run) {
  const { code, output } = await run;
  return one(code === 0, output);
}

/**
 * @param {boolean} isGood
 * @param {string} output
 * @returns {Outcome}
 */
function one(isGood, output) {
  return { passed: isGood ? 1 : 0, failed: isGood ? 0 : 1, skipped: [], output };
}

/**
 * @typedef {object} PlaywrightSuite
 * @property {PlaywrightSuite[]} [suites]
 * @property {{ title: string, file: string, tests: PlaywrightTest[] }[]} [specs]
 *
 * @typedef {object} PlaywrightTest
 * @property {'expected' | 'unexpected' | 'flaky' | 'skipped'} status
 * @property {{ type: string, description?: string }[]} annotations
 */

/**
 * A flaky test, failed and then passed, counts as failed: nobody should have to run a journey twice.
 *
 * @param {PlaywrightSuite} suite
 * @returns {Pick<Outcome, 'passed' | 'failed' | 'skipped'>}
 */
function tallyOfPlaywright(suite) {
  const parts = (suite.suites ?? []).map(tallyOfPlaywright);
  for (const { title, file, tests } of suite.specs ?? []) {
    for (const { status, annotations } of tests) {
      const reason = annotations.find(({ type }) => type === 'skip' || type === 'fixme')?.description;
      parts.push({
        passed: status === 'expected' ? 1 : 0,
        failed: status === 'unexpected' || status === 'flaky' ? 1 : 0,
        skipped:
          status === 'skipped' ? [{ name: `${file} > ${title}`, reason: reason ?? 'no reason given' }] : [],
      });
    }
  }
  return {
    passed: parts.reduce((sum, { passed }) => sum + passed, 0),
    failed: parts.reduce((sum, { failed }) => sum + failed, 0),
    skipped: parts.flatMap(({ skipped }) => skipped),
  };
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
