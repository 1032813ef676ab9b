/*
 * npm run package: installable packages of the desktop app in out/packages, for the system this runs on.
 *
 *   npm run package -- --dir     the app's folder alone, unpacked
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { onOwnNode } from './own-node.mjs';
import { root } from './paths.mjs';
import { buildIfNeeded } from './build-if-needed.mjs';

await onOwnNode();
try {
  await buildIfNeeded();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
const builder = path.join(root, 'node_modules/electron-builder/cli.js');
const child = spawn(
  process.execPath,
  [builder, '--config', 'electron-builder.config.mjs', ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
child.once('exit', (code) => (process.exitCode = code ?? 1));
