import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenDialogOptions } from 'electron';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { askForCheckpoints } from './checkpoint-dialog.ts';

let folder: string;
let stateFile: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fewstep-dialog-'));
  stateFile = join(folder, 'dialog.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function ask(chosen: string[] | null, platform: NodeJS.Platform = 'linux') {
  const show = vi.fn((_options: OpenDialogOptions) =>
    Promise.resolve({ canceled: chosen === null, filePaths: chosen ?? [] }),
  );
  const warn = vi.fn<(line: string) => void>();
  const paths = await askForCheckpoints({ platform, stateFile, show, warn });
  return { paths, warn, options: show.mock.calls[0]?.[0] };
}

describe('the dialog for checkpoints', () => {
  it('gives what was chosen, and begins there the next time', async () => {
    const first = await ask(['/models/a.pt', '/models/b.pt']);
    expect(first.paths).toEqual(['/models/a.pt', '/models/b.pt']);
    expect(first.options).not.toHaveProperty('defaultPath');
    expect((await ask(null)).options?.defaultPath).toBe('/models');
  });

  it('that is cancelled gives nothing and changes nothing', async () => {
    expect((await ask(null)).paths).toEqual([]);
    expect(existsSync(stateFile)).toBe(false);
  });

  it('takes folders too where the system has such a dialog', async () => {
    expect((await ask(null, 'darwin')).options?.properties).toContain('openDirectory');
    for (const platform of ['linux', 'win32'] as const)
      expect((await ask(null, platform)).options?.properties).toEqual(['openFile', 'multiSelections']);
  });

  it.each(['', '{', 'null', '{"folder":1}'])('begins anywhere when it remembers %j', async (text) => {
    writeFileSync(stateFile, text);
    expect((await ask(null)).options).not.toHaveProperty('defaultPath');
  });

  it('says when it cannot remember, and still gives what was chosen', async () => {
    stateFile = join(folder, 'absent', 'dialog.json');
    const { paths, warn } = await ask(['/models/a.pt']);
    expect(paths).toEqual(['/models/a.pt']);
    expect(warn).toHaveBeenCalledOnce();
  });
});
