import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { fakeTools } from '../../engine/tensorflow/testing/fake-tools.ts';
import { scratchFolder } from '../../store/testdata/scratch.ts';
import { engines } from './engines.ts';
import type { Output } from './output.ts';

async function answered(
  ...argv: string[]
): Promise<{ document: unknown; lines: readonly string[]; said: string[] }> {
  const said: string[] = [];
  let answer: { document: unknown; lines: readonly string[] } | null = null;
  const output: Output = {
    json: true,
    answer: (document, lines) => void (answer = { document, lines }),
    say: (line) => void said.push(line),
  };
  expect(await engines(argv, output)).toBe(0);
  return { ...answer!, said };
}

describe('engine', () => {
  it('lists nothing and removes nothing where nothing is installed, and says how to install', async () => {
    const home = scratchFolder();
    const { document, lines } = await answered('list', '--home', home);
    expect(document).toEqual({ engines: [] });
    expect(lines[0]).toContain('fewstep engine install tensorflow');
    expect((await answered('remove', 'tensorflow', '--home', home)).document).toEqual({ bytes: 0 });
  });

  it('lists and removes what lies in the data folder', async () => {
    const home = scratchFolder();
    const folder = path.join(home, 'engines', 'tensorflow');
    const engine = { id: 'tensorflow', kind: 'cpu', from: 'wheel', version: '2.21.0', bytes: 1.5e9 };
    const record = { ...engine, addon: 'a.node', installedAt: '2026-01-01T00:00:00.000Z' };
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, 'engine.json'), JSON.stringify(record));
    const { document, lines } = await answered('list', '--home', home);
    expect(document).toMatchObject({ engines: [{ ...engine, folder }] });
    expect(lines).toEqual([`tensorflow 2.21.0 (cpu, from its wheel), 1.50 GB: ${folder}`]);
    await answered('remove', '--home', home, 'tensorflow');
    expect(fs.existsSync(folder)).toBe(false);
  });

  it('says how far an installation has come, and why it does not go on', async () => {
    const home = scratchFolder();
    fakeTools(path.join(scratchFolder(), 'bin'), { compiler: 'fails' });
    onTestFinished(() => void vi.unstubAllEnvs());
    const said: string[] = [];
    const output: Output = { json: false, answer: () => {}, say: (line) => void said.push(line) };
    await expect(
      engines(['install', 'tensorflow', '--cpu', '--from', 'wheel', '--home', home], output),
    ).rejects.toMatchObject({ code: 'engine/install-compile' });
    expect(said[0]).toBe('check    Looking for Python, pip, a compiler and room on the disk');
    expect(said.at(-1)).toBe('compile  g++ compiles the addon');
  });

  it.each<[string, string[]]>([
    ['cli/missing-flag', []],
    ['cli/missing-flag', ['uninstall']],
    ['cli/bad-flag', ['install', 'tensorflow', '--cpu', '--gpu']],
    ['cli/bad-flag', ['install', 'tensorflow', '--tpu']],
    ['config/wrong-value', ['install', 'torch']],
    ['config/wrong-value', ['install', 'tensorflow', '--from', 'conda']],
    ['config/wrong-value', ['install']],
    ['config/wrong-value', ['remove', 'torch']],
  ])('is refused with %s where it is given %j', async (code, argv) => {
    const output: Output = { json: true, answer: () => {}, say: () => {} };
    await expect(engines(argv, output)).rejects.toMatchObject({ code });
  });
});
