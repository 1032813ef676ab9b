/* npm run fewstep: the command line of the workbench. */
import { runBundle } from './run-bundle.mjs';

await runBundle('cli.js', 'fewstep');
