/*
 * npm start: the workbench, in the desktop app where there is a screen, else served to the browser.
 *
 *   npm start -- --browser     in the browser in any case
 *   npm start -- --desktop     in the desktop app or not at all
 */
import { obtainElectron, runElectron } from './electron-app.mjs';
import { onOwnNode } from './own-node.mjs';
import { prepare, runBundle } from './run-bundle.mjs';
import { chooseHost } from './start-mode.mjs';

/** The app's own words for "a person must mend something, and has been told", and for a mistake of ours. */
const OWN_EXIT_CODES = new Set([0, 78]);
/** Electron that ends this soon has opened no window: no sandbox for this user, a library that is missing. */
const EARLY_SECS = 15;

const USAGE = `npm start -- [--desktop | --browser] [--home FOLDER] [FILE ...]

  --desktop       the desktop app or nothing; the usual choice where there is a display
  --browser       served to the browser, with the flags below; each of them chooses it too

`;

await onOwnNode();
const mode = chosenMode();
process.argv.splice(2, Infinity, ...mode.args);
if (mode.args.includes('--help')) process.stdout.write(USAGE);
const whyNot = mode.host === 'desktop' ? await runDesktop(mode.args) : mode.why;
if (whyNot !== undefined) {
  if (mode.isAsked) fail(`The desktop app cannot start: ${whyNot}`);
  say(`No desktop app: ${whyNot}; the workbench is served to the browser instead`);
}
if (mode.host === 'browser' || whyNot !== undefined) await runBundle('server.js', 'start');

/**
 * @param {readonly string[]} args
 * @returns {Promise<string | undefined>} why it did not start; undefined when it has run, and ended
 */
async function runDesktop(args) {
  let program;
  try {
    program = await obtainElectron(say);
  } catch (error) {
    return messageOf(error);
  }
  await prepare('start');
  const started = performance.now();
  try {
    const { code, signal } = await runElectron(program, args);
    const isEarly = performance.now() - started < EARLY_SECS * 1000;
    const isOwn = code !== null && OWN_EXIT_CODES.has(code);
    if (isEarly && !isOwn) return `Electron ended at once (${signal ?? `exit code ${code}`})`;
    process.exitCode = code ?? 1;
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function chosenMode() {
  try {
    return chooseHost(process.argv.slice(2), process.platform, process.env);
  } catch (error) {
    return fail(messageOf(error));
  }
}

/** @param {string} line */
function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * @param {string} line
 * @returns {never}
 */
function fail(line) {
  say(line);
  process.exit(1);
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
