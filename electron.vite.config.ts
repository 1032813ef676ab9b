import path from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'electron-vite';

const root = import.meta.dirname;
const out = (room: string): string => path.join(root, 'out', room);

/** The licences of what is bundled travel with it. */
const license = { fileName: 'licences.md' };

export default defineConfig({
  main: {
    // TensorFlow.js registers its gradients only in its ES modules, so it is bundled from those.
    resolve: { mainFields: ['module', 'main'] },
    build: {
      outDir: out('main'),
      sourcemap: true,
      license,
      // A reader starts for every file that is opened: bundled, zod takes 30 ms less to load.
      externalizeDeps: { exclude: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu', 'zod'] },
      rolldownOptions: {
        input: {
          cli: path.join(root, 'main/hosts/cli/main.ts'),
          server: path.join(root, 'main/hosts/server/start.ts'),
          engine: path.join(root, 'main/engine/worker.ts'),
          reader: path.join(root, 'main/engine/reader/entry.ts'),
          'engine-check': path.join(root, 'main/engine/tensorflow/check-entry.ts'),
          desktop: path.join(root, 'main/hosts/electron/main.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: out('preload'),
      sourcemap: true,
      rolldownOptions: {
        input: path.join(root, 'preload/index.ts'),
        // A sandboxed preload script is one file, and no ES module.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: path.join(root, 'renderer'),
    // Relative, so that the page works wherever it is served from.
    base: './',
    plugins: [svelte({ configFile: false })],
    build: {
      outDir: out('renderer'),
      license,
      // An inlined font would be a data: address, which the page's policy forbids.
      assetsInlineLimit: 0,
      // three.js is one module graph; it is loaded after the window stands.
      chunkSizeWarningLimit: 800,
      rolldownOptions: { input: path.join(root, 'renderer/index.html') },
    },
  },
});
