/** Entry of `npm start` and of the server bundle. */
import { runServe } from './main.ts';

process.setSourceMapsEnabled(true);
process.exitCode = await runServe(process.argv.slice(2));
