/*
 * npm run demos [ID...]: trains the runs that ship with the program anew, into resources/demos, or those
 * named. Small networks and few frames, so that a clone stays small; one checkpoint each, the last.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
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

await onOwnNode();
await buildIfNeeded();
const cli = path.join(outFolder, 'main', 'cli.js');
const home = mkdtempSync(path.join(tmpdir(), 'fewstep-demos-'));
try {
  const wanted = process.argv.slice(2);
  for (const [id, { name, flags, teacher }] of Object.entries(DEMOS)) {
    if (wanted.length > 0 && !wanted.includes(id)) continue;
    // A run keeps two checkpoints and its best; with none before the end there is one.
    const argv = ['train', ...flags.split(' '), '--name', name, '--checkpoint-every', '1000000000'];
    if (teacher !== null) argv.push('--teacher', teacher);
    const { code, output } = await runCommand(process.execPath, [cli, ...argv, '--home', home, '--json']);
    const answer = output.trim().split('\n').at(-1) ?? '';
    if (code !== 0) throw new Error(`${id} was not trained:\n${output}`);
    const folder = path.join(root, 'resources', 'demos', id);
    rmSync(folder, { recursive: true, force: true });
    cpSync(JSON.parse(answer).run, folder, { recursive: true });
    console.log(`${id} ${answer}`);
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}
