/* Exits 0 if node_modules holds what package-lock.json asks for, and otherwise says why not and exits 1. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';

/** @typedef {{ version?: string, integrity?: string, optional?: boolean, devOptional?: boolean, peer?: boolean }} Entry */

const reason = whyNotInstalled();
if (reason !== undefined) {
  console.error(`node_modules is not up to date: ${reason}`);
  process.exitCode = 1;
}

/** @returns {string | undefined} */
function whyNotInstalled() {
  const wanted = packagesOf('package-lock.json');
  if (wanted === undefined) return 'there is no package-lock.json';
  const installed = packagesOf('node_modules/.package-lock.json');
  if (installed === undefined) return 'nothing is installed';
  for (const [name, entry] of Object.entries(wanted)) {
    if (name === '') continue;
    const found = installed[name];
    // Packages for other platforms are in the lock file and rightly absent.
    if (found === undefined && (entry.optional || entry.devOptional)) continue;
    if (found === undefined) return `${name} is missing`;
    if (found.version !== entry.version || found.integrity !== entry.integrity)
      return `${name} is another version`;
  }
  const surplus = Object.keys(installed).find((name) => wanted[name] === undefined);
  if (surplus !== undefined) return `${surplus} is not in package-lock.json`;
  const hasNode = ['node', 'node.exe'].some((name) =>
    existsSync(path.join(root, 'node_modules/node/bin', name)),
  );
  return hasNode ? undefined : "the project's own Node is missing";
}

/**
 * @param {string} lockFile
 * @returns {Record<string, Entry> | undefined}
 */
function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(path.join(root, lockFile), 'utf8')).packages;
  } catch {
    return undefined;
  }
}
