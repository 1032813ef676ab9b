import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { isBuilt } from './bundles.mjs';
import { root } from './paths.mjs';

/**
 * Brings `out/` up to date. What it has to say goes to stderr: stdout belongs to the command that follows.
 *
 * @throws {Error} with the build's log as its message
 */
export async function buildIfNeeded() {
  if (isBuilt()) return;
  if (!existsSync(path.join(root, 'node_modules/electron-vite'))) {
    throw new Error('The dependencies are not installed. Run: npm ci');
  }
  process.stderr.write('Building the workbench …\n');
  const started = performance.now();
  const { code, log } = await runBuild();
  if (code !== 0) throw new Error(`The build failed.\n${log.trimEnd()}`);
  process.stderr.write(`Built in ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
}

/**
 * In a process of its own: the bundler's memory is not the engine's, and a build whose caller is killed ends well.
 *
 * @returns {Promise<{ code: number | null, log: string }>}
 */
function runBuild() {
  const child = spawn(process.execPath, [path.join(root, 'scripts/build.mjs'), '--if-needed'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (log += text));
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, log: stripVTControlCharacters(log) }));
  });
}
