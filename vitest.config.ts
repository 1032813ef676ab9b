import { defineConfig } from 'vitest/config';

export default defineConfig({
  // TensorFlow.js registers its gradients only in its ES modules; its CommonJS file for Node has none.
  resolve: { mainFields: ['module', 'main'] },
  test: {
    include: ['{main,preload,renderer,scripts}/**/*.test.ts'],
    server: { deps: { inline: [/@tensorflow/] } },
    // The engine's threads and the tests' share two cores on the smallest machine we support.
    maxWorkers: 2,
    testTimeout: 60_000,
  },
});
