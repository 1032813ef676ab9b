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
          // What `auto` takes is the same on every machine, and nothing is measured for it.
          env: { FEWSTEP_EXECUTOR: 'ort-cpu' },
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
      {
        test: {
          // Needs a Vulkan device: run by scripts/gpu-stage.mjs, which finds one and says so if there is none.
          name: 'gpu',
          include: ['main/**/*.gpu.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          // Needs TensorFlow: run by scripts/tensorflow-stage.mjs, which installs it where pip can.
          name: 'tensorflow',
          include: ['main/**/*.tensorflow.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
