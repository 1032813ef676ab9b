import { defineConfig } from '@playwright/test';
import type { DesktopKind } from './e2e/pages/desktop-kind.ts';
import { findChromium } from './scripts/browser.mjs';

// What `auto` takes is the same on every machine, and nothing is measured for it.
process.env['FEWSTEP_EXECUTOR'] ??= 'ort-cpu';

/** Journeys through the production bundles in out/: `npm test -- --only e2e` builds them and finds a browser. */
export default defineConfig<{ desktopKind: DesktopKind }>({
  testDir: 'e2e',
  // Every journey has a server and an engine of its own; two at once already fill the smallest machine.
  workers: 1,
  fullyParallel: false,
  forbidOnly: process.env['CI'] !== undefined,
  retries: 0,
  // Training a toy model with a software renderer beside it takes its time.
  timeout: 180_000,
  expect: { timeout: 20_000 },
  reporter: 'list',
  outputDir: 'test-results',
  snapshotPathTemplate: '{testDir}/pictures/{arg}{ext}',
  use: {
    viewport: { width: 1440, height: 900 },
    colorScheme: 'light',
    locale: 'en-GB',
    timezoneId: 'UTC',
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
  },
  projects: [
    {
      name: 'server-host',
      testIgnore: 'desktop*.spec.ts',
      use: {
        browserName: 'chromium',
        launchOptions: {
          ...executable(),
          // WebGL without a GPU, the same everywhere.
          args: ['--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--force-color-profile=srgb'],
        },
      },
    },
    // The same journeys twice: on Electron itself wherever it is, and on what stands in for it everywhere.
    {
      name: 'desktop-stand-in',
      testMatch: 'desktop*.spec.ts',
      use: { desktopKind: 'stand-in', launchOptions: executable() },
    },
    { name: 'desktop-electron', testMatch: 'desktop*.spec.ts', use: { desktopKind: 'electron' } },
  ],
});

/** Without a browser Playwright names the one it misses, which says more than an empty path would. */
function executable(): { executablePath?: string } {
  const program = findChromium();
  return program === undefined ? {} : { executablePath: program };
}
