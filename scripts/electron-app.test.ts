import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { obtainElectron } from './electron-app.mjs';
import { root } from './paths.mjs';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fewstep-electron-'));
  vi.stubEnv('ELECTRON_OVERRIDE_DIST_PATH', undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** A package `electron` whose installer does that. */
function writeInstaller(script: string): void {
  writeFileSync(path.join(folder, 'install.js'), script);
}

const installs = `
  const fs = require('fs'), path = require('path');
  fs.mkdirSync(path.join(__dirname, 'dist'), { recursive: true });
  fs.writeFileSync(path.join(__dirname, 'dist', 'program'), '');
  fs.writeFileSync(path.join(__dirname, 'path.txt'), 'program');
`;

describe("Electron's program", () => {
  it('is fetched once, by its own installer', async () => {
    writeInstaller(`${installs} fs.appendFileSync(path.join(__dirname, 'log'), 'x');`);
    const say = vi.fn();
    const program = path.join(folder, 'dist', 'program');
    expect(await obtainElectron(say, folder)).toBe(program);
    expect(await obtainElectron(say, folder)).toBe(program);
    expect(say).toHaveBeenCalledExactlyOnceWith("Fetching Electron's program, once …");
    expect(readFileSync(path.join(folder, 'log'), 'utf8')).toBe('x');
  });

  it.each([
    ['is not there', null, /not installed; run npm ci/],
    [
      'fails',
      `console.error('TypeError: fetch failed\\n    at somewhere'); process.exit(1);`,
      /^Electron could not be fetched \(fetch failed\)$/,
    ],
    ['fails without a word', 'process.exit(3)', /installer ended with 3/],
    ['does nothing', '', /left no program/],
  ])('is not to be had where the installer %s, and why is one line', async (_what, script, reason) => {
    if (script !== null) writeInstaller(script);
    await expect(obtainElectron(() => {}, folder)).rejects.toThrow(reason);
  });

  it('may be kept elsewhere', async () => {
    writeInstaller(installs);
    await obtainElectron(() => {}, folder);
    const elsewhere = path.join(folder, 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(path.join(elsewhere, 'program'), '');
    vi.stubEnv('ELECTRON_OVERRIDE_DIST_PATH', elsewhere);
    expect(await obtainElectron(() => {}, folder)).toBe(path.join(elsewhere, 'program'));
  });
});

describe.skipIf(process.platform === 'win32')('the running app', () => {
  /** Runs `runElectron` in a process of its own, which can be sent signals, on a shell script as the app. */
  async function run(script: string): Promise<{ child: ReturnType<typeof spawn>; log: () => string }> {
    const program = path.join(folder, 'app');
    const log = path.join(folder, 'app-log');
    writeFileSync(program, `#!/bin/sh\nexec >> ${log}\n${script}\n`);
    chmodSync(program, 0o755);
    const code = `
      import { runElectron } from ${JSON.stringify(path.join(root, 'scripts/electron-app.mjs'))};
      console.log(JSON.stringify(await runElectron(${JSON.stringify(program)}, ['--home', 'x'])));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    });
    return { child, log: () => (existsSync(log) ? readFileSync(log, 'utf8') : '') };
  }

  async function endOf(child: ReturnType<typeof spawn>): Promise<unknown> {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (more: string) => (text += more));
    await once(child, 'close');
    return JSON.parse(text) as unknown;
  }

  it('gets its folder and arguments, is Electron and not Node, and passes its exit code on', async () => {
    const { child, log } = await run('echo "$@" "[$ELECTRON_RUN_AS_NODE]"; exit 7');
    expect(await endOf(child)).toEqual({ code: 7, signal: null });
    expect(log()).toBe(`${root} --home x []\n`);
  });

  it('is asked once to quit by a Ctrl-C that comes twice', async () => {
    const { child, log } = await run(
      `trap 'echo asked' TERM; trap 'echo interrupted' INT; echo started; while [ ! -e ${folder}/leave ]; do sleep 0.05; done; exit 0`,
    );
    const ended = endOf(child);
    await expect.poll(log).toContain('started');
    child.kill('SIGINT');
    child.kill('SIGINT');
    await expect.poll(log).toContain('asked');
    writeFileSync(path.join(folder, 'leave'), '');
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(log()).toBe('started\nasked\n');
  });

  it('is ended by a signal that comes later', async () => {
    const { child, log } = await run(`trap 'echo asked' TERM; echo started; while :; do sleep 0.05; done`);
    const ended = endOf(child);
    await expect.poll(log).toContain('started');
    child.kill('SIGTERM');
    await expect.poll(log).toContain('asked');
    // Later than the echo of the first.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    child.kill('SIGTERM');
    expect(await ended).toEqual({ code: null, signal: 'SIGKILL' });
  });
});
