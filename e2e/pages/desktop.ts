import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { _electron, chromium, expect, test as base } from '@playwright/test';
import type { Page } from '@playwright/test';
import type * as Electron from 'electron';
import type { FromTest, ToTest } from '../electron-stand-in/control.ts';
import type { DesktopKind } from './desktop-kind.ts';
import { Workbench } from './workbench.ts';

export { expect } from '@playwright/test';

const root = path.join(import.meta.dirname, '../..');
/** Longer than a checkpoint of a toy model takes; what has not quit by then never will. */
const quitMs = 60_000;

/** The running desktop app. */
export interface Desktop {
  /** The window's page. After a crash it is no longer of use, see {@link inWindow}. */
  readonly page: Page;
  /** Runs a function in the main process; it sees its parameters alone. */
  evaluate<R, A = undefined>(
    run: (electron: typeof Electron, argument: A) => R,
    argument: A,
  ): Promise<Awaited<R>>;
  /**
   * Evaluates an expression in the window by way of the main process, which works after a crash too.
   * Null while there is no window, or while it loads.
   */
  inWindow<T>(expression: string): Promise<T | null>;
  /** Starts the app a second time, with those arguments, and waits until that start has ended. */
  startAgain(...args: readonly string[]): Promise<void>;
  /** What the app and its engine have said on stderr so far. */
  log(): string;
  /** Quits as the menu does. @returns the exit code, null if it had to be killed */
  quit(): Promise<number | null>;
  readonly exited: Promise<number | null>;
}

interface Fixtures {
  /** An empty data folder, removed afterwards. */
  home: string;
  /** The app on `home`, with its window open. It must quit cleanly, or the journey has failed. */
  desktop: Desktop;
  /** The window. */
  workbench: Workbench;
}

export const test = base.extend<Fixtures & { desktopKind: DesktopKind }>({
  desktopKind: ['stand-in', { option: true }],

  home: async ({}, use) => {
    const home = mkdtempSync(path.join(tmpdir(), 'fewstep-desktop-'));
    await use(home);
    rmSync(home, { recursive: true, force: true });
  },

  desktop: async ({ desktopKind, home, launchOptions }, use, testInfo) => {
    const absence = desktopKind === 'electron' ? whyNoElectron() : null;
    testInfo.skip(absence !== null, absence ?? '');
    const userData = mkdtempSync(path.join(tmpdir(), 'fewstep-user-data-'));
    const args = [`--user-data-dir=${userData}`, '--home', home];
    const desktop =
      desktopKind === 'electron'
        ? await startElectron(args)
        : await startStandIn(args, launchOptions.executablePath);
    let hasQuit = false;
    void desktop.exited.then(() => (hasQuit = true));
    await use(desktop);
    const hadQuit = hasQuit;
    const code = await desktop.quit();
    await testInfo.attach('desktop log', { body: desktop.log(), contentType: 'text/plain' });
    rmSync(userData, { recursive: true, force: true });
    if (!hadQuit && code !== 0) throw new Error(`The app ended with ${code}:\n${desktop.log()}`);
  },

  workbench: async ({ desktop }, use) => {
    await use(new Workbench(desktop.page, desktop.page.url()));
  },
});

/** Why the journeys cannot run on Electron itself here; null if they can. */
function whyNoElectron(): string | null {
  const folder = path.join(root, 'node_modules/electron');
  const named = path.join(folder, 'path.txt');
  if (!existsSync(named) || !existsSync(path.join(folder, 'dist', readFileSync(named, 'utf8')))) {
    return "Electron's binary is not installed; fetch it with npx install-electron";
  }
  const hasScreen =
    process.platform !== 'linux' ||
    Boolean(process.env['DISPLAY']) ||
    Boolean(process.env['WAYLAND_DISPLAY']);
  return hasScreen ? null : 'there is no display; run under xvfb-run';
}

