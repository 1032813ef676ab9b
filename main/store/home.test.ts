import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { openHome, resolveHome } from './home.ts';
import { scratchFolder, systemError, tempsIn } from './testdata/scratch.ts';

afterEach(() => vi.restoreAllMocks());

describe('resolveHome', () => {
  it('takes the given folder, then FEWSTEP_HOME, then the place of the platform', () => {
    const env = { FEWSTEP_HOME: '/data/few', XDG_DATA_HOME: '/xdg', APPDATA: '/roaming' };
    expect(resolveHome('/given', env, 'linux')).toBe('/given');
    expect(resolveHome(undefined, env, 'linux')).toBe('/data/few');
    expect(resolveHome(undefined, { XDG_DATA_HOME: '/xdg' }, 'linux')).toBe('/xdg/fewstep');
    expect(resolveHome(undefined, { XDG_DATA_HOME: 'relative' }, 'linux')).toBe(
      join(os.homedir(), '.local/share/fewstep'),
    );
    expect(resolveHome(undefined, {}, 'darwin')).toBe(
      join(os.homedir(), 'Library/Application Support/Fewstep'),
    );
    expect(resolveHome(undefined, { APPDATA: '/roaming' }, 'win32')).toBe('/roaming/Fewstep');
  });
});

describe('openHome', () => {
  it('makes the folder and its places and leaves no probe', () => {
    const root = join(scratchFolder(), 'a', 'b');
    const home = openHome(root);
    expect(fs.readdirSync(root).sort()).toEqual(['datasets', 'models', 'runs', 'trash']);
    expect(home.index).toBe(join(root, 'index.sqlite'));
    expect(tempsIn(root)).toEqual([]);
  });

  it('says so where the path leads through a file, or is one', () => {
    const file = join(scratchFolder(), 'file');
    fs.writeFileSync(file, '');
    for (const path of [file, join(file, 'home')]) {
      expect(() => openHome(path)).toThrow(
        expect.objectContaining({ code: 'store/not-a-folder', message: expect.stringContaining(path) }),
      );
    }
  });

  it.each([
    ['EROFS', 'store/read-only'],
    ['EACCES', 'store/read-only'],
    ['ENOSPC', 'store/disk-full'],
  ] as const)('turns %s into %s naming the folder', (errno, code) => {
    const root = scratchFolder();
    vi.spyOn(fs, 'writeFileSync').mockImplementationOnce(() => {
      throw systemError(errno);
    });
    expect(() => openHome(root)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(root) }),
    );
  });

  it('says so on a file system that is really read-only', (context) => {
    const folder = scratchFolder();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro,size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    } catch {
      context.skip('this user may not mount a read-only folder; the injected errors above remain');
    }
    onTestFinished(() => void execFileSync('umount', ['-l', folder]));
    expect(() => openHome(folder)).toThrow(
      expect.objectContaining({ code: 'store/read-only', message: expect.stringContaining(folder) }),
    );
  });
});
