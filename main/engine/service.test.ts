/** The whole engine through a client, as every window and command has it. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ViewFrame, ViewRequest } from '#contract/frames.ts';
import {
  type MetricsBatch,
  type RunChange,
  type RunConfigInput,
  type RunStatus,
  type RunSummary,
  runConfig,
} from '#contract/runs.ts';
import type { StreamInput, StreamName, StreamOutput, WorkbenchClient } from '#contract/workbench.ts';
import { readSafetensors } from '../checkpoints/index.ts';
import { methods } from '../methods/index.ts';
import { scratchFolder } from '../store/testdata/scratch.ts';
import { openedEngine, untilStatus } from './testing/opened-engine.ts';

/** Steps of a fraction of a millisecond. */
const TINY = { batch: 8, width: 8, depth: 1, noiseDim: 2 };

function configOf(change: Partial<RunConfigInput> = {}): RunConfigInput {
  return {
    method: 'drifting',
    params: TINY,
    dataset: { id: 'bimodal' },
    steps: 20,
    checkpointEvery: 10,
    evalEvery: 0,
    executor: 'ort-cpu',
    ...change,
  };
}

/** A run that does not end while a test looks at it. */
const ENDLESS = configOf({ steps: 4_000_000, checkpointEvery: 4_000_000 });
/** Of an endless run: 4000 records are as many as a run keeps. */
const RECORD_EVERY = 1000;

/** For calls past the wire. */
const NEVER = new AbortController().signal;

async function create(client: WorkbenchClient, config: RunConfigInput): Promise<string> {
  return (await client.call('runs.create', { config })).id;
}

/** Resolves with the first value of a stream that is good. */
function firstOf<K extends StreamName>(
  client: WorkbenchClient,
  name: K,
  input: StreamInput<K>,
  isGood: (value: StreamOutput<K>) => boolean,
): Promise<StreamOutput<K>> {
  return new Promise((resolve, reject) => {
    const stop = client.listen(
      name,
      input,
      (value) => {
        if (!isGood(value)) return;
        stop();
        resolve(value);
      },
      (error) => reject(error ?? new Error(`${name} ended`)),
    );
  });
}

async function untilRun(client: WorkbenchClient, isGood: (run: RunSummary) => boolean): Promise<RunSummary> {
  const change = await firstOf(client, 'runs.watch', {}, (each) => each.kind === 'run' && isGood(each.run));
  return (change as Extract<RunChange, { kind: 'run' }>).run;
}

function untilStep(client: WorkbenchClient, id: string, step: number): Promise<RunSummary> {
  return untilRun(client, (run) => run.id === id && run.step >= step);
}

/** The runs that `runs.watch` has told of, in order. */
function runsIn(changes: readonly RunChange[]): RunSummary[] {
  return changes.flatMap((change) => (change.kind === 'run' ? [change.run] : []));
}

/** Everything a stream says until the test ends. */
function collected<K extends StreamName>(
  client: WorkbenchClient,
  name: K,
  input: StreamInput<K>,
  handle: () => Promise<void> | void = () => {},
): { values: StreamOutput<K>[]; ends: (Error | null)[] } {
  const values: StreamOutput<K>[] = [];
  const ends: (Error | null)[] = [];
  const stop = client.listen(
    name,
    input,
    (value) => {
      values.push(value);
      return handle();
    },
    (error) => void ends.push(error),
  );
  onTestFinished(stop);
  return { values, ends };
}

const later = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

async function eventually(isSo: () => boolean): Promise<void> {
  while (!isSo()) await later(10);
}

/** Tensors of a run's checkpoint of `step`. */
function checkpointOf(run: { folder: string }, step: number): Map<string, unknown> {
  const file = path.join(run.folder, 'checkpoints', `step-${step}.safetensors`);
  return new Map(
    [...readSafetensors(fs.readFileSync(file), file).tensors].map(([name, { data }]) => [name, data]),
  );
}

/** Batches of a watch as one series per name. */
function joined(batches: readonly MetricsBatch[]): Record<string, { steps: number[]; values: number[] }> {
  const all: Record<string, { steps: number[]; values: number[] }> = {};
  for (const { series } of batches) {
    for (const { name, steps, values } of series) {
      const one = (all[name] ??= { steps: [], values: [] });
      one.steps.push(...steps);
      one.values.push(...values);
    }
  }
  return all;
}

const refused = (code: string, ...words: string[]) => ({
  code,
  message: expect.stringMatching(new RegExp(words.join('.*'), 's')) as string,
});