async function startElectron(args: readonly string[]): Promise<Desktop> {
  const app = await _electron.launch({ args: [root, ...args], cwd: root });
  const child = app.process();
  const log = logOf(child);
  return {
    ...common(child, log),
    page: await app.firstWindow(),
    evaluate: (run, argument) => app.evaluate(run as never, argument) as never,
    inWindow: (expression) => app.evaluate(evaluateInWindow as never, expression) as never,
    startAgain: (...more) => {
      const sandbox = process.platform === 'linux' ? ['--no-sandbox'] : [];
      return untilEnded(spawn(child.spawnfile, [root, ...sandbox, ...args, ...more], { stdio: 'ignore' }));
    },
    quit: () => quit(child, () => app.evaluate(({ app }) => app.quit())),
  };
}

/** @param program  the Chromium to show the window in; Playwright's own if left out */
async function startStandIn(args: readonly string[], program?: string): Promise<Desktop> {
  const main = path.join(root, 'out/main/desktop.js');
  if (!existsSync(main)) throw new Error(`Expected the built app in ${main}. Run: npm run build`);
  const execArgv = ['--import', path.join(root, 'e2e/electron-stand-in/register.ts')];
  const env = { ...process.env, ...(program === undefined ? {} : { CHROMIUM: program }) };
  const child = fork(main, [...args], { execArgv, env, stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
  const log = logOf(child);
  const answers = new Map<number, (answer: ToTest) => void>();
  let next = 0;
  const endpoint = new Promise<string>((resolve, reject) => {
    child.on('message', (message: ToTest) => {
      if (message.kind === 'ready') resolve(message.endpoint);
      else answers.get(message.id)?.(message);
    });
    child.once('exit', (code) => reject(new Error(`The app ended with ${code}:\n${log()}`)));
  });

  async function evaluate(run: unknown, argument: unknown): Promise<unknown> {
    const id = next++;
    const answer = new Promise<ToTest>((resolve) => answers.set(id, resolve));
    child.send({ id, source: String(run), argument } satisfies FromTest);
    const settled = await answer;
    if (settled.kind === 'result') return settled.value;
    throw new Error(settled.kind === 'error' ? settled.message : 'An answer of another kind');
  }

  const browser = await chromium.connectOverCDP(await endpoint);
  let page: Page | undefined;
  await expect
    .poll(() => {
      page = browser
        .contexts()[0]
        ?.pages()
        .find((each) => each.url().startsWith('https:'));
      return page !== undefined;
    })
    .toBe(true);
  if (page === undefined) throw new Error('The app has no window');
  return {
    ...common(child, log),
    page,
    evaluate: (run, argument) => evaluate(run, argument) as never,
    inWindow: (expression) => evaluate(evaluateInWindow, expression) as never,
    startAgain: (...more) =>
      untilEnded(spawn(process.execPath, [...execArgv, main, ...args, ...more], { stdio: 'ignore', env })),
    quit: () => quit(child, () => evaluate(({ app }: typeof Electron) => app.quit(), undefined)),
  };
}

function evaluateInWindow({ BrowserWindow }: typeof Electron, expression: string): Promise<unknown> {
  const [window] = BrowserWindow.getAllWindows();
  // A page that is just being loaded answers nothing.
  return window === undefined
    ? Promise.resolve(null)
    : window.webContents.executeJavaScript(expression).catch(() => null);
}

function common(child: ChildProcess, log: () => string): Pick<Desktop, 'log' | 'exited'> {
  return { log, exited: new Promise((resolve) => child.once('exit', (code) => resolve(code))) };
}

function logOf(child: ChildProcess): () => string {
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (log += text));
  return () => log;
}

async function quit(child: ChildProcess, ask: () => Promise<unknown>): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exited = once(child, 'exit');
  // The answer may be lost in the quitting.
  void ask().catch(() => {});
  const overdue = setTimeout(() => child.kill('SIGKILL'), quitMs);
  await exited;
  clearTimeout(overdue);
  return child.exitCode;
}

async function untilEnded(child: ChildProcess): Promise<void> {
  await once(child, 'exit');
}
