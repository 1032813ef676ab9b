import { desktopBridgeName, enginePortMessage } from '#contract/desktop.ts';
import type { DesktopBridge, OpenedFile } from '#contract/desktop.ts';
import { portFromMessagePort, portFromPromise } from '#contract/rpc/message-port.ts';
import type { Port } from '#contract/rpc/port.ts';
import { drafts } from './selection.svelte.ts';
import type { Workbench } from './workbench.svelte.ts';

/** The way to the desktop app around this window; null in a browser. */
export function desktopBridge(): DesktopBridge | null {
  const laid = (globalThis as Partial<Record<typeof desktopBridgeName, DesktopBridge>>)[desktopBridgeName];
  return laid ?? null;
}

/** Opens one wire to the engine of the desktop app. */
export function openDesktopPort(
  bridge: Pick<DesktopBridge, 'connectEngine'>,
  page: EventTarget = window,
): Port {
  const coming = new Promise<Port>((resolve) => {
    const listening = new AbortController();
    page.addEventListener(
      'message',
      (event) => {
        const { data, ports, source } = event as MessageEvent<unknown>;
        const [wire, fate] = ports;
        // Only this window itself can have sent it: what comes from elsewhere is not the preload script's.
        if (data !== enginePortMessage || source !== page || wire === undefined || fate === undefined) return;
        listening.abort();
        // Those who wait for later wires must not take this one.
        event.stopImmediatePropagation();
        resolve(portFromMessagePort(wire, firstWord(fate)));
      },
      { signal: listening.signal },
    );
  });
  bridge.connectEngine();
  return portFromPromise(coming);
}

/** The one sentence that a port brings. */
function firstWord(port: MessagePort): Promise<string | null> {
  return new Promise((resolve) => {
    port.addEventListener(
      'message',
      ({ data }: MessageEvent<unknown>) => {
        resolve(typeof data === 'string' ? data : null);
        port.close();
      },
      { once: true },
    );
    port.start();
  });
}

type OpenedPoints = Extract<OpenedFile, { kind: 'points' }>;

/**
 * Lets the desktop app take part: its menu runs the window's commands and greys what cannot be done,
 * and files that a person opens become data sets or are looked into. To be called while a component is made; in a
 * browser it does nothing.
 *
 * @param failed  says what did not work, and why
 */
export function followDesktop(
  workbench: Workbench,
  failed: (what: string, error: unknown) => void,
  bridge: DesktopBridge | null = desktopBridge(),
): void {
  if (bridge === null) return;
  const { catalog, checkpoints, commands, connection, selection } = workbench;
  // A file may come before the engine does.
  let waiting = $state.raw<readonly OpenedFile[]>([]);

  $effect(() => bridge.onCommand((id) => void commands.run(id)));
  $effect(() => bridge.setEnabledCommands(commands.enabled));
  $effect(() =>
    bridge.onOpenFile((file) => {
      waiting = [...waiting, file];
    }),
  );
  $effect(() => {
    if (connection.client === null || waiting.length === 0) return;
    const files = waiting;
    waiting = [];
    void importAll(files.filter((file) => file.kind === 'points'));
    // The first is looked into; those after it are at hand to compare it with.
    for (const { grant, name } of files.filter((file) => file.kind === 'checkpoint').reverse())
      checkpoints.open({ kind: 'grant', grant }, name);
  });

  async function importAll(files: readonly OpenedPoints[]): Promise<void> {
    for (const { name, bytes } of files) {
      try {
        const dataset = await catalog.importPoints(new File([Uint8Array.from(bytes)], name));
        selection.openForm({ method: selection.draft?.method ?? drafts.drifting.method, dataset });
      } catch (error) {
        failed(`${name} was not imported`, error);
      }
    }
  }
}