describe('a run', () => {
  it('is created, watched and finished', async () => {
    const { client, warnings } = openedEngine();
    const { values } = collected(client, 'runs.watch', {});
    const created = await client.call('runs.create', { config: configOf({ name: 'first', evalEvery: 10 }) });
    expect(created).toMatchObject({ name: 'first', status: 'queued', step: 0, error: null, executor: null });
    const done = await untilStatus(client, created.id, 'finished');
    expect(done).toMatchObject({
      id: created.id,
      step: 20,
      error: null,
      executor: 'ort-cpu',
      stepsPerSec: null,
    });
    const { loss, gradNorm, energyDistance, minModeShare } = done.latest;
    for (const value of [loss, gradNorm, energyDistance, minModeShare])
      expect(value).toEqual(expect.any(Number));
    // Defaults are part of the record, so that it stands on its own.
    expect(done.config.params).toMatchObject({ ...TINY, temperature: 0.086, learningRate: 2e-3 });
    expect(await client.call('runs.get', { run: created.id })).toEqual(done);
    expect(await client.call('runs.list', {})).toEqual([done]);
    await eventually(() => runsIn(values).at(-1)?.status === 'finished');
    expect(new Set(runsIn(values).map(({ id }) => id))).toEqual(new Set([created.id]));
    expect(fs.readdirSync(path.join(done.folder, 'checkpoints')).sort()).toEqual([
      'manifest.json',
      'step-10.safetensors',
      'step-20.safetensors',
    ]);
    expect(warnings).toEqual([]);
  });

  it('is refused before anything is written where its config is wrong', async () => {
    const { client, home } = openedEngine();
    const refusal = (change: Partial<RunConfigInput>, error: object) =>
      expect(client.call('runs.create', { config: configOf(change) })).rejects.toMatchObject(error);
    await refusal(
      { method: 'gan' },
      refused('method/unknown', 'teacher, freeflow, piflow, drifting', '"gan"'),
    );
    await refusal({ dataset: { id: 'cats' } }, refused('dataset/unknown', 'checkerboard', '"cats"'));
    await refusal(
      { params: { ...TINY, batchSize: 4 } },
      refused('config/unknown-field', 'params.batchSize', 'batch'),
    );
    await refusal(
      { params: { ...TINY, batch: 1 } },
      refused('config/wrong-value', 'params.batch: expected at least 2, found 1'),
    );
    await refusal(
      { dataset: { id: 'bimodal', params: { std: -1 } } },
      { message: expect.stringMatching(/dataset\.params\.std.*-1/) as string },
    );
    await refusal({ steps: 0 }, { message: expect.stringMatching(/config\.steps/) as string });
    await refusal({ seed: 0.5, colour: 'red' } as Partial<RunConfigInput>, {
      message: expect.stringMatching(/config\.(seed|colour)/) as string,
    });
    expect(await client.call('runs.list', {})).toEqual([]);
    expect(fs.readdirSync(path.join(home, 'runs'))).toEqual([]);
  });

  it('is not found under an id that is none', async () => {
    const { client } = openedEngine();
    for (const run of ['20260101T000000000-00000000', '../..', '/etc']) {
      await expect(client.call('runs.get', { run })).rejects.toMatchObject({ code: 'run/not-found' });
    }
  });

  it('fails with the reason where its executor is not there, and others go on', async () => {
    const { client, warnings } = openedEngine();
    const bad = await create(client, configOf({ executor: 'tensorflow' }));
    const good = await create(client, configOf());
    const failed = await untilStatus(client, bad, 'failed');
    expect(failed.error).toMatchObject(refused('engine/no-executor', 'tensorflow'));
    expect(warnings.map(({ code }) => code)).toEqual(['engine/no-executor']);
    await untilStatus(client, good, 'finished');
  });

  it('pauses, goes on and stops, with a checkpoint at each', async () => {
    const { client } = openedEngine();
    const run = await create(client, ENDLESS);
    await untilStep(client, run, 5);
    await client.call('runs.pause', { run });
    const paused = await untilStatus(client, run, 'paused');
    expect(paused.stepsPerSec).toBeNull();
    expect(checkpointOf(paused, paused.step).size).toBeGreaterThan(0);
    await later(100);
    expect((await client.call('runs.get', { run })).step).toBe(paused.step);

    await client.call('runs.resume', { run });
    const running = await untilStep(client, run, paused.step + 5);
    expect(running.status).toBe('running');
    await client.call('runs.stop', { run });
    const stopped = await untilStatus(client, run, 'stopped');
    expect(checkpointOf(stopped, stopped.step).size).toBeGreaterThan(0);
    await expect(client.call('runs.pause', { run })).rejects.toMatchObject(
      refused('run/not-training', 'found it stopped'),
    );
  });

  it('can be stopped while it is paused', async () => {
    const { client } = openedEngine();
    const run = await create(client, ENDLESS);
    await untilStep(client, run, 1);
    await client.call('runs.pause', { run });
    await untilStatus(client, run, 'paused');
    await client.call('runs.stop', { run });
    await untilStatus(client, run, 'stopped');
  });

  it('obeys from the moment it is created', async () => {
    const { client, engine } = openedEngine();
    // Without a wire between: the run has its turn, but its step is still being compiled.
    const calls = {
      create: () => engine.calls['runs.create']({ config: runConfig.parse(ENDLESS) }, NEVER),
      stop: (run: string) => engine.calls['runs.stop']({ run }, NEVER),
      pause: (run: string) => engine.calls['runs.pause']({ run }, NEVER),
      resume: (run: string) => engine.calls['runs.resume']({ run }, NEVER),
    };
    const stopped = (await calls.create()).id;
    await calls.stop(stopped);
    expect(await untilStatus(client, stopped, 'stopped')).toMatchObject({ step: 0 });
    const paused = (await calls.create()).id;
    await calls.pause(paused);
    expect(await untilStatus(client, paused, 'paused')).toMatchObject({ step: 0 });
    await calls.stop(paused);
    await untilStatus(client, paused, 'stopped');
    const running = (await calls.create()).id;
    await calls.pause(running);
    await calls.resume(running);
    await untilStep(client, running, 1);
  });

  it('is renamed while it trains, and keeps the name', async () => {
    const { client } = openedEngine();
    const run = await create(client, ENDLESS);
    await untilStep(client, run, 1);
    expect((await client.call('runs.rename', { run, name: 'Better name' })).name).toBe('Better name');
    await client.call('runs.stop', { run });
    expect((await untilStatus(client, run, 'stopped')).name).toBe('Better name');
  });

  it('is not deleted while it trains; afterwards it lies whole in the trash', async () => {
    const { client, home } = openedEngine();
    const run = await create(client, ENDLESS);
    await untilStep(client, run, 1);
    await expect(client.call('runs.delete', { run })).rejects.toMatchObject(
      refused('run/is-training', run, 'stop it'),
    );
    await client.call('runs.stop', { run });
    await untilStatus(client, run, 'stopped');
    const { trashed } = await client.call('runs.delete', { run });
    expect(path.dirname(trashed)).toBe(path.join(home, 'trash'));
    expect(fs.existsSync(path.join(trashed, 'run.json'))).toBe(true);
    expect(await client.call('runs.list', {})).toEqual([]);
  });
});

describe('the queue', () => {
  it('trains one run after the other in the order they came', async () => {
    const { client } = openedEngine();
    const ids = [await create(client, ENDLESS), await create(client, ENDLESS), await create(client, ENDLESS)];
    const statuses = async (): Promise<RunStatus[]> => {
      const runs = await Promise.all(ids.map((run) => client.call('runs.get', { run })));
      return runs.map(({ status }) => status);
    };
    await untilStep(client, ids[0]!, 1);
    expect(await statuses()).toEqual(['running', 'queued', 'queued']);
    await client.call('runs.stop', { run: ids[0]! });
    await untilStep(client, ids[1]!, 1);
    expect(await statuses()).toEqual(['stopped', 'running', 'queued']);
    // A run taken up again waits behind those that wait.
    await client.call('runs.resume', { run: ids[0]! });
    expect(await statuses()).toEqual(['queued', 'running', 'queued']);
    await client.call('runs.stop', { run: ids[1]! });
    await untilStep(client, ids[2]!, 1);
    expect(await statuses()).toEqual(['queued', 'stopped', 'running']);
  });

  it('lets go of a run that is stopped or deleted before its turn', async () => {
    const { client } = openedEngine();
    const first = await create(client, ENDLESS);
    const [second, third, fourth] = [
      await create(client, configOf()),
      await create(client, configOf()),
      await create(client, configOf()),
    ];
    expect((await client.call('runs.stop', { run: second })).status).toBe('stopped');
    await client.call('runs.delete', { run: third });
    await untilStep(client, first, 1);
    await client.call('runs.stop', { run: first });
    await untilStatus(client, fourth, 'finished');
    expect(await client.call('runs.get', { run: second })).toMatchObject({ status: 'stopped', step: 0 });
  });
});

