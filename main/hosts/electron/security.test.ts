/**
 * The twenty items of Electron's security checklist (electronjs.org/docs/latest/tutorial/security), each
 * held by what can be seen in the sources and the configuration. What the guards do when they are
 * called is in guards.test.ts, ipc.test.ts and app-protocol.test.ts, and in the journeys of e2e/desktop.spec.ts.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import packaging from '../../../electron-builder.config.mjs';
import { contentSecurityPolicy } from '../content-policy.ts';
import { appOrigin, appScheme, appUrl } from './app-protocol.ts';
import { guardNavigation, guardPermissions, isExternalAllowed, isOwnFrame } from './guards.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

function sources(...patterns: string[]): { file: string; text: string }[] {
  const files = globSync(patterns, { cwd: root }).filter(
    (file) => !/\.test\.ts$|\/test(ing|data)\//.test(file),
  );
  expect(files.length).toBeGreaterThan(0);
  return files.map((file) => ({ file, text: withoutComments(read(file)) }));
}

/** A rule that a comment mentions is not a rule that the code breaks. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[^]*?\*\/|<!--[^]*?-->|^\s*\/\/.*$/gm, '');
}

const host = sources('main/hosts/electron/*.ts');
const windowRoom = sources('renderer/**/*.{ts,svelte,html,css}', 'preload/**/*.ts');
const everywhere = [...host, ...windowRoom];

function filesWith(pattern: RegExp, among = everywhere): string[] {
  return among.filter(({ text }) => pattern.test(text)).map(({ file }) => file);
}

/** The object literal of the one window's `webPreferences`. */
function webPreferences(): Record<string, string> {
  const windows = host.filter(({ text }) => text.includes('new BrowserWindow('));
  expect(windows.map(({ file }) => file)).toEqual(['main/hosts/electron/window.ts']);
  const [, body = ''] = /webPreferences: \{([^}]*)\}/.exec(windows[0]?.text ?? '') ?? [];
  return Object.fromEntries(
    [...body.matchAll(/(\w+): ([^,\n]+)/g)].map(([, key = '', value = '']) => [key, value]),
  );
}

function metaPolicy(): string {
  return (
    /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(read('renderer/index.html'))?.[1] ?? ''
  );
}

