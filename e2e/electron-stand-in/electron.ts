/**
 * A stand-in for Electron, for machines that have Chromium but not Electron's binary.
 *
 * It is no Electron. The app's own bundles run unchanged (`out/main/desktop.js`, `out/preload/index.cjs`,
 * `out/main/engine.js`, `out/renderer`), and the few APIs they call behave as Electron's are
 * documented to: processes, message ports, IPC, the custom scheme's handler, menus, quitting, the
 * single-instance lock. What it cannot show:
 * - The scheme `app:` is mapped to `https://<host>.app.test`, which Playwright answers: Chromium
 *   navigates to no scheme that is not compiled or registered into it.
 * - The preload script runs in the page's own world, before the page: contextBridge isolates nothing.
 * - The sandbox, fuses, permissions and native menus are Chromium's or Electron's own work; here
 *   only what the app asks of them can be seen.
 * - Messages of ports are packed into JSON on their way into the page, which costs time.
 * The same journeys run on real Electron wherever its binary exists.
 */
import { app } from './app.ts';
import { BrowserWindow, ipcMain } from './browser-window.ts';
import { listenToTests } from './control.ts';
import { Menu } from './menu.ts';
import { dialog, nativeTheme, screen, session, shell } from './rest.ts';
import { MessageChannelMain } from './ports.ts';
import { protocol } from './protocol.ts';
import { utilityProcess } from './utility-process.ts';

const electron = {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  MessageChannelMain,
  nativeTheme,
  protocol,
  screen,
  session,
  shell,
  utilityProcess,
};

listenToTests(electron);

export {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  MessageChannelMain,
  nativeTheme,
  protocol,
  screen,
  session,
  shell,
  utilityProcess,
};
export default electron;