describe('resuming', () => {
  /** Some 300 milliseconds at least, so that it can be stopped under way. */
  const LONG = configOf({
    params: { ...TINY, batch: 64, width: 32 },
    steps: 1200,
    checkpointEvery: 400,
    seed: 7,
  });

  it('ends, bit for bit, where the uninterrupted run does', async () => {
    const { client, engine, home } = openedEngine();
    const whole = await untilStatus(client, await create(client, LONG), 'finished');

    const cut = await create(client, LONG);
    await untilStep(client, cut, 1);
    await client.call('runs.stop', { run: cut });
    const stopped = await untilStatus(client, cut, 'stopped', 'finished');
    expect(stopped.status).toBe('stopped');
    expect(stopped.step).toBeLessThan(1200);
    // Once more in another engine: nothing but the folder connects the two.
    await engine.close();
    const next = openedEngine({ home });
    await next.client.call('runs.resume', { run: cut });
    const done = await untilStatus(next.client, cut, 'finished');
    expect(done.latest).toEqual(whole.latest);
    expect(checkpointOf(done, 1200)).toEqual(checkpointOf(whole, 1200));
    const metrics = async (run: string) => (await next.client.call('runs.metrics', { run })).series;
    expect(await metrics(cut)).toEqual(await metrics(whole.id));
  });

  it('falls back when the newest checkpoint is damaged, and ends the same', async () => {
    const { client, engine, home } = openedEngine();
    const run = await create(client, LONG);
    const whole = await untilStatus(client, run, 'finished');
    const expected = checkpointOf(whole, 1200);
    await engine.close();
    // As if the process had been killed after step 1200 with the disk lying about it.
    const newest = path.join(whole.folder, 'checkpoints', 'step-1200.safetensors');
    const bytes = fs.readFileSync(newest);
    bytes[bytes.length - 1]! ^= 1;
    fs.writeFileSync(newest, bytes);
    const file = path.join(whole.folder, 'run.json');
    fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('"finished"', '"running"'));

    const next = openedEngine({ home });
    expect((await next.client.call('runs.get', { run })).status).toBe('interrupted');
    const view: ViewRequest = { kind: 'samples', count: 4 };
    expect((await next.client.call('views.compute', { run, view })).step).toBe(800);
    await next.client.call('runs.resume', { run });
    const done = await untilStatus(next.client, run, 'finished');
    expect(checkpointOf(done, 1200)).toEqual(expected);
    expect(next.warnings.map(({ code }) => code)).toContain('run/checkpoint-damaged');
    const [loss] = (await next.client.call('runs.metrics', { run })).series;
    expect(new Set(loss!.steps).size).toBe(loss!.steps.length);
  });

  it('is refused for what is finished', async () => {
    const { client } = openedEngine();
    const run = await create(client, configOf());
    await untilStatus(client, run, 'finished');
    await expect(client.call('runs.resume', { run })).rejects.toMatchObject(
      refused('run/finished', run, '20 steps'),
    );
  });

  it('is refused for what another engine trains', async () => {
    const { client, home } = openedEngine();
    const run = await create(client, ENDLESS);
    await untilStep(client, run, 1);
    const other = openedEngine({ home });
    expect((await other.client.call('runs.get', { run })).status).toBe('running');
    const refusedLocked = (call: Promise<unknown>) =>
      expect(call).rejects.toMatchObject({ code: 'run/locked' });
    await refusedLocked(other.client.call('runs.resume', { run }));
    await refusedLocked(other.client.call('runs.delete', { run }));
    await expect(other.client.call('runs.stop', { run })).rejects.toMatchObject({ code: 'run/not-training' });
    await client.call('runs.stop', { run });
    await untilStatus(other.client, run, 'stopped');
    await other.client.call('runs.resume', { run });
    await untilStatus(other.client, run, 'running');
  });
});

describe('divergence', () => {
  it('ends the run at its last good step and says so', async () => {
    const { client } = openedEngine();
    // Every step multiplies the weights by 1 - 10: float32 is at its end within ten steps.
    const run = await create(
      client,
      configOf({
        params: { ...TINY, learningRate: 1, weightDecay: 10, schedule: 'constant' },
        steps: 1000,
        checkpointEvery: 1000,
      }),
    );
    const ended = await untilStatus(client, run, 'diverged', 'finished', 'failed');
    expect(ended.status).toBe('diverged');
    expect(ended.step).toBeGreaterThan(0);
    expect(ended.error).toMatchObject(
      refused(
        'run/diverged',
        `Diverged at step ${ended.step + 1} \\(.*(loss|gradNorm) (NaN|Infinity)`,
        `step ${ended.step} is kept`,
      ),
    );
    for (const values of checkpointOf(ended, ended.step).values()) {
      expect((values as Float32Array).every(Number.isFinite)).toBe(true);
    }
    for (const { values } of (await client.call('runs.metrics', { run })).series) {
      expect(values.every(Number.isFinite)).toBe(true);
    }
    await expect(client.call('runs.resume', { run })).rejects.toMatchObject(
      refused('run/diverged', `step ${ended.step + 1}`),
    );
    const frame = await client.call('views.compute', { run, view: { kind: 'samples', count: 3 } });
    expect(frame.step).toBe(ended.step);
  });
});

