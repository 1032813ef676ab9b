import { readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 200;

/**
 * Ends this process when the npm that runs it has gone. npm passes on every signal that it can catch, but one that is
 * killed outright would leave its command behind, training on and holding the run that its user wants to resume.
 * Linux only: elsewhere there is no cheap way to ask who the parent of a parent is.
 *
 * @param {string} npmScript the npm script that calls the caller
 */
export function endWithNpm(npmScript) {
  if (process.platform !== 'linux' || process.env['npm_lifecycle_event'] !== npmScript) return;
  // npm starts a script through a shell, which may or may not stay between them.
  const shell = isShell(process.ppid) ? process.ppid : null;
  const npm = shell === null ? process.ppid : parentOf(shell);
  const look = setInterval(() => {
    const parent = shell === null ? process.ppid : parentOf(shell);
    if (parent !== npm) process.kill(process.pid, 'SIGKILL');
  }, LOOK_EVERY_MS);
  look.unref();
}

/** @param {number} pid */
function isShell(pid) {
  return /^(\S*\/)?(sh|dash|bash)\0-c\0/.test(read(`/proc/${pid}/cmdline`));
}

/** @param {number} pid */
function parentOf(pid) {
  // The second field, a name in brackets, may hold anything; the parent is the second field after it.
  const stat = read(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? -1);
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
