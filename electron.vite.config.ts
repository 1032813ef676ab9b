import path from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'electron-vite';

const root = import.meta.dirname;
const out = (room: string): string => path.join(root, 'out', room);

export default defineConfig({
  main: {
    // TensorFlow.js registers its gradients only in its ES modules, so it is bundled from those.
    resolve: { mainFields: ['module', 'main'] },
    build: {
      outDir: out('main'),
      sourcemap: true,
      externalizeDeps: { exclude: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu'] },
      rolldownOptions: {
        input: {
          cli: path.join(root, 'main/hosts/cli/main.ts'),
          server: path.join(root, 'main/hosts/server/start.ts'),
          engine: path.join(root, 'main/engine/worker.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  renderer: {
    root: path.join(root, 'renderer'),
    plugins: [svelte()],
    build: {
      outDir: out('renderer'),
      rolldownOptions: { input: path.join(root, 'renderer/index.html') },
    },
  },
});