describe('metrics.watch', () => {
  it('tells every record once and in order, to the last', async () => {
    const { client } = openedEngine();
    const run = await create(client, configOf({ steps: 300, evalEvery: 100 }));
    const watch = collected(client, 'metrics.watch', { run });
    await untilStatus(client, run, 'finished');
    const kept = joined([await client.call('runs.metrics', { run })]);
    expect(kept['loss']!.steps).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
    expect(kept['energyDistance']!.steps).toEqual([100, 200, 300]);
    await eventually(() => joined(watch.values)['energyDistance']?.steps.at(-1) === 300);
    expect(joined(watch.values)).toEqual(kept);
    // One who comes later hears all at once.
    const first = await firstOf(client, 'metrics.watch', { run }, () => true);
    expect(joined([first])).toEqual(kept);
  });

  it('leaves nothing out for one who is slow', async () => {
    const { client } = openedEngine();
    const run = await create(client, configOf({ steps: 400 }));
    // Busy with an early batch until after the end.
    const watch = collected(client, 'metrics.watch', { run }, async () => {
      await untilStatus(client, run, 'finished');
      await later(300);
    });
    await eventually(() => joined(watch.values)['loss']?.steps.at(-1) === 400);
    expect(joined(watch.values)).toEqual(joined([await client.call('runs.metrics', { run })]));
  });

  it('tells one who is slow what came before a pause', async () => {
    const { client } = openedEngine();
    const run = await create(client, ENDLESS);
    const watch = collected(client, 'metrics.watch', { run }, async () => {
      await untilStatus(client, run, 'paused');
      await later(200);
    });
    await untilStep(client, run, RECORD_EVERY + 1);
    await client.call('runs.pause', { run });
    await eventually(() => joined(watch.values)['loss']?.steps.includes(RECORD_EVERY) === true);
  });

  it('goes on when the run is taken up again', async () => {
    const { client } = openedEngine();
    const run = await create(client, ENDLESS);
    const watch = collected(client, 'metrics.watch', { run });
    await untilStep(client, run, 1);
    await client.call('runs.stop', { run });
    const { step } = await untilStatus(client, run, 'stopped');
    await client.call('runs.resume', { run });
    await untilStep(client, run, step + RECORD_EVERY);
    await client.call('runs.stop', { run });
    await untilStatus(client, run, 'stopped');
    const kept = joined([await client.call('runs.metrics', { run })]);
    await eventually(() => joined(watch.values)['loss']?.steps.length === kept['loss']!.steps.length);
    expect(joined(watch.values)).toEqual(kept);
  });
});

