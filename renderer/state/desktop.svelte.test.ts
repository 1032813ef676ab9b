import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { CommandId } from '#contract/commands.ts';
import { enginePortMessage } from '#contract/desktop.ts';
import type { DesktopBridge, OpenedFile } from '#contract/desktop.ts';
import type { Port } from '#contract/rpc/port.ts';
import { FakeEngine } from '../testing/fake-engine.ts';
import { desktopBridge, followDesktop, openDesktopPort } from './desktop.svelte.ts';
import { Workbench } from './workbench.svelte.ts';

/** A page that a host can post to, and the host's ends of the wires that it was asked for. */
function page(): {
  target: EventTarget;
  answer(source?: EventTarget): { wire: MessagePort; fate: MessagePort };
} {
  const target = new EventTarget();
  return {
    target,
    answer(source = target) {
      const wire = new MessageChannel();
      const fate = new MessageChannel();
      onTestFinished(() => [wire.port1, fate.port1].forEach((port) => port.close()));
      const event = Object.assign(new Event('message'), {
        data: enginePortMessage,
        source,
        ports: [wire.port2, fate.port2],
      });
      target.dispatchEvent(event);
      return { wire: wire.port1, fate: fate.port1 };
    },
  };
}

function heardBy(port: MessagePort): unknown[] {
  const heard: unknown[] = [];
  port.addEventListener('message', ({ data }: MessageEvent<unknown>) => heard.push(data));
  port.start();
  return heard;
}

function closeOf(port: Port): Promise<string | null> {
  return new Promise((resolve) => port.onClose(resolve));
}

describe('openDesktopPort', () => {
  it('asks the host, and carries what was posted meanwhile', async () => {
    const { target, answer } = page();
    const connectEngine = vi.fn();
    const port = openDesktopPort({ connectEngine }, target);
    expect(connectEngine).toHaveBeenCalledOnce();
    port.post('first');
    const heard = heardBy(answer().wire);
    await vi.waitFor(() => expect(heard).toEqual([{ message: 'first' }]));
  });

  it('gives each of two waiting requests a wire of its own, in their order', async () => {
    const { target, answer } = page();
    const ports = [1, 2].map((n) => {
      const port = openDesktopPort({ connectEngine: () => {} }, target);
      port.post(n);
      return port;
    });
    const heard = ports.map(() => heardBy(answer().wire));
    await vi.waitFor(() => expect(heard).toEqual([[{ message: 1 }], [{ message: 2 }]]));
  });

  it('takes no wire from another window', async () => {
    const { target, answer } = page();
    const port = openDesktopPort({ connectEngine: () => {} }, target);
    port.post('secret');
    const stranger = heardBy(answer(new EventTarget()).wire);
    const host = heardBy(answer().wire);
    await vi.waitFor(() => expect(host).toHaveLength(1));
    expect(stranger).toEqual([]);
  });

  it('closes with the reason that the host gives', async () => {
    const { target, answer } = page();
    const port = openDesktopPort({ connectEngine: () => {} }, target);
    answer().fate.postMessage('the engine ended unexpectedly (exit code 9)');
    expect(await closeOf(port)).toBe('the engine ended unexpectedly (exit code 9)');
  });
});

class FakeBridge implements DesktopBridge {
  readonly platform = 'test';
  readonly connectEngine = vi.fn();
  readonly setEnabledCommands = vi.fn<(commands: readonly CommandId[]) => void>();
  command: (id: CommandId) => void = () => {};
  file: (file: OpenedFile) => void = () => {};
  readonly grantFile = vi.fn<DesktopBridge['grantFile']>();
  readonly openCheckpointDialog = vi.fn<DesktopBridge['openCheckpointDialog']>();
  readonly stopped: string[] = [];

  onCommand(listener: (id: CommandId) => void): () => void {
    this.command = listener;
    return () => this.stopped.push('command');
  }

  onOpenFile(listener: (file: OpenedFile) => void): () => void {
    this.file = listener;
    return () => this.stopped.push('file');
  }
}

