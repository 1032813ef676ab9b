import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findChromium, obtainChromium } from './browser.mjs';

let folder: string;

beforeEach((context) => {
  folder = mkdtempSync(path.join(tmpdir(), 'fewstep-browser-'));
  vi.stubEnv('CHROMIUM', '');
  vi.stubEnv('PATH', folder);
  context.skip(process.platform === 'win32', 'apt-get is played by a shell script');
  context.skip(findChromium() !== undefined, 'this machine has a browser outside PATH');
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function writeProgram(name: string, script: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** A machine with apt-get, and the right to use it; `install` is what happens after it was called. */
function writeDebian(install: string): () => string {
  const log = path.join(folder, 'log');
  for (const name of ['env', 'touch', 'chmod']) symlinkSync(`/usr/bin/${name}`, path.join(folder, name));
  writeProgram('sudo', 'shift; exec "$@"');
  writeProgram(
    'apt-get',
    `echo "$DEBIAN_FRONTEND $*" >> ${log}\ncase "$*" in *install*) ${install} ;; esac\n`,
  );
  return () => readFileSync(log, 'utf8');
}

test('finds a browser on PATH', () => {
  const program = writeProgram('chromium-browser', 'true');
  expect(findChromium()).toBe(program);
});

test('CHROMIUM goes before PATH, and must name a program', () => {
  writeProgram('chromium', 'true');
  const mine = writeProgram('mine', 'true');
  vi.stubEnv('CHROMIUM', mine);
  expect(findChromium()).toBe(mine);
  vi.stubEnv('CHROMIUM', path.join(folder, 'absent'));
  expect(() => findChromium()).toThrow(/CHROMIUM names no program: .*absent/);
});

test('installs Debian’s after bringing the package lists up to date', async () => {
  const program = path.join(folder, 'chromium');
  const log = writeDebian(`touch ${program}; chmod 755 ${program}`);
  const browser = await obtainChromium();
  expect(browser.program).toBe(program);
  expect(browser.note).toMatch(/installed chromium/);
  expect(log()).toMatch(/^noninteractive .*update\nnoninteractive .*install -y .*chromium.*\n$/);
});

test('says what to install when it may not, or cannot', async () => {
  await expect(obtainChromium()).rejects.toThrow(/apt-get install chromium[^]*there is no apt-get here/);
  writeDebian('echo "E: no such package"; exit 100');
  await expect(obtainChromium()).rejects.toThrow(
    /apt-get install chromium[^]*E: no such package[^]*ended with 100/,
  );
});
