import { EventEmitter } from 'node:events';
import type { IpcMain } from 'electron';
import { describe, expect, it, vi } from 'vitest';
import { desktopChannels } from '#contract/desktop.ts';
import { appOrigin } from './app-protocol.ts';
import { listenToWindow } from './ipc.ts';

const ours = { senderFrame: { origin: appOrigin, parent: null } };

function listening() {
  const ipc = new EventEmitter();
  const requests = { connectEngine: vi.fn(), enabledCommands: vi.fn(), filesWanted: vi.fn() };
  const say = vi.fn<(line: string) => void>();
  listenToWindow(ipc as unknown as IpcMain, requests, say);
  const count = (): number => Object.values(requests).reduce((sum, { mock }) => sum + mock.calls.length, 0);
  return { ipc, requests, say, count };
}

const messages: [string, unknown[]][] = [
  [desktopChannels.connectEngine, []],
  [desktopChannels.enabledCommands, [['run.new', 'run.stop']]],
  [desktopChannels.filesWanted, []],
];

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
