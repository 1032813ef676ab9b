import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';

/** A command that has not ended by then hangs; it is stopped so that the remaining checks still run. */
const LONGEST_MINUTES = 30;

/**
 * Runs a command in the repository and waits for it.
 *
 * @param {string} command an absolute path or a name on PATH
 * @param {readonly string[]} args
 * @param {{ env?: Record<string, string> }} [options] env is added to the caller's
 * @returns {Promise<{ code: number | null, output: string }>} output is stdout and stderr as they came
 */
export function runCommand(command, args, { env = {} } = {}) {
  const { FORCE_COLOR: _, ...plain } = process.env;
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...plain, NO_COLOR: '1', ...env },
  });
  // Of our own: that of spawn runs on, and holds the process, where there is no such command.
  const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_MINUTES * 60_000);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  }
  return new Promise((resolve) => {
    child.once('error', (error) => {
      clearTimeout(timer);
      resolve({ code: null, output: `${output}${error.message}\n` });
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const ending =
        signal === null ? '' : `\nEnded by ${signal}; commands have ${LONGEST_MINUTES} minutes.\n`;
      resolve({ code, output: output + ending });
    });
  });
}

/**
 * Runs a tool of `node_modules` on this very Node, whatever PATH says.
 *
 * @param {string} file path inside node_modules
 * @param {readonly string[]} args
 * @param {{ env?: Record<string, string> }} [options]
 */
export async function runTool(file, args, options) {
  const tool = path.join(root, 'node_modules', file);
  if (!existsSync(tool)) return { code: null, output: `${file} is not installed. Run: npm ci\n` };
  return runCommand(process.execPath, [tool, ...args], options);
}
