import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test as base } from '@playwright/test';
import { startServer } from './server.ts';
import type { Server } from './server.ts';
import { Workbench } from './workbench.ts';

export { expect } from '@playwright/test';

interface Fixtures {
  /** An empty data folder, removed afterwards. */
  home: string;
  /** A server on `home`. It must stop cleanly, or the journey has failed. */
  server: Server;
  /** The window on `server`, not yet opened. */
  workbench: Workbench;
  /** What went wrong in the page so far; whatever is left here at the end fails the journey. */
  troubles: string[];
}

export const test = base.extend<Fixtures>({
  // Playwright reads the first parameter's pattern to learn what a fixture needs.
  home: async ({}, use) => {
    const home = mkdtempSync(path.join(tmpdir(), 'fewstep-journey-'));
    await use(home);
    rmSync(home, { recursive: true, force: true });
  },

  server: async ({ home }, use, testInfo) => {
    const server = await startServer(home);
    await use(server);
    const endedEarly = server.process.exitCode;
    const code = await server.stop();
    await testInfo.attach('server log', { body: server.log(), contentType: 'text/plain' });
    if (code !== 0 && endedEarly === null) {
      throw new Error(`The server ended with ${code ?? 'a signal'}:\n${server.log()}`);
    }
  },

  workbench: async ({ page, server }, use, testInfo) => {
    await use(new Workbench(page, server.url));
    // A window that is left open tries to reconnect while its server stops, which is no trouble of the journey.
    if (testInfo.status === testInfo.expectedStatus) await page.goto('about:blank');
  },

  troubles: [
    async ({ page }, use) => {
      const troubles: string[] = [];
      page.on('pageerror', (error) => troubles.push(`uncaught: ${error.stack ?? error.message}`));
      page.on('crash', () => troubles.push('the page crashed'));
      page.on('console', (message) => {
        if (message.type() === 'error')
          troubles.push(`console: ${message.text()} (${message.location().url})`);
      });
      await use(troubles);
      if (troubles.length > 0) throw new Error(`The window was in trouble:\n${troubles.join('\n')}`);
    },
    { auto: true },
  ],
});
