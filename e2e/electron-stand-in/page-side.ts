/**
 * What runs in the page before anything of its own: `contextBridge` and `ipcRenderer` for the preload
 * script, over a binding to the main process. It is sent as source: it may use nothing from outside.
 */

/** From the page: an IPC message, a question, a message on a port, the end of a port, `window.open`. */
export type FromPage =
  | { kind: 'ipc'; channel: string; args: unknown[] }
  | { kind: 'invoke'; id: number; channel: string; args: unknown[] }
  | { kind: 'post'; id: number; data: unknown }
  | { kind: 'close'; id: number }
  | { kind: 'open'; url: string };

export type ToPage =
  | { kind: 'ipc'; channel: string; args: unknown[]; ports: number[] }
  | { kind: 'answer'; id: number; value: unknown; error: string | null }
  | { kind: 'port message'; id: number; data: unknown }
  | { kind: 'port ended'; id: number };

export function pageSide(
  platform: string,
  /** The bundled preload script as the body of a function: the page's policy allows no evaluation of text. */
  preload: (
    require: (name: string) => unknown,
    process: { platform: string },
    module: unknown,
    exports: unknown,
  ) => void,
  pack: (value: unknown) => string,
  unpack: (packed: string) => unknown,
): void {
  const page = window as unknown as Window & {
    standInSend(packed: string): void;
    standInReceive(packed: string): void;
    /** Files whose paths were asked for. */
    standInFiles: File[];
  };
  // A preload script runs in the main frame alone.
  if (window !== window.top) return;
  const { standInSend } = page;
  type Listener = (event: { ports: MessagePort[] }, ...args: unknown[]) => void;
  const listeners = new Map<string, Set<Listener>>();
  const ports = new Map<number, MessagePort>();
  const questions = new Map<number, (answer: { value: unknown; error: string | null }) => void>();
  let nextQuestion = 0;
  page.standInFiles = [];

  function send(message: FromPage): void {
    standInSend(pack(message));
  }

  /** Our end of a channel whose other end the page gets. */
  function openPort(id: number): MessagePort {
    const { port1, port2 } = new MessageChannel();
    ports.set(id, port1);
    port1.onmessage = ({ data }) => send({ kind: 'post', id, data });
    port1.addEventListener('close', () => send({ kind: 'close', id }));
    return port2;
  }

  page.standInReceive = (packed) => {
    const message = unpack(packed) as ToPage;
    if (message.kind === 'ipc') {
      const event = { ports: message.ports.map(openPort) };
      for (const listener of listeners.get(message.channel) ?? []) listener(event, ...message.args);
    } else if (message.kind === 'answer') {
      questions.get(message.id)?.(message);
      questions.delete(message.id);
    } else if (message.kind === 'port message') {
      ports.get(message.id)?.postMessage(message.data);
    } else {
      ports.get(message.id)?.close();
    }
  };

  const electron = {
    contextBridge: {
      exposeInMainWorld(name: string, value: unknown): void {
        Object.defineProperty(window, name, { value, enumerable: true });
      },
    },
    ipcRenderer: {
      send: (channel: string, ...args: unknown[]) => send({ kind: 'ipc', channel, args }),
      invoke(channel: string, ...args: unknown[]): Promise<unknown> {
        const id = nextQuestion++;
        send({ kind: 'invoke', id, channel, args });
        return new Promise((resolve, reject) => {
          questions.set(id, ({ value, error }) => {
            if (error === null) resolve(value);
            else reject(new Error(`Error invoking remote method '${channel}': ${error}`));
          });
        });
      },
      on(channel: string, listener: Listener): void {
        const known = listeners.get(channel) ?? new Set();
        listeners.set(channel, known.add(listener));
      },
      off: (channel: string, listener: Listener) => void listeners.get(channel)?.delete(listener),
    },
    webUtils: {
      // Only the main process can ask Chromium for a path: it puts it in the place of this word.
      getPathForFile: (file: File) => `stand-in-file:${page.standInFiles.push(file) - 1}`,
    },
  };

  // Whether a window opens is the host's to say, and it says no.
  window.open = (url) => {
    send({ kind: 'open', url: new URL(url ?? '', document.baseURI).href });
    return null;
  };

  function require(name: string): unknown {
    if (name === 'electron') return electron;
    throw new Error(`A sandboxed preload script cannot require ${name}`);
  }
  preload(require, { platform }, { exports: {} }, {});
}
