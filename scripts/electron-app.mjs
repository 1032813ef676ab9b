import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';

const PACKAGE = path.join(root, 'node_modules/electron');
/** About 120 MB over a slow line; what takes longer is not coming. */
const FETCH_MINUTES = 10;
/** One Ctrl-C arrives twice under npm, which passes on what the terminal has sent to all already. */
const ECHO_MS = 1000;

/**
 * Electron's program, fetched by its own installer where it is not there yet.
 *
 * @param {(line: string) => void} say
 * @param {string} [folder] the package `electron`
 * @returns {Promise<string>}
 * @throws {Error} with the reason, in a few words
 */
export async function obtainElectron(say, folder = PACKAGE) {
  const found = findElectron(folder);
  if (found !== undefined) return found;
  const installer = path.join(folder, 'install.js');
  if (!existsSync(installer)) throw new Error('the package electron is not installed; run npm ci');
  say("Fetching Electron's program, once …");
  await install(installer);
  const installed = findElectron(folder);
  if (installed === undefined) throw new Error("Electron's installer left no program");
  return installed;
}

/** @param {string} folder the package `electron` */
function findElectron(folder) {
  const named = path.join(folder, 'path.txt');
  if (!existsSync(named)) return undefined;
  const dist = process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? path.join(folder, 'dist');
  const program = path.join(dist, readFileSync(named, 'utf8'));
  return existsSync(program) ? program : undefined;
}

/** @param {string} installer */
async function install(installer) {
  const child = spawn(process.execPath, [installer], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: FETCH_MINUTES * 60_000,
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (log += text));
  /** @type {[number | null, NodeJS.Signals | null]} */
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (...how) => resolve(how));
  });
  if (code === 0) return;
  if (signal !== null) throw new Error(`Electron could not be fetched within ${FETCH_MINUTES} minutes`);
  const reason = log.split('\n').find((line) => line.includes('rror')) ?? `its installer ended with ${code}`;
  throw new Error(`Electron could not be fetched (${reason.replace(/^.*?rror: */, '').trim()})`);
}

/**
 * Runs the app and waits until it has ended. Signals are passed on: the first asks it to save and quit, a later one
 * ends it at once.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {Promise<{ code: number | null, signal: NodeJS.Signals | null }>}
 */
export async function runElectron(program, args) {
  const { ELECTRON_RUN_AS_NODE: _, ...env } = process.env;
  // In a process group of its own: Electron dies of the second Ctrl-C that it sees, in the middle of saving.
  const isGroup = process.platform !== 'win32';
  const child = spawn(program, [root, ...args], { stdio: 'inherit', env, detached: isGroup });
  let latest = -Infinity;
  let isAsked = false;
  function pass() {
    const sinceLatest = performance.now() - latest;
    latest = performance.now();
    if (sinceLatest < ECHO_MS || child.pid === undefined) return;
    if (!isAsked) child.kill('SIGTERM');
    else if (isGroup) process.kill(-child.pid, 'SIGKILL');
    else child.kill('SIGKILL');
    isAsked = true;
  }
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
  for (const signal of signals) process.on(signal, pass);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
  } finally {
    for (const signal of signals) process.off(signal, pass);
  }
}
