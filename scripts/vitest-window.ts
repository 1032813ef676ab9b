import type { Environment } from 'vitest/runtime';

/**
 * Compiles and resolves as for a window, without a document: Svelte's effects run, which its server build leaves out.
 */
export default {
  name: 'window',
  viteEnvironment: 'client',
  setup() {
    return { teardown() {} };
  },
} satisfies Environment;
