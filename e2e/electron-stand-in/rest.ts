/** dialog, session, screen, shell and nativeTheme: what the app asks of them is kept for the tests to see. */
import { app } from './app.ts';

interface MessageBox {
  message: string;
  detail?: string;
}

export const dialog = {
  /** What was shown, the latest last. */
  shown: [] as MessageBox[],
  /** Takes the first button at once. */
  showMessageBox(...args: readonly unknown[]): Promise<{ response: number }> {
    if (!app.isReady()) throw new Error('dialog can only be used after app is ready');
    dialog.shown.push(args.at(-1) as MessageBox);
    return Promise.resolve({ response: 0 });
  },
  /** Is cancelled; a test that chooses puts a function of its own in its place. */
  showOpenDialog(): Promise<{ canceled: boolean; filePaths: string[] }> {
    if (!app.isReady()) throw new Error('dialog can only be used after app is ready');
    return Promise.resolve({ canceled: true, filePaths: [] });
  },
  showErrorBox(message: string, detail: string): void {
    dialog.shown.push({ message, detail });
  },
};

type Handler = (...args: unknown[]) => unknown;

class Session {
  readonly handlers: Record<string, Handler> = {};
  setPermissionRequestHandler(handler: Handler): void {
    this.handlers['request'] = handler;
  }
  setPermissionCheckHandler(handler: Handler): void {
    this.handlers['check'] = handler;
  }
  setDevicePermissionHandler(handler: Handler): void {
    this.handlers['device'] = handler;
  }
  setBluetoothPairingHandler(handler: Handler): void {
    this.handlers['bluetooth'] = handler;
  }
  setUSBProtectedClassesHandler(handler: Handler): void {
    this.handlers['usb'] = handler;
  }
}

export const session = { defaultSession: new Session() };

const display = { id: 1, workArea: { x: 0, y: 0, width: 1440, height: 900 } };
export const screen = { getPrimaryDisplay: () => display, getAllDisplays: () => [display] };

export const shell = {
  /** Addresses that were handed to the user's browser. */
  opened: [] as string[],
  openExternal(address: string): Promise<void> {
    shell.opened.push(address);
    return Promise.resolve();
  },
};

export const nativeTheme = { shouldUseDarkColors: false };
