import { writeSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildIfNeeded } from './build-if-needed.mjs';
import { outFolder } from './bundles.mjs';
import { onOwnNode } from './own-node.mjs';
import { root } from './paths.mjs';

/**
 * Builds if needed and becomes the named bundle: same process, same arguments, so exit codes and signals, kill -9
 * included, are its own.
 *
 * @param {string} bundle file name in out/main
 * @param {string} npmScript the npm script that calls the caller
 */
export async function runBundle(bundle, npmScript) {
  await prepare(npmScript);
  const file = path.join(outFolder, 'main', bundle);
  process.argv[1] = file;
  await import(pathToFileURL(file).href);
}

/**
 * A Node that is new enough, bundles that are up to date, and the folder that the user stands in. Ends the process,
 * after saying why, where one of them is not to be had.
 *
 * @param {string} npmScript the npm script that calls the caller
 */
export async function prepare(npmScript) {
  await onOwnNode();
  try {
    await buildIfNeeded();
  } catch (error) {
    failBeforeStart(error instanceof Error ? error.message : String(error));
  }
  // npm runs its scripts in the repository; the user's relative paths start where the user stood.
  const calledFrom = process.env['INIT_CWD'];
  if (
    process.env['npm_lifecycle_event'] === npmScript &&
    process.cwd() === root &&
    calledFrom !== undefined
  ) {
    process.chdir(calledFrom);
  }
}

/**
 * @param {string} message
 * @returns {never}
 */
function failBeforeStart(message) {
  writeSync(2, `${message}\n`);
  if (process.argv.includes('--json')) {
    const [summary, ...log] = message.split('\n');
    const error = { code: 'build/failed', message: summary, detail: log.join('\n') };
    writeSync(1, `${JSON.stringify({ error })}\n`);
  }
  process.exit(1);
}