describe('views', () => {
  const REQUESTS: Record<ViewRequest['kind'], ViewRequest> = {
    samples: { kind: 'samples', count: 10, seed: 1 },
    trajectories: { kind: 'trajectories', count: 5, sampler: 'heun', nfe: 8, seed: 1 },
    drift: { kind: 'drift', count: 6, seed: 1 },
    velocity: { kind: 'velocity', t: 0.5, grid: 4, extent: 2 },
    probe: { kind: 'probe', point: [0.5, -0.25], t: 0.5, count: 8 },
    closeup: { kind: 'closeup', start: { seed: 1, index: 3 }, nearest: 3, driftCount: 8 },
  };

  const ofSamples = methods.filter(({ produces }) => produces !== 'features');

  it.each(ofSamples.map(({ id, views, produces }) => [id, { views, produces }] as const))(
    'of %s are computed, each in its form',
    async (method, { views, produces }) => {
      const { client } = openedEngine();
      const known = methods.find(({ id }) => id === method)!.params.shape;
      const params = Object.fromEntries(Object.entries(TINY).filter(([name]) => name in known));
      const { needsTeacher } = methods.find(({ id }) => id === method)!;
      const teacher = needsTeacher ? { teacher: 'analytic' } : {};
      const run = await create(client, configOf({ method, params, steps: 2, ...teacher }));
      await untilStatus(client, run, 'finished');
      const few = produces === 'generator' ? 1 : 4;
      for (const [kind, usual] of Object.entries(REQUESTS) as [ViewRequest['kind'], ViewRequest][]) {
        const isDrawn = usual.kind === 'samples' || usual.kind === 'closeup';
        const view = isDrawn ? { ...usual, nfe: few } : usual;
        const compute = () => client.call('views.compute', { run, view });
        const hasField = views.includes('velocity') || views.includes('drift');
        const isFed = kind === 'closeup' || (kind === 'probe' ? hasField : views.includes(kind));
        if (!isFed) {
          await expect(compute()).rejects.toMatchObject(refused('view/not-available', 'view.kind', kind));
          continue;
        }
        const frame = await compute();
        expect(frame).toMatchObject({ run, kind, step: 2, dim: 2 });
        const sizes = Object.entries(frame.arrays).map(([name, values]) => [name, values.length]);
        expect(Object.fromEntries(sizes)).toEqual(sizesOf(method, frame, view));
        for (const [name, values] of Object.entries(frame.arrays)) {
          expect(values).toBeInstanceOf(Float32Array);
          expect(values.every(Number.isFinite)).toBe(true);
          if (values.length > 1 && name !== 'modes') expect(new Set(values).size).toBeGreaterThan(1);
        }
        expect(await compute()).toEqual({ ...frame, computeMs: expect.any(Number) });
        if (isDrawn) expect(frame.nfe).toBe(few);
        if (kind === 'trajectories') {
          expect(frame.nfe).toBe(8);
          const { times } = frame.arrays;
          expect([times![0], times!.at(-1)]).toEqual([1, 0]);
        }
      }
    },
  );

  /** A map that starts at noise alone has no velocity elsewhere; a student has its teacher's beside. */
  function fieldSizes(id: string, points: number, dim: number): Record<string, number> {
    const { produces, needsTeacher } = methods.find((method) => method.id === id)!;
    const startsAtNoise = ['freeflow', 'consistency'].includes(id);
    return {
      points: points * dim,
      ...(startsAtNoise ? {} : { vectors: points * dim }),
      ...(needsTeacher ? { teacher: points * dim } : {}),
      ...(produces === 'policy' ? { weights: points * 8 } : {}),
    };
  }

  /** Lengths that frames.ts promises. */
  function sizesOf(
    method: string,
    { count, dim, arrays }: ViewFrame,
    view: ViewRequest,
  ): Record<string, number> {
    switch (view.kind) {
      case 'samples':
        return { points: count * dim, modes: count };
      case 'trajectories':
        return {
          positions: count * arrays['times']!.length * dim,
          times: arrays['times']!.length,
          modes: count,
        };
      case 'drift':
        return { points: count * dim, attract: count * dim, repel: count * dim };
      case 'velocity':
        return fieldSizes(method, 16, dim);
      case 'probe':
        return 'attract' in arrays ? { points: dim, attract: dim, repel: dim } : fieldSizes(method, 1, dim);
      case 'closeup': {
        const times = arrays['times']!.length;
        return {
          noise: arrays['noise']!.length,
          ...{ states: times * dim, times, predictions: times * dim },
          ...{ nearest: 3 * dim, nearestDistances: 3 },
          ...('attract' in arrays ? { attract: dim, repel: dim } : {}),
          ...('attractors' in arrays
            ? { attractors: 3 * dim, attractorWeights: 3, repellers: 3 * dim, repellerWeights: 3 }
            : {}),
        };
      }
    }
  }

  it('of a drift are the same field at its samples, on a grid and at a point', async () => {
    const { client } = openedEngine();
    const run = await create(client, configOf());
    await untilStatus(client, run, 'finished');
    const compute = (view: ViewRequest) => client.call('views.compute', { run, view });
    const count = 32;
    const grid = await compute({ kind: 'drift', on: 'grid', grid: 3, extent: 1, count });
    const { points, samples, data } = grid.arrays;
    expect([grid.count, samples!.length, data!.length]).toEqual([9, 2 * count, 2 * count]);
    // Row-major over y, then x.
    expect([...points!.subarray(0, 8)]).toEqual([-1, -1, 0, -1, 1, -1, -1, 0]);
    expect((await compute({ kind: 'drift', count })).arrays['points']).toEqual(samples);
    for (const [row, point] of [
      [0, [-1, -1]],
      [5, [1, 0]],
    ] as const) {
      const probe = await compute({ kind: 'probe', point: [...point], count });
      for (const part of ['attract', 'repel'] as const) {
        for (const axis of [0, 1]) {
          // The same arithmetic in float32 over another batch of queries.
          expect(probe.arrays[part]![axis]).toBeCloseTo(grid.arrays[part]![2 * row + axis]!, 5);
        }
      }
    }
  });

  it('of a velocity are the same field on a grid, on particles and at a point', async () => {
    const { client } = openedEngine();
    const run = await create(
      client,
      configOf({ method: 'teacher', params: { width: 8, depth: 1, batch: 16 } }),
    );
    await untilStatus(client, run, 'finished');
    const compute = (view: ViewRequest) => client.call('views.compute', { run, view });
    const t = 0.25;
    for (const on of ['grid', 'samples'] as const) {
      const { arrays } = await compute({ kind: 'velocity', t, on, grid: 3, count: 9 });
      const point = [...arrays['points']!.subarray(8, 10)];
      const probe = await compute({ kind: 'probe', t, point });
      for (const axis of [0, 1]) {
        expect(probe.arrays['vectors']![axis]).toBeCloseTo(arrays['vectors']![8 + axis]!, 5);
      }
    }
    // At t = 1 the particles are the noise that trajectories begin with, at t = 0 the data.
    const noise = await compute({ kind: 'velocity', t: 1, on: 'samples', count: 5 });
    const paths = await compute({ kind: 'trajectories', count: 5, nfe: 1 });
    const begin = Float32Array.from(
      { length: 10 },
      (_, i) => paths.arrays['positions']![(i >> 1) * 4 + (i & 1)]!,
    );
    expect(noise.arrays['points']).toEqual(begin);
    const ends = await compute({ kind: 'velocity', t: 0, on: 'samples', count: 5 });
    const data = await client.call('datasets.sample', { dataset: { id: 'bimodal' }, count: 5 });
    expect(ends.arrays['points']).toEqual(data.values);
  });

  it('say which number of a probe is missing', async () => {
    const { client } = openedEngine();
    const run = await create(client, configOf());
    await untilStatus(client, run, 'finished');
    await expect(
      client.call('views.compute', { run, view: { kind: 'probe', point: [1] } }),
    ).rejects.toMatchObject(refused('config/wrong-value', 'view.point', 'expected 2', 'found 1'));
  });

  it('show how far a student is from its teacher', async () => {
    const { client } = openedEngine();
    const run = await create(
      client,
      configOf({ method: 'freeflow', params: { width: 8, depth: 1, batch: 16 }, teacher: 'analytic' }),
    );
    const done = await untilStatus(client, run, 'finished');
    expect(done.latest['teacherRmse']).toBeGreaterThan(0.01);
    const { results } = await client.call('runs.evaluate', { run, count: 100 });
    expect(results[0]!.metrics['teacherRmse']).toBeGreaterThan(0.01);
  });

  it('come from a checkpoint where one is named', async () => {
    const { client } = openedEngine();
    const run = await create(client, configOf());
    await untilStatus(client, run, 'finished');
    const view: ViewRequest = { kind: 'samples', count: 4 };
    const at = (step: number) => client.call('views.compute', { run, view, step });
    const [early, late] = [await at(10), await at(20)];
    expect([early.step, late.step]).toEqual([10, 20]);
    expect(early.arrays).not.toEqual(late.arrays);
    expect((await client.call('views.compute', { run, view })).arrays).toEqual(late.arrays);
    await expect(at(15)).rejects.toMatchObject(refused('run/no-checkpoint', 'step 15', '10, 20'));
  });

  it('have nothing to show before the first checkpoint of a run at rest', async () => {
    const { client } = openedEngine();
    await create(client, ENDLESS);
    const run = await create(client, configOf());
    await expect(
      client.call('views.compute', { run, view: { kind: 'samples', count: 4 } }),
    ).rejects.toMatchObject({ code: 'run/no-checkpoint' });
  });

  it('of a live run move on with it, and rest with it', async () => {
    const { client } = openedEngine();
    const run = await create(client, ENDLESS);
    const watch = collected(client, 'views.watch', { run, view: { kind: 'drift', count: 4 } });
    await eventually(() => watch.values.length >= 2);
    await client.call('runs.pause', { run });
    const paused = await untilStatus(client, run, 'paused');
    await eventually(() => watch.values.at(-1)!.step === paused.step);
    const steps = watch.values.map(({ step }) => step);
    expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
    const seen = watch.values.length;
    await later(200);
    expect(watch.values.length).toBe(seen);

    // Stopped while nothing moves, then taken up again: another life of the same run.
    await client.call('runs.stop', { run });
    await untilStatus(client, run, 'stopped');
    await client.call('runs.resume', { run });
    await eventually(() => watch.values.length > seen);
    await client.call('runs.stop', { run });
    const stopped = await untilStatus(client, run, 'stopped');
    await eventually(() => watch.values.at(-1)!.step === stopped.step);
  });

  it('show the last step to one who is slow', async () => {
    const { client } = openedEngine();
    const run = await create(client, configOf({ steps: 400 }));
    const watch = collected(client, 'views.watch', { run, view: { kind: 'samples', count: 4 } }, async () => {
      await untilStatus(client, run, 'finished');
      await later(300);
    });
    await eventually(() => watch.values.at(-1)?.step === 400);
  });

  it('are finished although their run ends meanwhile', async () => {
    const { client } = openedEngine();
    const params = { batch: 8, width: 8, depth: 1, timeChannels: 2 };
    const run = await create(client, { ...ENDLESS, method: 'teacher', params });
    await untilStep(client, run, 1);
    const view: ViewRequest = { kind: 'trajectories', count: 4, sampler: 'euler', nfe: 1000 };
    const [frame] = await Promise.all([
      client.call('views.compute', { run, view }),
      later(20).then(() => client.call('runs.stop', { run })),
    ]);
    expect(frame.arrays['times']).toHaveLength(1001);
    expect((await untilStatus(client, run, 'stopped')).step).toBeGreaterThan(0);
  });

  it('are evaluated at every sampling budget', async () => {
    const { client } = openedEngine();
    const params = { batch: 8, width: 8, depth: 1, timeChannels: 2 };
    const run = await create(client, configOf({ method: 'teacher', params, steps: 2 }));
    await untilStatus(client, run, 'finished');
    const { results } = await client.call('runs.evaluate', { run, nfe: [2, 4], count: 50, sampler: 'heun' });
    expect(results.map(({ nfe }) => nfe)).toEqual([2, 4]);
    for (const { metrics } of results) {
      expect(Object.keys(metrics)).toEqual(
        expect.arrayContaining(['energyDistance', 'mmd', 'slicedWasserstein2']),
      );
    }
    await expect(client.call('runs.evaluate', { run, sampler: 'leapfrog' })).rejects.toMatchObject(
      refused('sampler/unknown', 'heun', 'leapfrog'),
    );
    const generator = await create(client, configOf({ steps: 2 }));
    await untilStatus(client, generator, 'finished');
    await expect(client.call('runs.evaluate', { run: generator, nfe: [2] })).rejects.toMatchObject(
      refused('sampler/wrong-nfe', 'nfe: expected 1'),
    );
  });
});

