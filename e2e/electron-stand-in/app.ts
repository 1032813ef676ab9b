/** app: life, paths, switches and the single-instance lock. */
import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { closeBrowser, launchBrowser } from './browser.ts';

const startsFolder = 'second-starts';
const lookEveryMs = 100;

class App extends EventEmitter {
  readonly isPackaged = false;
  name = 'fewstep';
  readonly commandLine = {
    hasSwitch: (name: string) => process.argv.some((word) => isSwitch(word, name)),
    getSwitchValue: (name: string) =>
      process.argv.find((word) => isSwitch(word, name))?.slice(`--${name}=`.length) ?? '',
    appendSwitch: (name: string, value?: string) => {
      this.#switches.push(value === undefined ? `--${name}` : `--${name}=${value}`);
    },
  };
  readonly #paths = new Map<string, string>();
  readonly #switches: string[] = [];
  readonly #processes = new Map<ChildProcess, string>();
  #isReady = false;
  #isEnding = false;
  /** Set by browser-window.ts: closes every window, which any of them may refuse. */
  closeWindows: () => Promise<boolean> = () => Promise.resolve(true);

  constructor() {
    super();
    const userData = this.commandLine.getSwitchValue('user-data-dir');
    this.#paths.set('appData', path.join(tmpdir(), 'fewstep-stand-in'));
    this.#paths.set('userData', userData === '' ? path.join(this.getPath('appData'), this.name) : userData);
    // Electron takes the first signal as a request to quit, and dies of the second.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => this.quit());
    setImmediate(() => void this.#start());
  }

  getPath(name: string): string {
    return this.#paths.get(name) ?? '';
  }

  setPath(name: string, folder: string): void {
    this.#paths.set(name, folder);
  }

  setName(name: string): void {
    this.name = name;
  }

  getVersion(): string {
    const file = path.join(this.getAppPath(), 'package.json');
    return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  }

  /** The folder with package.json above the main script. */
  getAppPath(): string {
    let folder = path.dirname(process.argv[1] ?? '');
    while (!existsSync(path.join(folder, 'package.json')) && folder !== path.dirname(folder)) {
      folder = path.dirname(folder);
    }
    return folder;
  }

  isReady(): boolean {
    return this.#isReady;
  }

  whenReady(): Promise<void> {
    if (this.#isReady) return Promise.resolve();
    return new Promise((resolve) => this.once('ready', () => resolve()));
  }

  enableSandbox(): void {}

  disableHardwareAcceleration(): void {}

  relaunch(): void {
    process.stderr.write('[stand-in] the app would be started again\n');
  }

  getAppMetrics(): { type: string; name?: string; pid: number }[] {
    const utilities = [...this.#processes].flatMap(([{ pid, exitCode, signalCode }, name]) =>
      pid === undefined || exitCode !== null || signalCode !== null ? [] : [{ type: 'Utility', name, pid }],
    );
    return [{ type: 'Browser', pid: process.pid }, ...utilities];
  }

  /** @internal */
  addProcess(child: ChildProcess, name: string): void {
    this.#processes.set(child, name);
  }

  /** As in Electron: the first of a user data folder has the lock, and hears of every later start. */
  requestSingleInstanceLock(additionalData?: unknown): boolean {
    const folder = this.getPath('userData');
    const inbox = path.join(folder, startsFolder);
    const lock = path.join(folder, 'lock');
    mkdirSync(inbox, { recursive: true });
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
    } catch {
      if (isAlive(Number(readFileSync(lock, 'utf8')))) {
        const start = { argv: process.argv, cwd: process.cwd(), additionalData };
        writeFileSync(path.join(inbox, `${process.pid}.part`), JSON.stringify(start));
        writeFileSync(path.join(inbox, `${process.pid}.json`), JSON.stringify(start));
        return false;
      }
      writeFileSync(lock, String(process.pid));
    }
    process.on('exit', () => rmSync(lock, { force: true }));
    void this.whenReady().then(() => setInterval(() => this.#readStarts(inbox), lookEveryMs).unref());
    return true;
  }

  #readStarts(inbox: string): void {
    for (const name of readdirSync(inbox).filter((each) => each.endsWith('.json'))) {
      const file = path.join(inbox, name);
      let start: { argv: string[]; cwd: string; additionalData: unknown };
      try {
        start = JSON.parse(readFileSync(file, 'utf8')) as typeof start;
      } catch {
        continue; // It is still being written.
      }
      rmSync(file);
      this.emit('second-instance', {}, start.argv, start.cwd, start.additionalData);
    }
  }

  /** before-quit, then the windows close, then will-quit; each may refuse. */
  quit(): void {
    void this.#quit();
  }

  async #quit(): Promise<void> {
    if (this.#emitRefusable('before-quit')) return;
    if (!(await this.closeWindows())) return;
    if (this.#emitRefusable('will-quit')) return;
    this.emit('quit', {}, 0);
    this.exit(0);
  }

  #emitRefusable(name: string): boolean {
    let isPrevented = false;
    this.emit(name, { preventDefault: () => (isPrevented = true) });
    return isPrevented;
  }

  exit(code = 0): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    for (const child of this.#processes.keys()) child.kill('SIGKILL');
    void closeBrowser().finally(() => process.exit(code));
  }

  async #start(): Promise<void> {
    if (this.#isEnding) return;
    await launchBrowser(path.join(this.getPath('userData'), 'chromium'), this.#switches);
    this.#isReady = true;
    this.emit('ready');
  }
}

function isSwitch(word: string, name: string): boolean {
  return word === `--${name}` || word.startsWith(`--${name}=`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export const app = new App();
