import { join } from 'node:path';
import { BrowserWindow, dialog, nativeTheme, screen } from 'electron';
import { appUrl } from './app-protocol.ts';
import { CrashCount } from './crash-count.ts';
import { leastSize, placeWindow, readWindowState, writeWindowState } from './window-state.ts';

interface WindowOptions {
  preload: string;
  icon: string;
  /** Folder for what the app remembers about itself. */
  userData: string;
  isPackaged: boolean;
  say(line: string): void;
  /** The page begins to load, anew too: nobody listens until it says so. */
  onLoading(): void;
}

/** The panels' ground, so that the window does not flash before its first paint. */
const grounds = { light: '#f6f7f9', dark: '#14161a' };

/** Makes the window; it shows itself when it has something to show. */
export function openWindow(options: WindowOptions): BrowserWindow {
  const stateFile = join(options.userData, 'window.json');
  const saved = readWindowState(stateFile, options.say);
  const primary = screen.getPrimaryDisplay();
  const others = screen.getAllDisplays().filter(({ id }) => id !== primary.id);
  const window = new BrowserWindow({
    ...placeWindow(
      saved?.bounds ?? null,
      [primary, ...others].map(({ workArea }) => workArea),
    ),
    minWidth: leastSize.width,
    minHeight: leastSize.height,
    show: false,
    title: 'Fewstep',
    icon: options.icon,
    backgroundColor: nativeTheme.shouldUseDarkColors ? grounds.dark : grounds.light,
    webPreferences: {
      preload: options.preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools: !options.isPackaged,
    },
  });
  if (saved?.isMaximized === true) window.maximize();
  window.once('ready-to-show', () => window.show());
  window.on('close', () =>
    writeWindowState(
      stateFile,
      { bounds: window.getNormalBounds(), isMaximized: window.isMaximized() },
      options.say,
    ),
  );
  window.webContents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
    if (isMainFrame && !isSameDocument) options.onLoading();
  });
  reloadAfterCrashes(window, options);
  window.loadURL(appUrl).catch((error: unknown) => options.say(`The window did not load: ${String(error)}`));
  return window;
}

/** A page that dies is loaded again and finds its engine still training, but not over and over. */
function reloadAfterCrashes(window: BrowserWindow, { say, onLoading }: WindowOptions): void {
  const crashes = new CrashCount();
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    onLoading();
    if (reason === 'clean-exit' || window.isDestroyed()) return;
    say(`The window's process ended (${reason})`);
    if (crashes.add()) void offerReload(window);
    // Not within the event: the process that ended is still being cleared away.
    else setImmediate(() => reload(window));
  });
}

async function offerReload(window: BrowserWindow): Promise<void> {
  const { response } = await dialog.showMessageBox(window, {
    type: 'error',
    message: 'The window failed three times in 30 seconds',
    detail: 'What trains goes on. Load the window again, or close it to save and quit.',
    buttons: ['Load again', 'Close'],
    defaultId: 0,
    cancelId: 1,
  });
  if (response === 0) reload(window);
  else if (!window.isDestroyed()) window.close();
}

function reload(window: BrowserWindow): void {
  if (!window.isDestroyed()) window.webContents.reload();
}