describe('points that a person brought', () => {
  const CSV = `x,y\n${Array.from({ length: 40 }, (_, i) => `${Math.cos(i)},${3 * Math.sin(i)}`).join('\n')}\n`;
  const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

  it('become a dataset to train on, in every engine on the folder', async () => {
    const { client, engine, home } = openedEngine();
    const added = await client.call('datasets.import', { fileName: 'My Ellipse.csv', bytes: bytesOf(CSV) });
    expect(added).toEqual({ id: 'my-ellipse', count: 40, dim: 2 });
    const again = await client.call('datasets.import', { fileName: 'My Ellipse.csv', bytes: bytesOf(CSV) });
    expect(again.id).toBe('my-ellipse-2');
    const { datasets } = await client.call('catalog.get', {});
    expect(datasets.filter(({ imported }) => imported).map(({ id }) => id)).toEqual([
      'my-ellipse',
      'my-ellipse-2',
    ]);
    const points = await client.call('datasets.sample', { dataset: { id: 'my-ellipse' }, count: 30 });
    expect(points).toMatchObject({ count: 30, dim: 2 });
    expect(points.values).toHaveLength(60);

    const run = await create(client, configOf({ dataset: { id: 'my-ellipse' } }));
    const done = await untilStatus(client, run, 'finished');
    expect(done.latest['energyDistance']).toEqual(expect.any(Number));
    await engine.close();
    const next = openedEngine({ home });
    const frame = await next.client.call('views.compute', { run, view: { kind: 'samples', count: 4 } });
    expect(frame.step).toBe(20);
    expect(next.warnings).toEqual([]);
  });

  it.each([
    ['text', 'x,y\n1,2\n3,four\n', 'four'],
    ['ragged rows', '1,2\n3,4,5\n', '3 columns|3'],
    ['nothing', '', 'bad.csv'],
  ])('are refused with %s, and nothing is kept', async (_, text, words) => {
    const { client, home } = openedEngine();
    const error = await client
      .call('datasets.import', { fileName: 'bad.csv', bytes: bytesOf(text) })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: expect.stringMatching(/^dataset\//) as string,
      message: expect.stringMatching(words) as string,
    });
    expect((error as Error).message).toContain('bad.csv');
    expect(fs.readdirSync(path.join(home, 'datasets'))).toEqual([]);
  });

  it('stay inside the data folder, whatever the file is called', async () => {
    const { client, home } = openedEngine();
    const { id } = await client.call('datasets.import', {
      fileName: '../../..evil.csv',
      bytes: bytesOf(CSV),
    });
    expect(fs.readdirSync(path.join(home, 'datasets'))).toEqual([`${id}.npy`]);
    expect(id).toBe('evil');
  });

  it('are passed over and reported when their file is damaged', async () => {
    const { client, home, warnings } = openedEngine();
    fs.writeFileSync(path.join(home, 'datasets', 'broken.npy'), 'not an array');
    const { datasets } = await client.call('catalog.get', {});
    expect(datasets.some(({ id }) => id === 'broken')).toBe(false);
    expect(warnings.map(({ message }) => message).join()).toContain('broken.npy');
  });
});

describe('closing', () => {
  it('saves the run that trains, so that it can go on', async () => {
    const { client, engine, home } = openedEngine();
    const run = await create(client, ENDLESS);
    await untilStep(client, run, 5);
    await engine.close();
    const next = openedEngine({ home });
    const closed = await next.client.call('runs.get', { run });
    expect(closed.status).toBe('stopped');
    expect(closed.step).toBeGreaterThanOrEqual(5);
    expect(checkpointOf(closed, closed.step).size).toBeGreaterThan(0);
    await next.client.call('runs.resume', { run });
    await untilStep(next.client, run, closed.step + 1);
    expect(next.warnings).toEqual([]);
  });

  it('waits for a run that is just beginning, and begins no other', async () => {
    const { engine, home } = openedEngine();
    const begin = async () =>
      (await engine.calls['runs.create']({ config: runConfig.parse(ENDLESS) }, NEVER)).id;
    const [first, second] = [await begin(), await begin()];
    await engine.close();
    expect(fs.existsSync(path.join(home, 'runs', first, 'run.lock'))).toBe(false);
    const next = openedEngine({ home });
    const statuses = (await next.client.call('runs.list', {})).map(({ id, status }) => [id, status]);
    expect(Object.fromEntries(statuses)).toEqual({ [first]: 'stopped', [second]: 'queued' });
    // What was waiting waits for a person's word.
    await next.client.call('runs.resume', { run: second });
    await untilStep(next.client, second, 1);
  });

  it('tells those who watch how it left their run', async () => {
    const { client, engine, warnings } = openedEngine();
    const run = await create(client, ENDLESS);
    const runs = collected(client, 'runs.watch', {});
    const metrics = collected(client, 'metrics.watch', { run });
    await untilStep(client, run, 1);
    await engine.close();
    await eventually(() => runsIn(runs.values).at(-1)?.status === 'stopped');
    await eventually(() => metrics.values.length > 0);
    expect([...runs.ends, ...metrics.ends, ...warnings]).toEqual([]);
  });

  it('can be asked for twice', async () => {
    const { engine } = openedEngine();
    await Promise.all([engine.close(), engine.close()]);
  });
});

