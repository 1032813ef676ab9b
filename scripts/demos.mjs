/*
 * npm run demos [ID...]: trains the runs that ship with the program anew, into resources/demos, or those
 * named. Small networks and few frames, so that a clone stays small; one checkpoint each, the last.
 * --steps N trains each for so long only, to try this out.
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildIfNeeded } from './build-if-needed.mjs';
import { outFolder } from './bundles.mjs';
import { runCommand } from './command.mjs';
import { onOwnNode } from './own-node.mjs';
import { root } from './paths.mjs';

/** In the order of the window; the first is what it opens with. */
const DEMOS = {
  'demo-1-teacher': {
    name: 'Flow-matching teacher',
    teacher: null,
    flags: '--method teacher --data checkerboard --steps 6000 --width 128 --film-frames 32 --eval-every 500',
  },
  'demo-2-drifting': {
    name: 'Drifting model',
    teacher: null,
    flags: '--method drifting --data checkerboard --steps 3000 --width 128 --film-frames 48 --eval-every 250',
  },
  'demo-3-piflow': {
    name: 'pi-Flow in one call',
    teacher: 'demo-1-teacher',
    flags: '--method piflow --data checkerboard --steps 3000 --width 128 --film-frames 32 --eval-every 250',
  },
  'demo-4-freeflow': {
    name: 'FreeFlow in one call',
    teacher: 'demo-1-teacher',
    flags: '--method freeflow --data checkerboard --steps 6000 --width 128 --film-frames 32 --eval-every 500',
  },
};

/**
 * Those on digits are trained as the reproductions on digits say, and thinned.
 *
 * @type {Record<string, { name: string, recipe: import('../main/reproductions/digits-settings.ts').StudentName | 'teacher', steps?: number, teacher: string | null }>}
 */
const DIGITS = {
  // Shorter than that of the table, which is judged.
  'demo-5-digits-teacher': { name: 'Digits, teacher', recipe: 'teacher', steps: 6500, teacher: null },
  'demo-6-digits-freeflow': {
    name: 'Digits, FreeFlow in one call',
    recipe: 'FreeFlow',
    teacher: 'demo-5-digits-teacher',
  },
  'demo-7-digits-piflow': {
    name: 'Digits, pi-Flow in one call',
    recipe: 'pi-Flow GM',
    teacher: 'demo-5-digits-teacher',
  },
  'demo-8-digits-drifting': { name: 'Digits, drifting model', recipe: 'Drifting', teacher: null },
};
/** A frame of images takes 80 KB. */
const DIGITS_FRAMES = 4;

await onOwnNode();
await buildIfNeeded();
// These are TypeScript, which only that Node reads.
const { digitsSettings } = await import('../main/reproductions/digits-settings.ts');
const { thinDemo } = await import('./thin-demo.mjs');

const cli = path.join(outFolder, 'main', 'cli.js');
const { values: given, positionals: wanted } = parseArgs({
  options: { steps: { type: 'string' } },
  allowPositionals: true,
});
const isWanted = (/** @type {string} */ id) => wanted.length === 0 || wanted.includes(id);

/**
 * Trains a run and puts it where it ships from.
 *
 * @param {string} home
 * @param {string} id
 * @param {string} name
 * @param {readonly string[]} argv
 */
async function train(home, id, name, argv) {
  const steps = given.steps === undefined ? [] : ['--steps', given.steps];
  const { code, output } = await runCommand(process.execPath, [
    ...[cli, 'train', ...argv, ...steps, '--name', name, '--home', home, '--json'],
  ]);
  const answer = output.trim().split('\n').at(-1) ?? '';
  if (code !== 0) throw new Error(`${id} was not trained:\n${output}`);
  const folder = path.join(root, 'resources', 'demos', id);
  rmSync(folder, { recursive: true, force: true });
  cpSync(JSON.parse(answer).run, folder, { recursive: true });
  console.log(`${id} ${answer}`);
  return folder;
}

const home = mkdtempSync(path.join(tmpdir(), 'fewstep-demos-'));
try {
  for (const [id, { name, flags, teacher }] of Object.entries(DEMOS)) {
    if (!isWanted(id)) continue;
    // A run keeps two checkpoints and its best; with none before the end there is one.
    const argv = [...flags.split(' '), '--checkpoint-every', '1000000000'];
    await train(home, id, name, teacher === null ? argv : [...argv, '--teacher', teacher]);
  }
  for (const [id, { name, recipe, steps, teacher }] of Object.entries(DIGITS)) {
    if (!isWanted(id)) continue;
    const { full } = recipe === 'teacher' ? digitsSettings.teacher : digitsSettings.students[recipe];
    const config = {
      ...full,
      ...(steps === undefined ? {} : { steps }),
      dataset: { id: 'digits', params: { holdout: digitsSettings.holdout } },
      ...(teacher === null ? {} : { teacher }),
      evalEvery: Math.ceil((steps ?? full.steps) / 4),
      checkpointEvery: 1_000_000_000,
      filmFrames: DIGITS_FRAMES,
    };
    const file = path.join(home, `${id}.json`);
    writeFileSync(file, JSON.stringify(config));
    thinDemo(await train(home, id, name, ['--config', file]), teacher);
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}
