/* npm run fewstep: the command line of the workbench. */
import { endWithNpm } from './end-with-npm.mjs';
import { runBundle } from './run-bundle.mjs';

endWithNpm('fewstep');
await runBundle('cli.js', 'fewstep');
