/*
 * npm run demos: trains the runs that ship with the program anew, into resources/demos. Small networks and
 * few frames, so that a clone stays small; one checkpoint each, the last.
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
    flags: '--method teacher --data checkerboard --steps 6000 --width 128 --film-frames 32 --eval-every 500',
  },
  'demo-2-drifting': {
    name: 'Drifting model',
    flags: '--method drifting --data checkerboard --steps 3000 --width 128 --film-frames 48 --eval-every 250',
  },
};

await onOwnNode();
await buildIfNeeded();
const cli = path.join(outFolder, 'main', 'cli.js');
const home = mkdtempSync(path.join(tmpdir(), 'fewstep-demos-'));
try {
  for (const [id, { name, flags }] of Object.entries(DEMOS)) {
    // A run keeps two checkpoints and its best; with none before the end there is one.
    const argv = ['train', ...flags.split(' '), '--name', name, '--checkpoint-every', '1000000000'];
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
