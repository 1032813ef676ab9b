import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { expect, it } from 'vitest';

const MODULE = path.join(import.meta.dirname, 'end-with-npm.mjs');

/** A stand-in for npm, killable by itself, that runs the command of a script through a shell. */
function startUnderNpm() {
  const command = `import(${JSON.stringify(MODULE)}).then((m) => { m.endWithNpm('fewstep'); console.log(process.pid); setInterval(() => {}, 1000); })`;
  const npm = `require('child_process').spawn('sh', ['-c', '"$NODE" -e "$COMMAND"; true'], { stdio: 'inherit' })`;
  return spawn(process.execPath, ['-e', npm], {
    env: { ...process.env, NODE: process.execPath, COMMAND: command, npm_lifecycle_event: 'fewstep' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

it.skipIf(process.platform !== 'linux')(
  'a command ends with the npm that ran it, and not before',
  async () => {
    const npm = startUnderNpm();
    const [line] = (await once(npm.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    // Several looks later it is still there.
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(isAlive(pid)).toBe(true);
    npm.kill('SIGKILL');
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  },
);
