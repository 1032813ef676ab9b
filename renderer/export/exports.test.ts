import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Exportable } from '../state/panes.svelte.ts';
import { Workbench } from '../state/workbench.svelte.ts';
import { FakeEngine, runSummary } from '../testing/fake-engine.ts';
import { provideExports } from './exports.svelte.ts';
import { exportedFile } from './files.ts';
import * as saving from './save-file.ts';

const about = { run: 'a', step: 7, config: runSummary('a').config };

function exportable(change: Partial<Exportable> = {}): Exportable {
  return {
    name: 'samples of a',
    about,
    png: () => Promise.reject(new Error('no picture')),
    svg: () => '<svg></svg>',
    arrays: () => [{ name: 'x', shape: [2], values: Float32Array.of(1, 2) }],
    ...change,
  };
}

afterEach(() => vi.restoreAllMocks());

describe('the export commands', () => {
  function window() {
    const saved: { name: string; content: Blob }[] = [];
    vi.spyOn(saving, 'saveFile').mockImplementation((name, content) => void saved.push({ name, content }));
    const workbench = new Workbench(new FakeEngine().open);
    const failed = vi.fn();
    provideExports(workbench, { failed });
    return { saved, failed, commands: workbench.commands, pane: workbench.panes.active };
  }

  it('are off while the active pane has nothing to export', () => {
    const { commands, pane } = window();
    expect(commands.isEnabled('export.csv')).toBe(false);
    pane.exportable = exportable();
    expect(commands.isEnabled('export.csv')).toBe(true);
  });

  it('save what the active pane shows, with what made it inside', async () => {
    const { commands, pane, saved } = window();
    pane.exportable = exportable();
    for (const format of ['svg', 'csv', 'npz'] as const) {
      commands.run(`export.${format}`);
      await vi.waitUntil(() => commands.isEnabled('export.svg'));
    }
    expect(saved.map(({ name }) => name)).toEqual([
      'samples-of-a.svg',
      'samples-of-a.csv',
      'samples-of-a.npz',
    ]);
    for (const { content } of saved) expect(await content.text()).toContain('"run":"a","step":7');
  });

  it('say what went wrong, once, and can be tried again', async () => {
    const { commands, pane, failed, saved } = window();
    pane.exportable = exportable();
    commands.run('export.png');
    await vi.waitUntil(() => failed.mock.calls.length > 0);
    expect(failed).toHaveBeenCalledExactlyOnceWith('The PNG file was not made', new Error('no picture'));
    expect(saved).toEqual([]);
    await vi.waitUntil(() => commands.isEnabled('export.png'));
  });
});

it('asks the view only for what the file needs', async () => {
  const png = vi.fn<Exportable['png']>();
  const svg = vi.fn<Exportable['svg']>();
  await exportedFile(exportable({ png, svg }), 'csv', {
    program: 'Fewstep',
    version: null,
    devices: null,
    ...about,
  });
  expect(png).not.toHaveBeenCalled();
  expect(svg).not.toHaveBeenCalled();
});