describe('followDesktop', () => {
  async function followed(): Promise<{
    bridge: FakeBridge;
    workbench: Workbench;
    failed: ReturnType<typeof vi.fn<(what: string, error: unknown) => void>>;
    connect(): Promise<void>;
  }> {
    const engine = new FakeEngine();
    const workbench = new Workbench(engine.open);
    const bridge = new FakeBridge();
    const failed = vi.fn<(what: string, error: unknown) => void>();
    let disconnect = (): void => {};
    const stop = $effect.root(() => followDesktop(workbench, failed, bridge));
    onTestFinished(() => {
      stop();
      disconnect();
      expect(bridge.stopped.sort()).toEqual(['command', 'file']);
    });
    await vi.waitFor(() => expect(bridge.setEnabledCommands).toHaveBeenCalled());
    return {
      bridge,
      workbench,
      failed,
      async connect() {
        disconnect = workbench.connection.start();
        await vi.waitUntil(() => workbench.connection.status === 'connected');
      },
    };
  }

  it('runs what the menu asks for, and keeps the menu told of what can be done', async () => {
    const { bridge, workbench } = await followed();
    expect(bridge.setEnabledCommands).toHaveBeenLastCalledWith([]);
    const run = vi.fn();
    const takeBack = workbench.commands.provide({ 'run.new': { run } });
    await vi.waitFor(() => expect(bridge.setEnabledCommands).toHaveBeenLastCalledWith(['run.new']));
    bridge.command('run.new');
    bridge.command('run.stop');
    expect(run).toHaveBeenCalledOnce();
    takeBack();
    await vi.waitFor(() => expect(bridge.setEnabledCommands).toHaveBeenLastCalledWith([]));
  });

  it('imports a file once there is an engine, and opens the form on it', async () => {
    const { bridge, workbench, failed, connect } = await followed();
    const importPoints = vi.spyOn(workbench.catalog, 'importPoints').mockResolvedValue('ring');
    bridge.file({ kind: 'points', name: 'ring.csv', bytes: new TextEncoder().encode('1,2\n') });
    await Promise.resolve();
    expect(importPoints).not.toHaveBeenCalled();
    await connect();
    await vi.waitFor(() => expect(workbench.selection.draft?.dataset).toBe('ring'));
    const [file] = importPoints.mock.calls[0] ?? [];
    expect(file?.name).toBe('ring.csv');
    expect(await file?.text()).toBe('1,2\n');
    expect(failed).not.toHaveBeenCalled();
  });

  it('says which file could not be imported, and goes on with the next', async () => {
    const { bridge, workbench, failed, connect } = await followed();
    await connect();
    const trouble = new Error('no numbers');
    vi.spyOn(workbench.catalog, 'importPoints').mockRejectedValueOnce(trouble).mockResolvedValueOnce('good');
    const bytes = new Uint8Array();
    bridge.file({ kind: 'points', name: 'bad.csv', bytes });
    bridge.file({ kind: 'points', name: 'good.csv', bytes });
    await vi.waitFor(() => expect(workbench.selection.draft?.dataset).toBe('good'));
    expect(failed.mock.calls).toEqual([['bad.csv was not imported', trouble]]);
  });

  it('looks into checkpoints once there is an engine: the first of them, with the next at hand', async () => {
    const { bridge, workbench, connect } = await followed();
    const open = vi.spyOn(workbench.checkpoints, 'open');
    bridge.file({ kind: 'checkpoint', name: 'SiT.pt', grant: 'first', bytes: 7 });
    bridge.file({ kind: 'checkpoint', name: 'REPA.pt', grant: 'second', bytes: 8 });
    await Promise.resolve();
    expect(open).not.toHaveBeenCalled();
    await connect();
    await vi.waitFor(() => expect(workbench.checkpoints.current?.name).toBe('SiT.pt'));
    expect(workbench.checkpoints.current?.source).toEqual({ kind: 'grant', grant: 'first' });
    expect(workbench.checkpoints.recent.map(({ name }) => name)).toEqual(['SiT.pt', 'REPA.pt']);
  });

  it('is nothing in a browser', () => {
    expect(desktopBridge()).toBeNull();
    const stop = $effect.root(() => followDesktop(new Workbench(new FakeEngine().open), vi.fn()));
    stop();
  });
});
