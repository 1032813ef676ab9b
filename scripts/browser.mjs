import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { chromium } from '@playwright/test';
import { runCommand } from './command.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const ELSEWHERE = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  String.raw`C:\Program Files\Google\Chrome\Application\chrome.exe`,
];
const DEBIAN_PACKAGES = ['chromium', 'fonts-dejavu-core'];

/**
 * The Chromium that the end-to-end tests drive: the one that CHROMIUM names, else one on PATH or in its usual place,
 * else Playwright's own.
 *
 * @returns {string | undefined}
 * @throws {Error} if CHROMIUM names no program
 */
export function findChromium() {
  const named = process.env['CHROMIUM'];
  if (named !== undefined && named !== '') {
    if (!isProgram(named)) throw new Error(`CHROMIUM names no program: ${named}`);
    return named;
  }
  const onPath = (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .filter((folder) => folder !== '')
    .flatMap((folder) => NAMES.map((name) => path.join(folder, name)));
  return [...onPath, ...ELSEWHERE, chromium.executablePath()].find(isProgram);
}

/**
 * Finds Chromium, or installs Debian's where this user may.
 *
 * @returns {Promise<{ program: string, note: string }>} note says what was installed, if anything was
 * @throws {Error} that says what to install by hand
 */
export async function obtainChromium() {
  const found = findChromium();
  if (found !== undefined) return { program: found, note: '' };
  const attempt = await installChromium();
  const installed = findChromium();
  if (installed !== undefined) return { program: installed, note: `installed ${DEBIAN_PACKAGES.join(' ')}` };
  throw new Error(
    [
      'No Chromium was found, so the end-to-end tests cannot run. Install one of these, then run the tests again:',
      `  Debian, Ubuntu     sudo apt-get update && sudo apt-get install ${DEBIAN_PACKAGES.join(' ')}`,
      '  Fedora             sudo dnf install chromium',
      '  macOS, Windows     Google Chrome',
      '  anywhere else      npx playwright install chromium',
      'or let the environment variable CHROMIUM name its program.',
      attempt,
    ].join('\n'),
  );
}

/** @returns {Promise<string>} what was tried and how it went, for the user if it was in vain */
async function installChromium() {
  if (!isOnPath('apt-get')) return 'Nothing was installed: there is no apt-get here.';
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && (!isOnPath('sudo') || (await runCommand('sudo', ['-n', 'true'])).code !== 0)) {
    return 'Nothing was installed: that needs root, or sudo without a password.';
  }
  const prefix = isRoot ? [] : ['sudo', '-n'];
  const apt = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-o', 'DPkg::Lock::Timeout=300'];
  let log = '';
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...DEBIAN_PACKAGES]]) {
    const [command = '', ...rest] = [...prefix, ...apt, ...args];
    const { code, output } = await runCommand(command, rest);
    log += output;
    // A failed update may still leave usable package lists; what counts is whether the install works.
    if (code === 0) continue;
    log += `apt-get ${args[0]} ended with ${code}\n`;
  }
  return `Tried to install it:\n${log.trimEnd()}`;
}

/** @param {string} name */
function isOnPath(name) {
  return (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .some((folder) => isProgram(path.join(folder, name)));
}

/** @param {string} file */
function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
