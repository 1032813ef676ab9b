import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // The engine's threads and the tests' share two cores on the smallest machine we support.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'node',
          include: ['{main,preload,scripts}/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        plugins: [svelte({ configFile: false })],
        resolve: { conditions: ['browser'] },
        test: {
          name: 'renderer',
          environment: './scripts/vitest-window.ts',
          server: { deps: { inline: ['svelte'] } },
          include: ['renderer/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
