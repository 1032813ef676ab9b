import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';

const SOURCE_FOLDERS = ['main', 'preload', 'renderer', 'resources'];
const SOURCE_FILES = [
  'electron.vite.config.ts',
  'package-lock.json',
  'package.json',
  'svelte.config.js',
  'tsconfig.base.json',
  'tsconfig.renderer.json',
];
/** What is no part of a bundle, so that work on tests rebuilds nothing. */
const NOT_BUNDLED = /\.test\.ts$|\.md$|(^|\/)testdata\//;

const PRODUCTS = [
  'main/cli.js',
  'main/server.js',
  'main/engine.js',
  'main/reader.js',
  'main/engine-check.js',
  'main/desktop.js',
  'preload/index.cjs',
  'renderer/index.html',
];

export const outFolder = path.join(root, 'out');
const stampFile = path.join(outFolder, 'sources.sha256');

/**
 * A digest of everything the bundles are made from. Contents, not dates: a clone, a checkout or a copy changes dates
 * in both directions.
 */
export function sourceDigest() {
  const files = SOURCE_FOLDERS.flatMap((folder) => filesUnder(folder)).concat(SOURCE_FILES);
  const hash = createHash('sha256');
  for (const file of files.filter((name) => !NOT_BUNDLED.test(name)).sort()) {
    const full = path.join(root, file);
    if (!existsSync(full)) continue;
    const bytes = readFileSync(full);
    hash.update(`${file}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

/** Whether `out/` holds a finished build of these sources. */
export function isBuilt(digest = sourceDigest()) {
  if (!PRODUCTS.every((product) => existsSync(path.join(outFolder, product)))) return false;
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === digest;
}

export function removeStamp() {
  rmSync(stampFile, { force: true });
}

/** @param {string} digest of the sources as they were when the build began */
export function writeStamp(digest) {
  writeFileSync(stampFile, digest);
}

/** @param {string} folder relative to the repository, as are the results, with forward slashes */
function filesUnder(folder) {
  const full = path.join(root, folder);
  if (!existsSync(full)) return [];
  return readdirSync(full, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'));
}
