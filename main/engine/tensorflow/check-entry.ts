/** Entry of the process that tries an engine: a library that does not fit may end whoever loads it. */
import { wireErrorFrom } from '#contract/errors.ts';
import { checkEngine } from './check.ts';

try {
  process.stdout.write(`${JSON.stringify({ checked: await checkEngine(process.argv[2]!) })}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: wireErrorFrom(error) })}\n`);
}
// Threads of the library would keep the process.
process.exit();
