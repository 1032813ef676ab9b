/** The Chromium whose pages are the windows. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { chromium } from '@playwright/test';
import type { BrowserContext } from '@playwright/test';

let context: BrowserContext | null = null;
let endpoint = '';

/** @param folder  for its profile */
export async function launchBrowser(folder: string, switches: readonly string[]): Promise<void> {
  const executablePath = process.env['CHROMIUM'];
  context = await chromium.launchPersistentContext(folder, {
    ...(executablePath === undefined ? {} : { executablePath }),
    // The tests attach to the same browser, as they do to Electron.
    args: ['--remote-debugging-port=0', '--use-angle=swiftshader', '--force-color-profile=srgb', ...switches],
    viewport: { width: 1440, height: 900 },
    // Otherwise a signal to the app would close the browser before the app has heard of it.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
  const [port, route] = readFileSync(path.join(folder, 'DevToolsActivePort'), 'utf8').trim().split('\n');
  endpoint = `ws://127.0.0.1:${port}${route}`;
}

export function theBrowser(): BrowserContext {
  if (context === null) throw new Error('The app is not ready');
  return context;
}

/** Where the tests attach. */
export function browserEndpoint(): string {
  return endpoint;
}

export async function closeBrowser(): Promise<void> {
  await context?.close();
}