const items: Record<string, () => void> = {
  '1 only secure content is loaded: all of it is our own': () => {
    expect(appUrl.startsWith('app://')).toBe(true);
    expect(filesWith(/\b(src|href)=["']?(https?:)?\/\//, windowRoom)).toEqual([]);
    expect(filesWith(/url\(\s*["']?(https?:)?\/\//, windowRoom)).toEqual([]);
    expect(filesWith(/\bfetch\(\s*['"`]http|new WebSocket\(\s*['"`]ws/, windowRoom)).toEqual([]);
    const loads = host.flatMap(({ text }) =>
      [...text.matchAll(/\.load(URL|File)\(([^)]*)\)/g)].map(([whole]) => whole),
    );
    expect(loads).toEqual(['.loadURL(appUrl)']);
  },
  '2 no Node.js in the page': () => {
    expect(webPreferences()).toMatchObject({ nodeIntegration: 'false', webviewTag: 'false' });
    expect(filesWith(/nodeIntegration\w*: true/)).toEqual([]);
  },
  '3 context isolation is on': () => {
    expect(webPreferences()).toMatchObject({ contextIsolation: 'true' });
  },
  '4 every process of a page is sandboxed': () => {
    expect(webPreferences()).toMatchObject({ sandbox: 'true' });
    expect(read('main/hosts/electron/main.ts')).toContain('app.enableSandbox()');
    expect(filesWith(/no-sandbox/)).toEqual([]);
    expect(read('electron.vite.config.ts')).toMatch(/preload: \{[^]*format: 'cjs'/);
  },
  '5 permissions are refused': () => {
    const session = {
      setPermissionRequestHandler: vi.fn(),
      setPermissionCheckHandler: vi.fn(),
      setDevicePermissionHandler: vi.fn(),
      setBluetoothPairingHandler: vi.fn(),
      setUSBProtectedClassesHandler: vi.fn(),
    };
    guardPermissions(session);
    for (const handler of Object.values(session)) expect(handler).toHaveBeenCalledOnce();
    expect(read('main/hosts/electron/desktop.ts')).toContain('guardPermissions(session.defaultSession)');
    // One session: no other could have been left unguarded.
    expect(filesWith(/fromPartition|partition:/)).toEqual([]);
  },
  '6 web security is on': () => {
    expect(webPreferences()).toMatchObject({ webSecurity: 'true' });
    expect(filesWith(/webSecurity: false|disable-web-security|allowRunningInsecureContent/)).toEqual([]);
  },
  '7 a content policy is set, the same in the header and in the page': () => {
    expect(`${metaPolicy()}; frame-ancestors 'none'`).toBe(contentSecurityPolicy);
    expect(contentSecurityPolicy).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(contentSecurityPolicy).not.toMatch(/unsafe-eval|https?:|\*/);
  },
  '8 no insecure content may run': () => {
    expect(filesWith(/allowRunningInsecureContent|ignore-certificate-errors|certificate-error/)).toEqual([]);
  },
  '9 no experimental features': () => {
    expect(filesWith(/experimentalFeatures|enable-experimental/)).toEqual([]);
  },
  '10 no Blink features': () => {
    expect(filesWith(/enableBlinkFeatures|enable-blink-features/)).toEqual([]);
  },
  '11 webviews cannot open windows: there are none': () => {
    expect(filesWith(/<webview|allowpopups/)).toEqual([]);
    expect(webPreferences()).toMatchObject({ webviewTag: 'false' });
  },
  '12 webviews are refused before they are made': () => {
    const { refused } = guarded();
    expect(refused('will-attach-webview', {})).toBe(true);
  },
  '13 navigation is confined to the one page': () => {
    const { refused } = guarded();
    expect(refused('will-frame-navigate', { url: 'https://evil.example/', isMainFrame: true })).toBe(true);
    expect(refused('will-frame-navigate', { url: 'file:///etc/passwd', isMainFrame: true })).toBe(true);
    expect(refused('will-frame-navigate', { url: appUrl, isMainFrame: true })).toBe(false);
    expect(read('main/hosts/electron/desktop.ts')).toMatch(
      /'web-contents-created'[^]*?guardNavigation\(contents/,
    );
  },
  '14 no window is opened from the page': () => {
    expect(guarded().opened('https://evil.example/')).toEqual({ action: 'deny' });
  },
  '15 only known addresses reach the browser of the user': () => {
    const calls = host.flatMap(({ text }) => [...text.matchAll(/shell\.\w+/g)].map(([call]) => call));
    expect(calls).toEqual(['shell.openExternal']);
    for (const address of ['file:///bin/sh', 'javascript:0', 'http://arxiv.org/', 'https://evil.example/']) {
      expect(isExternalAllowed(address)).toBe(false);
    }
  },
  '16 Electron is of a version that is supported': () => {
    const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: { electron: string } };
    // The one version that everything was tried with; 45 is the newest when this was written.
    expect(devDependencies.electron).toMatch(/^\d+\.\d+\.\d+$/);
    expect(Number(devDependencies.electron.split('.')[0])).toBeGreaterThanOrEqual(45);
    const installed = JSON.parse(read('node_modules/electron/package.json')) as { version: string };
    expect(installed.version).toBe(devDependencies.electron);
  },
  '17 the sender of every message is checked': () => {
    expect(isOwnFrame({ origin: appOrigin, parent: null })).toBe(true);
    expect(isOwnFrame({ origin: 'https://evil.example', parent: null })).toBe(false);
    // One place listens, and it checks.
    expect(filesWith(/ipcMain\.|\bipc\.(on|handle)/, host)).toEqual(['main/hosts/electron/ipc.ts']);
    expect(filesWith(/\.ipc\.|ipcMain/, host)).toEqual(['main/hosts/electron/desktop.ts']);
  },
  '18 pages come from a scheme of our own, not from files': () => {
    expect(appScheme.privileges).toMatchObject({ standard: true, secure: true });
    expect(appScheme.privileges).not.toHaveProperty('bypassCSP');
    expect(appScheme.privileges).not.toHaveProperty('allowServiceWorkers');
    expect(filesWith(/file:\/\/|loadFile/, host)).toEqual([]);
  },
  '19 fuses: what is not needed is cut': () => {
    expect(packaging.electronFuses).toEqual({
      runAsNode: false,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      grantFileProtocolExtraPrivileges: false,
      loadBrowserProcessSpecificV8Snapshot: false,
      enableCookieEncryption: false,
    });
    expect(packaging.asar).toBe(true);
  },
  '20 nothing of Electron is handed to the page': () => {
    const preload = withoutComments(read('preload/index.ts'));
    const exposed = [...preload.matchAll(/exposeInMainWorld\(([^)]*)\)/g)].map(([, what]) => what);
    expect(exposed).toEqual(['desktopBridgeName, bridge']);
    const bridge = /const bridge: DesktopBridge = \{[^]*?\n\};/.exec(preload)?.[0] ?? '';
    // Channels are named by us, never by the page, and the event that carries a message stays here.
    for (const [, channel] of preload.matchAll(/ipcRenderer\.\w+\(([\w.]+)/g)) {
      expect(channel).toMatch(/^(desktopChannels\.\w+|channel)$/);
    }
    expect(bridge).not.toMatch(/: ipcRenderer|ipcRenderer,|\.\.\.ipcRenderer|event/);
    expect(filesWith(/from 'electron'/, windowRoom)).toEqual(['preload/index.ts']);
  },
};

/** The navigation guard on a page that does what it is told. */
function guarded() {
  const listeners = new Map<string, (event: unknown) => void>();
  let opener: (details: { url: string }) => unknown = () => null;
  const contents = {
    on: (name: string, listener: (event: unknown) => void) => listeners.set(name, listener),
    setWindowOpenHandler: (handler: typeof opener) => (opener = handler),
  };
  guardNavigation(contents as never, () => {});
  return {
    refused(name: string, details: object): boolean {
      const preventDefault = vi.fn();
      listeners.get(name)?.({ ...details, preventDefault });
      return preventDefault.mock.calls.length > 0;
    },
    opened: (url: string) => opener({ url }),
  };
}

it.each(Object.keys(items))('%s', (item) => items[item]?.());

it('all twenty items are here, in order', () => {
  expect(Object.keys(items).map((name) => Number.parseInt(name, 10))).toEqual(
    Array.from({ length: 20 }, (_, index) => index + 1),
  );
});
