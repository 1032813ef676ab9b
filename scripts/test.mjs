/*
 * npm test: every check of the project, one line each. Its last line counts them: `N passed, M failed`.
 *
 *   npm test -- --only lint,unit     these stages and no others
 *   npm test -- --skip e2e           all but these
 */
import { parseArgs } from 'node:util';
import { onOwnNode } from './own-node.mjs';
import { stages } from './stages.mjs';

await onOwnNode();

const chosen = chooseStages();
const total = { passed: 0, failed: 0 };
/** @type {{ name: string, reason: string }[]} */
const skipped = [];

for (const [name, run] of Object.entries(stages)) {
  const why = chosen.whyNot(name);
  if (why !== undefined) {
    skipped.push({ name, reason: why });
    continue;
  }
  if (process.stdout.isTTY) process.stdout.write(`${name} …`);
  const started = performance.now();
  const outcome = await run().catch(crashed);
  if (process.stdout.isTTY) process.stdout.write('\r');
  console.log(lineFor(name, (performance.now() - started) / 1000, outcome));
  if (outcome.failed > 0) console.log(`\n${outcome.output.trim()}\n`);
  total.passed += outcome.passed;
  total.failed += outcome.failed;
  skipped.push(...outcome.skipped);
}

for (const { name, reason } of skipped) console.log(`skipped: ${name} (${reason})`);
const tail = skipped.length > 0 ? `, ${skipped.length} skipped` : '';
console.log(`${total.passed} passed, ${total.failed} failed${tail}`);
process.exitCode = total.failed === 0 ? 0 : 1;

/** Reads the command line; a stage it does not know ends the program, lest a misspelt one pass for green. */
function chooseStages() {
  const { only, skip } = readFlags();
  const unknown = [...(only ?? []), ...skip].filter((name) => !Object.hasOwn(stages, name));
  if (unknown.length > 0) refuse(`Unknown stage: ${unknown.join(', ')}`);
  return {
    /** @param {string} name */
    whyNot(name) {
      if (only !== undefined && !only.includes(name)) return `left out by --only ${only.join(',')}`;
      return skip.includes(name) ? 'left out by --skip' : undefined;
    },
  };
}

function readFlags() {
  try {
    const { values } = parseArgs({ options: { only: { type: 'string' }, skip: { type: 'string' } } });
    return { only: values.only?.split(','), skip: values.skip?.split(',') ?? [] };
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

/**
 * @param {string} message
 * @returns {never}
 */
function refuse(message) {
  console.error(message);
  console.error(`Stages: ${Object.keys(stages).join(', ')}`);
  process.exit(2);
}

/**
 * @param {unknown} error
 * @returns {import('./stages.mjs').Outcome}
 */
function crashed(error) {
  const output = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { passed: 0, failed: 1, skipped: [], output };
}

/**
 * @param {string} name
 * @param {number} secs
 * @param {import('./stages.mjs').Outcome} outcome
 */
function lineFor(name, secs, { passed, failed, note }) {
  const verdict = failed > 0 ? 'FAILED' : 'passed';
  const counts = passed + failed > 1 ? `${passed} of ${passed + failed}` : '';
  return `${name.padEnd(11)}${verdict}${secs.toFixed(1).padStart(8)} s  ${counts}  ${note ?? ''}`.trimEnd();
}
