/*
 * npm run build: the production bundles in out/, always made anew. With --if-needed only when a source has changed.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { isBuilt, outFolder, removeStamp, sourceDigest, writeStamp } from './bundles.mjs';
import { onOwnNode } from './own-node.mjs';
import { root } from './paths.mjs';

await onOwnNode();
process.chdir(root);
// A caller's development or test mode must not leak into the production bundles.
process.env['NODE_ENV'] = 'production';

mkdirSync(outFolder, { recursive: true });
const release = await holdBuildLock();
try {
  const digest = sourceDigest();
  if (!process.argv.includes('--if-needed') || !isBuilt(digest)) {
    removeStamp();
    const { build } = await import('electron-vite');
    await build({ logLevel: 'warn' });
    writeStamp(digest);
  }
} catch (error) {
  // The bundler's message shows the place in the source; its stack shows the bundler.
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  release();
}

/**
 * One build at a time: a second waits, and then finds its work done. SQLite holds the lock because it asks the
 * operating system for it, so a build that was killed leaves none behind.
 */
async function holdBuildLock() {
  const { DatabaseSync } = await import('node:sqlite');
  const lock = new DatabaseSync(path.join(outFolder, 'build.lock'));
  lock.exec('PRAGMA busy_timeout = 600000; BEGIN EXCLUSIVE');
  return () => lock.close();
}