describe('a distillation', () => {
  const student = { method: 'piflow', params: { width: 8, depth: 1, batch: 16 } };

  it('keeps its teacher, and goes on when the run that taught it is gone', async () => {
    const { client } = openedEngine();
    const small = { width: 8, depth: 1, batch: 16 };
    const teacher = await create(client, configOf({ method: 'teacher', params: small }));
    await untilStatus(client, teacher, 'finished');
    const run = await create(client, configOf({ ...student, teacher, steps: 4_000_000 }));
    await untilStep(client, run, 20);
    await client.call('runs.stop', { run });
    await untilStatus(client, run, 'stopped');
    await client.call('runs.delete', { run: teacher });
    await client.call('runs.resume', { run });
    const { step } = await client.call('runs.get', { run });
    await untilStep(client, run, step + 5);
    const frame = await client.call('views.compute', {
      run,
      view: { kind: 'trajectories', count: 4, nfe: 2 },
    });
    expect(frame.nfe).toBe(2);
    await client.call('runs.stop', { run });
    await untilStatus(client, run, 'stopped');
  });

  it.each([
    ['no teacher', {}, 'expected the run'],
    ['a teacher that is no run', { teacher: 'nobody' }, 'nobody'],
    [
      'the exact velocity of data without one',
      { teacher: 'analytic', dataset: { id: 'checkerboard' } },
      'closed form',
    ],
    [
      'a teacher where there is nothing to teach',
      { method: 'teacher', params: {}, teacher: 'analytic' },
      'expected none',
    ],
  ])('is refused with %s', async (_, change, words) => {
    const { client } = openedEngine();
    await expect(create(client, configOf({ ...student, ...change }))).rejects.toMatchObject({
      message: expect.stringContaining(words) as string,
    });
    expect(await client.call('runs.list', {})).toEqual([]);
  });

  it('is refused a run that learns no velocity, and one that has learnt nothing yet', async () => {
    const { client } = openedEngine();
    const drifting = await create(client, configOf());
    await untilStatus(client, drifting, 'finished');
    await expect(create(client, configOf({ ...student, teacher: drifting }))).rejects.toMatchObject(
      refused('config/no-teacher', 'velocity field', drifting),
    );
    const busy = await create(client, ENDLESS);
    const queued = await create(client, configOf({ method: 'teacher', params: { width: 8, depth: 1 } }));
    await expect(create(client, configOf({ ...student, teacher: queued }))).rejects.toMatchObject({
      code: 'run/no-checkpoint',
    });
    await client.call('runs.stop', { run: queued });
    await client.call('runs.stop', { run: busy });
    await untilStatus(client, busy, 'stopped');
  });
});

describe('the film of a run', () => {
  it.each([
    ['drifting', TINY, { times: [0], most: 1024 }],
    ['teacher', { width: 8, depth: 1, batch: 16 }, { times: [1, 0], most: 256 }],
  ] as const)('of %s keeps what fixed noise became', async (method, params, { times, most }) => {
    const { client } = openedEngine();
    const run = await create(client, configOf({ method, params, steps: 20, filmFrames: 5 }));
    await untilStatus(client, run, 'finished');
    const index = await client.call('film.index', { run });
    expect([...index.steps]).toEqual([0, 4, 8, 12, 16, 20]);
    expect([index.times[0], index.times.at(-1)]).toEqual([times[0], times.at(-1)]);
    expect([index.count, index.dim]).toEqual([most, 2]);
    const page = await client.call('film.read', { run, from: 4, count: 8 });
    expect([...page.steps]).toEqual([16, 20]);
    expect(page.modes).toHaveLength(2 * most);
    // The last frame is the view of the finished run, sample for sample.
    const { arrays } = await client.call('views.compute', {
      run,
      view:
        method === 'teacher'
          ? { kind: 'trajectories', count: most, nfe: index.nfe }
          : { kind: 'samples', count: most },
    });
    expect(page.modes!.subarray(most)).toEqual(arrays['modes']);
    expect(page.positions.subarray(page.positions.length / 2)).toEqual(
      arrays['positions'] ?? arrays['points'],
    );
  });

  it('is not kept where nobody wants it', async () => {
    const { client } = openedEngine();
    const run = await create(client, configOf({ filmFrames: 0 }));
    const { folder } = await untilStatus(client, run, 'finished');
    expect((await client.call('film.index', { run })).steps).toHaveLength(0);
    expect(fs.existsSync(path.join(folder, 'frames'))).toBe(false);
    await expect(client.call('film.read', { run, from: 0, count: 1 })).rejects.toMatchObject({
      code: 'film/out-of-range',
    });
  });

  it('goes on where a stopped run does, each step once, and is told to those who watch', async () => {
    const { client } = openedEngine();
    const run = await create(client, configOf({ steps: 4000, checkpointEvery: 50, filmFrames: 400 }));
    const watch = collected(client, 'film.watch', { run });
    await untilStep(client, run, 60);
    await client.call('runs.stop', { run });
    await untilStatus(client, run, 'stopped');
    await client.call('runs.resume', { run });
    await untilStatus(client, run, 'finished');
    const { steps } = await client.call('film.index', { run });
    expect([...steps]).toEqual(Array.from({ length: 401 }, (_, i) => 10 * i));
    await eventually(() => watch.values.at(-1)?.steps.length === 401);
  });
});

