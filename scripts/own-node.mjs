import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';

/** The oldest Node with `node:sqlite` unflagged. npm scripts run on the project's own Node, which is newer. */
const OLDEST = { major: 22, minor: 13 };

/**
 * Returns on a Node that can run the workbench. On an older one it runs this same script again on the Node that
 * `npm ci` installed, passes signals on, ends as it ended, and never returns.
 */
export async function onOwnNode() {
  if (isNewEnough(process.versions.node)) {
    dieWithParent();
    return;
  }
  const node = ['bin/node', 'bin/node.exe']
    .map((name) => path.join(root, 'node_modules/node', name))
    .find((candidate) => existsSync(candidate));
  if (node === undefined) {
    const wanted = `${OLDEST.major}.${OLDEST.minor}`;
    console.error(
      `Node ${process.versions.node} is older than ${wanted} and the project's own is not installed.`,
    );
    console.error('Run: npm ci');
    process.exit(1);
  }
  const child = spawn(node, process.argv.slice(1), {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, FEWSTEP_REEXECUTED: '1' },
  });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => {
      // A terminal has already sent Ctrl-C to both of us; a second one would mean "at once".
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
  await new Promise(() => {});
}

/** @param {string} version */
function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor);
}

/** A script run again must not outlive a parent that was killed outright, or a "killed" run would train on. */
function dieWithParent() {
  if (process.env['FEWSTEP_REEXECUTED'] === undefined) return;
  delete process.env['FEWSTEP_REEXECUTED'];
  process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.channel?.unref();
}
