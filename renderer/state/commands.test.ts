import { describe, expect, it, vi } from 'vitest';
import { Commands } from './commands.svelte.ts';
import { History } from './history.svelte.ts';
import { Panes } from './panes.svelte.ts';

describe('commands', () => {
  it('do what was provided last, and nothing when it was taken back', () => {
    const commands = new Commands(new Panes());
    const [first, second] = [vi.fn(), vi.fn()];
    expect(commands.run('run.new')).toBe(false);
    commands.provide({ 'run.new': { run: first } });
    const takeBack = commands.provide({ 'run.new': { run: second } });
    expect(commands.run('run.new')).toBe(true);
    takeBack();
    expect(commands.run('run.new')).toBe(true);
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 1]);
  });

  it('are off while their provider says so', () => {
    const commands = new Commands(new Panes());
    const run = vi.fn();
    let isEnabled = false;
    commands.provide({ 'run.pause': { run, isEnabled: () => isEnabled } });
    expect(commands.run('run.pause')).toBe(false);
    isEnabled = true;
    expect(commands.run('run.pause')).toBe(true);
    expect(run).toHaveBeenCalledOnce();
  });

  it('of a pane count while it is the active one', () => {
    const panes = new Panes();
    panes.split(2);
    const commands = new Commands(panes);
    const [left, right] = [vi.fn(), vi.fn()];
    commands.provide({ 'camera.reset': { run: right } }, panes.shown[1]!);
    commands.provide({ 'camera.reset': { run: left } }, panes.shown[0]!);
    commands.run('camera.reset');
    panes.activate(panes.shown[1]!);
    commands.run('camera.reset');
    expect([left.mock.calls.length, right.mock.calls.length]).toEqual([1, 1]);
    expect(commands.enabled).toEqual(['camera.reset']);
    panes.split(1);
    expect(panes.active).toBe(panes.shown[0]);
  });
});

describe('history', () => {
  function recorder() {
    const log: string[] = [];
    const history = new History();
    const did = (name: string): void =>
      history.push({
        label: name,
        undo: () => void log.push(`undo ${name}`),
        redo: () => void log.push(`redo ${name}`),
      });
    return { log, history, did };
  }

  it('undoes in the other order and redoes in the first', async () => {
    const { log, history, did } = recorder();
    did('a');
    did('b');
    await history.undo();
    await history.undo();
    await history.undo();
    await history.redo();
    expect(log).toEqual(['undo b', 'undo a', 'redo a']);
    expect([history.next?.label, history.nextRedo?.label]).toEqual(['a', 'b']);
  });

  it('forgets what was undone when something new is done', async () => {
    const { log, history, did } = recorder();
    did('a');
    await history.undo();
    did('b');
    await history.redo();
    expect(log).toEqual(['undo a']);
    expect(history.nextRedo).toBeNull();
  });

  it('keeps a thing that could not be undone', async () => {
    const history = new History();
    history.push({ label: 'a', undo: () => Promise.reject(new Error('no')), redo: () => undefined });
    await expect(history.undo()).rejects.toThrow('no');
    expect(history.next?.label).toBe('a');
  });
});