describe('tags and the trash', () => {
  it('keeps tags, once each', async () => {
    const { client } = openedEngine();
    const run = await create(client, configOf());
    await untilStatus(client, run, 'finished');
    expect((await client.call('runs.tag', { run, tags: ['a', 'b', 'a'] })).tags).toEqual(['a', 'b']);
    expect((await client.call('runs.list', {}))[0]!.tags).toEqual(['a', 'b']);
    await expect(client.call('runs.tag', { run, tags: [' '] })).rejects.toMatchObject({
      message: expect.stringContaining('tags'),
    });
  });

  it('tells every window of a run that went and came back', async () => {
    const { client } = openedEngine();
    const run = await create(client, configOf());
    const done = await untilStatus(client, run, 'finished');
    const { values } = collected(client, 'runs.watch', {});
    await eventually(() => values.length > 0);
    const { trashed } = await client.call('runs.delete', { run });
    await eventually(() => values.at(-1)?.kind === 'removed');
    expect(values.at(-1)).toEqual({ kind: 'removed', id: run });
    expect(await client.call('runs.list', {})).toEqual([]);
    expect(await client.call('runs.restore', { trashed })).toEqual(done);
    await eventually(() => values.at(-1)?.kind === 'run');
    await expect(client.call('runs.restore', { trashed })).rejects.toMatchObject({ code: 'run/not-found' });
  });

  it('removes a dataset that was brought, and brings it back; a built-in one stays', async () => {
    const { client } = openedEngine();
    const bytes = new TextEncoder().encode('0,0\n1,1\n2,0\n');
    const { id } = await client.call('datasets.import', { fileName: 'three.csv', bytes });
    const before = await client.call('datasets.sample', { dataset: { id }, count: 4 });
    const { trashed } = await client.call('datasets.remove', { id });
    await expect(client.call('datasets.sample', { dataset: { id } })).rejects.toMatchObject({
      code: expect.stringMatching(/^dataset\/|^config\//),
    });
    expect(await client.call('datasets.restore', { trashed })).toEqual({ id });
    expect(await client.call('datasets.sample', { dataset: { id }, count: 4 })).toEqual(before);
    await expect(client.call('datasets.remove', { id: 'checkerboard' })).rejects.toMatchObject(
      refused('dataset/not-imported', 'checkerboard'),
    );
    await expect(client.call('datasets.restore', { trashed })).rejects.toMatchObject({
      code: 'store/not-in-trash',
    });
  });
});

describe('demos', () => {
  it('are looked at like runs, and changed by nobody', async () => {
    const maker = openedEngine();
    const id = await create(maker.client, configOf({ filmFrames: 2 }));
    const { folder } = await untilStatus(maker.client, id, 'finished');
    const demos = scratchFolder();
    fs.cpSync(folder, path.join(demos, 'demo-one'), { recursive: true });
    fs.mkdirSync(path.join(demos, 'demo-broken'));

    const { client, warnings } = openedEngine({ demos });
    expect(warnings.map(({ code }) => code)).toEqual(['run/not-found']);
    warnings.length = 0;
    const [demo, ...others] = await client.call('demos.list', {});
    expect(others).toEqual([]);
    expect(demo).toMatchObject({ id: 'demo-one', isDemo: true, status: 'finished', step: 20 });
    expect(await client.call('runs.list', {})).toEqual([]);
    const run = 'demo-one';
    expect(await client.call('runs.get', { run })).toEqual(demo);
    expect((await client.call('views.compute', { run, view: { kind: 'samples', count: 4 } })).step).toBe(20);
    expect([...(await client.call('film.index', { run })).steps]).toEqual([0, 10, 20]);
    for (const refusal of [
      client.call('runs.rename', { run, name: 'mine' }),
      client.call('runs.tag', { run, tags: ['x'] }),
      client.call('runs.resume', { run }),
      client.call('runs.delete', { run }),
    ]) {
      await expect(refusal).rejects.toMatchObject(refused('run/is-demo', 'demo-one', 'duplicate'));
    }
  });
});

describe('a run in a folder elsewhere', () => {
  it('is found by its path only where the host allows it', async () => {
    const { client, engine } = openedEngine();
    const done = await untilStatus(client, await create(client, configOf()), 'finished');
    await engine.close();
    const elsewhere = path.join(scratchFolder(), 'copied');
    fs.cpSync(done.folder, elsewhere, { recursive: true });

    const careful = openedEngine();
    await expect(careful.client.call('runs.get', { run: elsewhere })).rejects.toMatchObject({
      code: 'run/not-found',
    });
    const open = openedEngine({ allowsFolders: true });
    const frame = await open.client.call('views.compute', {
      run: elsewhere,
      view: { kind: 'samples', count: 4 },
    });
    expect(frame).toMatchObject({ run: 'copied', step: 20 });
  });

  it('goes on there', async () => {
    const { client, engine } = openedEngine();
    const run = await create(client, ENDLESS);
    await untilStep(client, run, 1);
    await client.call('runs.stop', { run });
    const stopped = await untilStatus(client, run, 'stopped');
    await engine.close();
    const elsewhere = path.join(scratchFolder(), 'copied');
    fs.cpSync(stopped.folder, elsewhere, { recursive: true });
    const { client: open, engine: opener } = openedEngine({ allowsFolders: true });
    await open.call('runs.resume', { run: elsewhere });
    while ((await open.call('runs.get', { run: elsewhere })).step <= stopped.step) await later(10);
    await opener.close();
    const file = JSON.parse(fs.readFileSync(path.join(elsewhere, 'run.json'), 'utf8')) as { step: number };
    expect(file.step).toBeGreaterThan(stopped.step);
    expect(checkpointOf({ folder: elsewhere }, file.step).size).toBeGreaterThan(0);
  });
});

describe('engine.describe', () => {
  it('says how much memory it uses', async () => {
    const { client } = openedEngine();
    const { memoryBytes } = await firstOf(client, 'engine.watch', {}, () => true);
    // Node alone takes some tens of megabytes.
    expect(memoryBytes).toBeGreaterThan(20e6);
  });

  it('says what can compute here', async () => {
    const { client, home } = openedEngine();
    const described = await client.call('engine.describe', {});
    expect(described).toMatchObject({ version: '0.0.0-test', dataFolder: home, pid: process.pid });
    const available = Object.fromEntries(described.executors.map(({ id, available }) => [id, available]));
    expect(available).toMatchObject({ 'ort-cpu': true, reference: true, tensorflow: false });
  });
});
