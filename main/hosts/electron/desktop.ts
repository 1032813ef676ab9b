import { join } from 'node:path';
import { app, dialog, ipcMain, Menu, MessageChannelMain, protocol, session, shell } from 'electron';
import type { BrowserWindow } from 'electron';
import { z } from 'zod';
import { desktopChannels } from '#contract/desktop.ts';
import type { FileGrant } from '#contract/desktop.ts';
import { createGrantKey } from '../../engine/checkpoints/grants.ts';
import { resolveHome } from '../../store/home.ts';
import type { SupervisedEngine } from '../engine-supervisor.ts';
import { appHandler, appScheme } from './app-protocol.ts';
import type { DesktopArguments } from './arguments.ts';
import { askForCheckpoints } from './checkpoint-dialog.ts';
import { absentWire } from './engine.ts';
import type { EngineWire } from './engine.ts';
import { FileGrants } from './file-grants.ts';
import { guardNavigation, guardPermissions } from './guards.ts';
import { listenToWindow } from './ipc.ts';
import { keepEngine } from './keep-engine.ts';
import { enableCommands, menuTemplate } from './menu.ts';
import { FileQueue, readOpenedFiles } from './opened-files.ts';
import { Quitting } from './quitting.ts';
import { watchGraphics } from './watch-graphics.ts';
import { openWindow } from './window.ts';

interface DesktopOptions extends DesktopArguments {
  /** The app's folder: where `out/` and `resources/` are. */
  root: string;
  graphicsMarker: string;
  say(line: string): void;
}

/** What a start of the app that found it running already tells it. */
const secondStart = z.object({ home: z.string().nullable(), files: z.array(z.string()) });

/** The app, from before it is ready until it has quit. */
export function startDesktop({ root, home, files, graphicsMarker, say }: DesktopOptions): void {
  const opened = new FileQueue();
  const grantKey = createGrantKey();
  const grants = new FileGrants(grantKey);
  let engine: SupervisedEngine<EngineWire> | null = null;
  let window: BrowserWindow | null = null;
  let isWantedAgain = false;

  const quitting = new Quitting({
    async finish() {
      // The window goes at once; the app follows when the engine has saved its checkpoint.
      window?.hide();
      await engine?.stop();
    },
    quit() {
      if (isWantedAgain) app.relaunch();
      app.quit();
    },
  });

  function showWindow(): void {
    if (window !== null) {
      if (window.isMinimized()) window.restore();
      window.show();
      window.focus();
      return;
    }
    const made = openWindow({
      preload: join(root, 'out', 'preload', 'index.cjs'),
      icon: join(root, 'resources', 'icons', 'icon.png'),
      userData: app.getPath('userData'),
      isPackaged: app.isPackaged,
      say,
      onLoading: windowIsDeaf,
    });
    made.on('closed', () => {
      window = null;
      windowIsDeaf();
    });
    window = made;
  }

  function windowIsDeaf(): void {
    opened.pause();
    const menu = Menu.getApplicationMenu();
    if (menu !== null) enableCommands(menu, []);
  }

  function warn(message: string, detail: string): void {
    say(`${message}. ${detail}`);
    const box = { type: 'warning' as const, message, detail, buttons: ['OK'] };
    void (window === null ? dialog.showMessageBox(box) : dialog.showMessageBox(window, box));
  }

  async function openFiles(paths: readonly string[]): Promise<void> {
    const { files, problems } = await readOpenedFiles(paths, grants);
    opened.add(files);
    await warnOf(problems);
  }

  async function warnOf(problems: readonly string[]): Promise<void> {
    if (problems.length === 0) return;
    // Before that there are no dialogs.
    await app.whenReady();
    const message =
      problems.length === 1 ? 'A file could not be opened' : `${problems.length} files could not be opened`;
    warn(message, problems.join('\n'));
  }

  async function openCheckpoint(): Promise<readonly FileGrant[]> {
    const paths = await askForCheckpoints({
      platform: process.platform,
      stateFile: join(app.getPath('userData'), 'checkpoint-dialog.json'),
      show: (options) =>
        window === null ? dialog.showOpenDialog(options) : dialog.showOpenDialog(window, options),
      warn: say,
    });
    const answers = await Promise.all(paths.map((path) => grants.answer(path)));
    void warnOf(answers.flatMap((answer) => ('problem' in answer ? [answer.problem] : [])));
    return answers.flatMap((answer) => ('file' in answer ? [answer.file] : []));
  }

  function startedAgain(data: unknown): void {
    if (quitting.hasBegun) {
      isWantedAgain = true;
      return;
    }
    showWindow();
    const parsed = secondStart.safeParse(data);
    if (!parsed.success) return;
    const used = resolveHome(home ?? undefined);
    const asked = parsed.data.home;
    if (asked !== null && asked !== used) {
      warn('Fewstep already runs with another data folder', `It uses ${used}. Quit it to use ${asked}`);
    }
    void openFiles(parsed.data.files);
  }

  app.on('second-instance', (_event, _argv, _cwd, data) => startedAgain(data));
  app.on('open-file', (event, path) => {
    event.preventDefault();
    void openFiles([path]);
  });
  app.on('activate', () => {
    if (app.isReady() && !quitting.hasBegun) showWindow();
  });
  app.on('window-all-closed', () => {
    // On a Mac an app without windows is still there, and what trains goes on.
    if (process.platform !== 'darwin') app.quit();
  });
  app.on('before-quit', (event) => quitting.hold(event));
  app.on('web-contents-created', (_event, contents) => {
    guardNavigation(contents, (address) => void shell.openExternal(address));
  });
  watchGraphics(graphicsMarker, say);
  listenToWindow(
    ipcMain,
    {
      connectEngine({ senderFrame }) {
        const { wire, fate } =
          engine?.connect() ?? absentWire({ MessageChannelMain }, 'the engine has not been started yet');
        senderFrame?.postMessage(desktopChannels.enginePort, null, [wire, fate]);
      },
      enabledCommands(commands) {
        const menu = Menu.getApplicationMenu();
        if (menu !== null) enableCommands(menu, commands);
      },
      grantFile: (path) => grants.answer(path),
      openCheckpoint,
      filesWanted: () => opened.open((file) => window?.webContents.send(desktopChannels.openFile, file)),
    },
    say,
  );

  void openFiles(files);
  void app.whenReady().then(() => {
    protocol.handle(appScheme.scheme, appHandler(join(root, 'out', 'renderer')));
    guardPermissions(session.defaultSession);
    const template = menuTemplate({
      platform: process.platform,
      isPackaged: app.isPackaged,
      run: (command) => window?.webContents.send(desktopChannels.command, command),
    });
    Menu.setApplicationMenu(Menu.buildFromTemplate(template));
    showWindow();
    engine = keepEngine(root, home, grantKey, say);
  });
}
