import { EventEmitter } from 'node:events';
import type { IpcMain } from 'electron';
import { describe, expect, it, vi } from 'vitest';
import { desktopChannels } from '#contract/desktop.ts';
import { appOrigin } from './app-protocol.ts';
import { listenToWindow } from './ipc.ts';

const ours = { senderFrame: { origin: appOrigin, parent: null } };

function listening() {
  const handlers = new Map<string, (event: unknown, ...input: unknown[]) => Promise<unknown>>();
  const ipc = Object.assign(new EventEmitter(), {
    handle: (channel: string, handler: (event: unknown, ...input: unknown[]) => Promise<unknown>) =>
      void handlers.set(channel, handler),
  });
  const requests = {
    connectEngine: vi.fn(),
    enabledCommands: vi.fn(),
    filesWanted: vi.fn(),
    grantFile: vi.fn((path: string) => Promise.resolve({ problem: `no ${path}` })),
    openCheckpoint: vi.fn(() => Promise.resolve([])),
  };
  const say = vi.fn<(line: string) => void>();
  listenToWindow(ipc as unknown as IpcMain, requests, say);
  const count = (): number => Object.values(requests).reduce((sum, { mock }) => sum + mock.calls.length, 0);
  /** As `ipcRenderer.invoke` does. */
  const invoke = (channel: string, event: unknown, ...input: unknown[]): Promise<unknown> =>
    handlers.get(channel)?.(event, ...input) ?? Promise.reject(new Error('nobody listens'));
  return { ipc, invoke, requests, say, count };
}

const messages: [string, unknown[]][] = [
  [desktopChannels.connectEngine, []],
  [desktopChannels.enabledCommands, [['run.new', 'run.stop']]],
  [desktopChannels.filesWanted, []],
];

const questions: [string, unknown[]][] = [
  [desktopChannels.grantFile, ['/models/SiT.pt']],
  [desktopChannels.openCheckpoint, []],
];

describe('questions of the window', () => {
  it('are answered', async () => {
    const { invoke, say } = listening();
    expect(await invoke(desktopChannels.grantFile, ours, '/models/SiT.pt')).toEqual({
      problem: 'no /models/SiT.pt',
    });
    expect(await invoke(desktopChannels.openCheckpoint, ours)).toEqual([]);
    expect(say).not.toHaveBeenCalled();
  });

  it.each([null, { origin: 'https://evil.example', parent: null }, { origin: appOrigin, parent: {} }])(
    'are refused if %j asked them',
    async (senderFrame) => {
      const { invoke, count, say } = listening();
      for (const [channel, input] of questions)
        await expect(invoke(channel, { senderFrame }, ...input)).rejects.toThrow('This is not answered');
      expect(count()).toBe(0);
      expect(say).toHaveBeenCalledTimes(questions.length);
    },
  );

  it.each([
    [desktopChannels.grantFile, []],
    [desktopChannels.grantFile, ['']],
    [desktopChannels.grantFile, [7]],
    [desktopChannels.grantFile, [['/a']]],
    [desktopChannels.grantFile, ['/a', '/b']],
    [desktopChannels.grantFile, ['/'.repeat(40_000)]],
    [desktopChannels.openCheckpoint, ['/etc']],
  ])('%s with %j has no meaning and is refused', async (channel, input) => {
    const { invoke, count, say } = listening();
    await expect(invoke(channel, ours, ...input)).rejects.toThrow('This is not answered');
    expect(count()).toBe(0);
    expect(say).toHaveBeenCalledOnce();
  });
});

describe('messages of the window', () => {
  it('reach the host', () => {
    const { ipc, requests, say } = listening();
    for (const [channel, input] of messages) ipc.emit(channel, ours, ...input);
    expect(requests.connectEngine).toHaveBeenCalledExactlyOnceWith(ours);
    expect(requests.enabledCommands).toHaveBeenCalledExactlyOnceWith(['run.new', 'run.stop']);
    expect(requests.filesWanted).toHaveBeenCalledExactlyOnceWith();
    expect(say).not.toHaveBeenCalled();
  });

  it.each([null, { origin: 'https://evil.example', parent: null }, { origin: appOrigin, parent: {} }])(
    'are dropped if %j sent them, and that is said',
    (senderFrame) => {
      const { ipc, count, say } = listening();
      for (const [channel, input] of messages) ipc.emit(channel, { senderFrame }, ...input);
      expect(count()).toBe(0);
      expect(say).toHaveBeenCalledTimes(messages.length);
    },
  );

  it.each([
    [desktopChannels.connectEngine, ['surplus']],
    [desktopChannels.filesWanted, [{}]],
    [desktopChannels.enabledCommands, []],
    [desktopChannels.enabledCommands, ['run.new']],
    [desktopChannels.enabledCommands, [['no.such.command']]],
    [desktopChannels.enabledCommands, [['__proto__']]],
    [desktopChannels.enabledCommands, [Array.from({ length: 1001 }, () => 'run.new')]],
  ])('%s with %j has no meaning and is dropped', (channel, input) => {
    const { ipc, count, say } = listening();
    ipc.emit(channel, ours, ...input);
    expect(count()).toBe(0);
    expect(say).toHaveBeenCalledOnce();
  });
});
