/* npm start: the workbench, served to the browser. */
import { runBundle } from './run-bundle.mjs';

await runBundle('server.js', 'start');
