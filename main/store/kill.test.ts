import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RunWriter } from './run-writer.ts';
import { RunFolder } from './run-folder.ts';
import { firstLink, nextLink, stateOf } from './testdata/chain.ts';
import { configOf, noWarning, scratchFolder, tempsIn } from './testdata/scratch.ts';

const TRAIN = fileURLToPath(new URL('./testdata/train-until-killed.ts', import.meta.url));
const LANES = 3;
const KILLS_PER_LANE = 20;

const instants = fc.record({
  /** Checkpoints that it saves before; one time in eight none, killed while it starts and recovers. */
  saves: fc.integer({ min: 0, max: 7 }).map((draw) => Math.min(draw, 2)),
  delayMs: fc.integer({ min: 0, max: 40 }),
});
type Instant = typeof instants extends fc.Arbitrary<infer T> ? T : never;

/** Trains the run in a process of its own and kills it, at a random instant, without warning. */
async function trainAndKill(folder: string, { saves, delayMs }: Instant): Promise<void> {
  const child = spawn(process.execPath, [TRAIN, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  // A mark per checkpoint: on a slow disk as on a fast one, training goes on across the kills.
  let marks = 0;
  child.stdout.on('data', (data: Buffer) => (marks += data.length));
  while (marks < saves && child.exitCode === null) await Promise.race([once(child.stdout, 'data'), exit]);
  await sleep(delayMs);
  child.kill('SIGKILL');
  expect(await exit).toEqual([null, 'SIGKILL']);
}

/** The state that `step` steps of training lead to, whoever does them. */
function stateAfter(step: number) {
  let link = firstLink();
  for (let i = 0; i < step; i++) link = nextLink(link);
  return stateOf(step, link);
}

function expectSound(run: RunFolder): number {
  // noWarning: a kill is no damage, so no generation may have to be passed over.
  const state = run.checkpoints.latestGood(noWarning);
  const step = state?.step ?? 0;
  if (state !== null) expect(state).toEqual(stateAfter(step));
  const [loss] = run.metrics(noWarning);
  const steps = [...(loss?.steps ?? [])];
  expect(steps).toEqual(steps.map((_, i) => i + 1));
  expect([...(loss?.values ?? [])]).toEqual(steps.map((each) => each / 2));
  // The metrics that led up to a checkpoint are there before it is.
  expect(steps.length).toBeGreaterThanOrEqual(step);
  return step;
}

it(`survives ${LANES * KILLS_PER_LANE} kills with every checkpoint and record right`, async () => {
  const lanes = Array.from({ length: LANES }, async (_, lane) => {
    const runs = scratchFolder();
    const { path } = RunFolder.create(runs, configOf(), { versions: {} });
    let reached = 0;
    for (const instant of fc.sample(instants, { seed: 2025 + lane, numRuns: KILLS_PER_LANE })) {
      await trainAndKill(path, instant);
      const run = RunFolder.open(path);
      const step = expectSound(run);
      expect(step).toBeGreaterThanOrEqual(reached);
      reached = step;
      expect(['queued', 'interrupted']).toContain(run.summary().status);
    }
    // Training went on across the kills, so they did hit it at work.
    expect(reached).toBeGreaterThan(KILLS_PER_LANE);
    // Whoever trains it next finds it in order and leaves it clean.
    const writer = RunWriter.open(RunFolder.open(path), { warn: () => {} });
    expect(writer.resume()).toEqual(stateAfter(reached));
    writer.close();
    expect(tempsIn(path)).toEqual([]);
  });
  await Promise.all(lanes);
});
