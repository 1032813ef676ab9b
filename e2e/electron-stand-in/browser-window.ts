/** BrowserWindow, its webContents and ipcMain: a page of Chromium each. */
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Frame, Page, Route } from '@playwright/test';
import { app } from './app.ts';
import { theBrowser } from './browser.ts';
import { pack, unpack } from './packing.ts';
import { pageSide } from './page-side.ts';
import type { FromPage, ToPage } from './page-side.ts';
import { hub, transferred } from './ports.ts';
import type { Holder } from './ports.ts';
import { answer, appUrlFrom, pageUrlFrom } from './protocol.ts';

interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

interface WindowOptions extends Rectangle {
  webPreferences: { preload: string };
}

type Handler = (event: unknown, ...args: unknown[]) => unknown;

class IpcMain extends EventEmitter {
  readonly handlers = new Map<string, Handler>();
  handle(channel: string, handler: Handler): void {
    this.handlers.set(channel, handler);
  }
}

export const ipcMain = new IpcMain();

/** The frame that a message came from, as far as the app looks at it. */
class WebFrameMain {
  readonly #contents: WebContents;
  readonly #frame: Frame;

  constructor(contents: WebContents, frame: Frame) {
    this.#contents = contents;
    this.#frame = frame;
  }

  get url(): string {
    return appUrlFrom(this.#frame.url());
  }

  get origin(): string {
    const { url } = this;
    return /^[a-z]+:\/\/[^/]+/.exec(url)?.[0] ?? 'null';
  }

  get parent(): WebFrameMain | null {
    const parent = this.#frame.parentFrame();
    return parent === null ? null : new WebFrameMain(this.#contents, parent);
  }

  postMessage(channel: string, message: unknown, transfer: readonly unknown[] = []): void {
    this.#contents.postMessage(channel, message, transfer);
  }
}

class WebContents extends EventEmitter {
  readonly #preload: string;
  /** The page; another one after a crash, as Playwright is done with one that crashed. */
  #page: Promise<Page>;
  /** Holds the ports of the document that is loaded now. */
  #document: Holder = this.#holder();
  #openHandler: (details: { url: string }) => { action: string } = () => ({ action: 'allow' });
  #url = 'about:blank';
  #isGone = false;

  constructor(preload: string) {
    super();
    this.#preload = readFileSync(preload, 'utf8');
    this.#page = this.#openPage();
    app.emit('web-contents-created', {}, this);
  }

  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.#openHandler = handler;
  }

  getURL(): string {
    return this.#url;
  }

  send(channel: string, ...args: unknown[]): void {
    this.#toPage({ kind: 'ipc', channel, args, ports: [] });
  }

  postMessage(channel: string, message: unknown, transfer: readonly unknown[] = []): void {
    const ports = transferred(transfer);
    for (const id of ports) hub.release(id);
    this.#toPage({ kind: 'ipc', channel, args: [message], ports });
    for (const id of ports) hub.hold(id, this.#document);
  }

  async load(url: string): Promise<void> {
    this.#url = url;
    const page = await this.#page;
    await page.goto(pageUrlFrom(url));
  }

  reload(): void {
    void this.#reload();
  }

  async #reload(): Promise<void> {
    if (this.#isGone) {
      const crashed = await this.#page;
      this.#isGone = false;
      this.#page = this.#openPage();
      await this.load(this.#url);
      await crashed.close();
    } else {
      await (await this.#page).reload();
    }
  }

  forcefullyCrashRenderer(): void {
    void this.#page.then(async (page) => {
      const session = await theBrowser().newCDPSession(page);
      // Its answer never comes: the process is gone.
      void session.send('Page.crash').catch(() => {});
    });
  }

  async executeJavaScript(code: string): Promise<unknown> {
    return await (await this.#page).evaluate(code);
  }

  async closePage(): Promise<void> {
    hub.lose(this.#document);
    const page = await this.#page;
    // The blank page of the start stays: Chromium ends with its last, and an app without windows may go on.
    await page.close();
  }

  async #openPage(): Promise<Page> {
    const page = await theBrowser().newPage();
    await page.exposeBinding('standInSend', ({ frame }, packed: string) =>
      this.#fromPage(frame, unpack(packed) as FromPage),
    );
    const preload = `function (require, process, module, exports) {${this.#preload}\n}`;
    const parts = [JSON.stringify(process.platform), preload, String(pack), String(unpack)];
    await page.addInitScript(`(${String(pageSide)})(${parts.join(', ')})`);
    await page.route('**/*', (route) => this.#route(route));
    page.on('framenavigated', (frame) => {
      if (frame !== page.mainFrame()) return;
      hub.lose(this.#document);
      this.#document = this.#holder();
    });
    page.on('domcontentloaded', () => this.emit('dom-ready', {}));
    page.on('load', () => this.emit('did-finish-load', {}));
    page.on('popup', (popup) => {
      this.#openHandler({ url: appUrlFrom(popup.url()) });
      void popup.close();
    });
    page.on('crash', () => {
      hub.lose(this.#document);
      this.#isGone = true;
      this.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 5 });
    });
    return page;
  }

  async #route(route: Route): Promise<void> {
    const request = route.request();
    if (request.isNavigationRequest()) {
      const url = appUrlFrom(request.url());
      const isMainFrame = request.frame().parentFrame() === null;
      let isPrevented = false;
      this.emit('will-frame-navigate', { url, isMainFrame, preventDefault: () => (isPrevented = true) });
      if (isPrevented) {
        await route.abort('aborted');
        return;
      }
      this.emit('did-start-navigation', { url, isMainFrame, isSameDocument: false });
    }
    await answer(route);
  }

  #fromPage(frame: Frame, message: FromPage): void {
    switch (message.kind) {
      case 'ipc':
        ipcMain.emit(
          message.channel,
          { sender: this, senderFrame: new WebFrameMain(this, frame) },
          ...message.args,
        );
        return;
      case 'invoke':
        void this.#answer(frame, message);
        return;
      case 'post':
        hub.post(message.id, message.data, []);
        return;
      case 'close':
        hub.close(message.id);
        return;
      case 'open':
        this.#openHandler({ url: appUrlFrom(message.url) });
        return;
      default:
        message satisfies never;
    }
  }

  async #answer(frame: Frame, { id, channel, args }: Extract<FromPage, { kind: 'invoke' }>): Promise<void> {
    try {
      const handler = ipcMain.handlers.get(channel);
      if (handler === undefined) throw new Error(`No handler registered for '${channel}'`);
      const event = { sender: this, senderFrame: new WebFrameMain(this, frame) };
      const value = await handler(event, ...(await Promise.all(args.map((each) => this.#withPath(each)))));
      this.#toPage({ kind: 'answer', id, value, error: null });
    } catch (error) {
      this.#toPage({ kind: 'answer', id, value: null, error: String(error) });
    }
  }

  /** The path of a file that the page has shown to `webUtils`; empty if a script made it up. */
  async #withPath(word: unknown): Promise<unknown> {
    const index = typeof word === 'string' ? /^stand-in-file:(\d+)$/.exec(word)?.[1] : undefined;
    if (index === undefined) return word;
    const session = await theBrowser().newCDPSession(await this.#page);
    const { result } = await session.send('Runtime.evaluate', { expression: `standInFiles[${index}]` });
    const { path } = await session.send('DOM.getFileInfo', { objectId: result.objectId ?? '' });
    await session.detach();
    return path;
  }

  #holder(): Holder {
    return {
      deliver: (id, data) => this.#toPage({ kind: 'port message', id, data }),
      ended: (id) => this.#toPage({ kind: 'port ended', id }),
    };
  }

  #toPage(message: ToPage): void {
    const call = `standInReceive(${JSON.stringify(pack(message))})`;
    void this.#page
      .then((page) => page.evaluate(call))
      .catch(() => {
        // The document it was for has gone, as a message to a page that navigates is lost in Electron.
      });
  }
}

export class BrowserWindow extends EventEmitter {
  static readonly #all = new Set<BrowserWindow>();
  readonly webContents: WebContents;
  readonly #bounds: Rectangle;
  #isVisible = false;
  #isDestroyed = false;

  constructor({ x, y, width, height, webPreferences }: WindowOptions) {
    super();
    this.#bounds = { x, y, width, height };
    this.webContents = new WebContents(webPreferences.preload);
    this.webContents.once('dom-ready', () => this.emit('ready-to-show'));
    BrowserWindow.#all.add(this);
  }

  static getAllWindows(): BrowserWindow[] {
    return [...BrowserWindow.#all];
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.load(url);
  }

  show(): void {
    this.#isVisible = true;
  }
  hide(): void {
    this.#isVisible = false;
  }
  isVisible(): boolean {
    return this.#isVisible;
  }
  focus(): void {}
  restore(): void {}
  maximize(): void {}
  isMinimized(): boolean {
    return false;
  }
  isMaximized(): boolean {
    return false;
  }
  isDestroyed(): boolean {
    return this.#isDestroyed;
  }
  getNormalBounds(): Rectangle {
    return this.#bounds;
  }

  close(): void {
    void this.closeUnlessRefused();
  }

  /** @internal */
  async closeUnlessRefused(): Promise<boolean> {
    if (this.#isDestroyed) return true;
    let isPrevented = false;
    this.emit('close', { preventDefault: () => (isPrevented = true) });
    if (isPrevented) return false;
    this.#isDestroyed = true;
    BrowserWindow.#all.delete(this);
    await this.webContents.closePage();
    this.emit('closed');
    if (BrowserWindow.#all.size === 0 && !isQuitting) app.emit('window-all-closed');
    return true;
  }
}

let isQuitting = false;
app.closeWindows = async () => {
  isQuitting = true;
  for (const window of BrowserWindow.getAllWindows()) {
    if (!(await window.closeUnlessRefused())) {
      isQuitting = false;
      return false;
    }
  }
  return true;
};
