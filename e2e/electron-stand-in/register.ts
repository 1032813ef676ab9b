/** Lets `import ... from 'electron'` find the stand-in: `node --import e2e/electron-stand-in/register.ts main.js`. */
import { registerHooks } from 'node:module';

const standIn = new URL('./electron.ts', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron' ? { url: standIn, shortCircuit: true } : next(specifier, context),
});
