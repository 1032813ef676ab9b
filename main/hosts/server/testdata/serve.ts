/** `fewstep serve` with the parts of a test: engine entry and window folder come first. */
import { runServe } from '../main.ts';

const [engineEntry = '', rendererFolder = '', ...argv] = process.argv.slice(2);
process.exitCode = await runServe(argv, { engineEntry, rendererFolder });
