/** Runs whose device fails, goes away or changes: what they say, and how they go on. */
import fs from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { WorkbenchError } from '#contract/errors.ts';
import { type RunConfigInput, type RunSummary, trainedOnText } from '#contract/runs.ts';
import { replaceExecutor } from '../tensor/device.ts';
import type { Executor } from '../tensor/executors/executor.ts';
import { faultyExecutor } from './testing/faulty-executor.ts';
import { type OpenedEngine, openedEngine, untilStatus } from './testing/opened-engine.ts';

function put(make: () => Executor): void {
  onTestFinished(replaceExecutor('ort-webgpu', make));
}

function absent(): void {
  put(() => {
    throw new WorkbenchError('engine/no-executor', 'No WebGPU adapter was found.');
  });
}

beforeEach(() => {
  // What a real machine has would decide otherwise.
  vi.stubEnv('FEWSTEP_EXECUTOR', undefined);
  onTestFinished(() => void vi.unstubAllEnvs());
  absent();
});

function configOf(change: Partial<RunConfigInput> = {}): RunConfigInput {
  return {
    method: 'drifting',
    params: { batch: 8, width: 8, depth: 1, noiseDim: 2 },
    dataset: { id: 'bimodal' },
    steps: 30,
    checkpointEvery: 10,
    evalEvery: 0,
    filmFrames: 0,
    executor: 'ort-webgpu',
    ...change,
  };
}

/** Trains on a device that is lost in step 16, after the checkpoint of step 10. */
async function lostRun(
  opened: Pick<OpenedEngine, 'client'>,
  change: Partial<RunConfigInput> = {},
): Promise<RunSummary> {
  put(() => faultyExecutor({ steps: 15 }));
  const { id } = await opened.client.call('runs.create', { config: configOf(change) });
  return untilStatus(opened.client, id, 'failed');
}

describe('a run whose device is lost', () => {
  it('says what happened, on what, what is kept, and how to go on', async () => {
    const { error, step, executor, device } = await lostRun(openedEngine());
    expect([step, executor, device]).toEqual([10, 'ort-webgpu', 'Test GPU']);
    expect(error).toEqual({
      code: 'engine/device-lost',
      message:
        'The device Test GPU was lost. It was training on ort-webgpu (Test GPU); the checkpoint of step 10 is kept. Resume it to go on, on another executor if this one stays away.',
    });
  });

  it('goes on with another executor from its checkpoint, and keeps to that one', async () => {
    const all = openedEngine();
    const { id, config } = await lostRun(all);
    await all.client.call('runs.resume', { run: id, executor: 'ort-cpu' });
    const finished = await untilStatus(all.client, id, 'finished', 'failed');
    expect(finished).toMatchObject({ status: 'finished', step: 30, error: null, executor: 'ort-cpu' });
    // The config made the numbers up to here, and stays.
    expect(finished.config).toEqual(config);
    expect(finished.trainedOn).toEqual([
      { executor: 'ort-webgpu', device: 'Test GPU', fromStep: 0 },
      { executor: 'ort-cpu', device: finished.device, fromStep: 10 },
    ]);
    expect(trainedOnText(finished.trainedOn)).toBe(
      `ort-webgpu (Test GPU) to step 10, then ort-cpu (${finished.device})`,
    );
    const series = await all.client.call('runs.metrics', { run: id });
    const loss = series.series.find(({ name }) => name === 'loss')!;
    expect([...loss.steps]).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    const { engine, home } = all;
    await engine.close();
    expect(await openedEngine({ home }).client.call('runs.get', { run: id })).toEqual(finished);
  });

  it('trains again where it was once the device is back, as if nothing had been', async () => {
    const all = openedEngine();
    const { id } = await lostRun(all);
    put(() => faultyExecutor());
    await all.client.call('runs.resume', { run: id });
    const finished = await untilStatus(all.client, id, 'finished', 'failed');
    expect(finished.trainedOn).toEqual([{ executor: 'ort-webgpu', device: 'Test GPU', fromStep: 0 }]);
    const whole = await all.client.call('runs.create', { config: configOf() });
    expect((await untilStatus(all.client, whole.id, 'finished')).latest).toEqual(finished.latest);
  });

  it('can be looked at meanwhile: views compute on what there is', async () => {
    const all = openedEngine();
    const { id } = await lostRun(all);
    absent();
    const frame = await all.client.call('views.compute', {
      run: id,
      view: { kind: 'samples', count: 4, nfe: 1, seed: 0 },
    });
    expect([frame.step, frame.count]).toEqual([10, 4]);
  });
});

describe('a run of float16', () => {
  it('goes on in float32 where nothing else can', async () => {
    const all = openedEngine();
    const devices = [faultyExecutor({ steps: 15 })];
    put(() => {
      const next = devices.pop();
      if (next !== undefined) return next;
      throw new WorkbenchError('engine/no-executor', 'No WebGPU adapter was found.');
    });
    const { id } = await all.client.call('runs.create', { config: configOf({ precision: 'float16' }) });
    expect((await untilStatus(all.client, id, 'failed')).device).toBe('Test GPU, float16');
    await all.client.call('runs.resume', { run: id, executor: 'auto' });
    const finished = await untilStatus(all.client, id, 'finished', 'failed');
    expect([finished.status, finished.executor]).toEqual(['finished', 'ort-cpu']);
    expect(finished.device).not.toContain('float16');
  });

  it('is refused for an executor that has none', async () => {
    const config = configOf({ executor: 'ort-cpu', precision: 'float16' });
    await expect(openedEngine().client.call('runs.create', { config })).rejects.toMatchObject({
      code: 'config/wrong-value',
      detail: { field: 'precision' },
    });
  });
});

describe('a model whose device is lost while it is looked at', () => {
  it('is loaded anew on what there is', async () => {
    const all = openedEngine();
    put(() => faultyExecutor());
    const { id } = await all.client.call('runs.create', { config: configOf() });
    await untilStatus(all.client, id, 'finished');
    await all.engine.close();

    const devices = [faultyExecutor({ views: 0 })];
    put(() => {
      const next = devices.pop();
      if (next !== undefined) return next;
      throw new WorkbenchError('engine/no-executor', 'No WebGPU adapter was found.');
    });
    const { client } = openedEngine({ home: all.home });
    const look = () =>
      client.call('views.compute', { run: id, view: { kind: 'samples', count: 4, nfe: 1, seed: 0 } });
    await expect(look()).rejects.toMatchObject({ code: 'engine/device-lost' });
    expect((await look()).count).toBe(4);
  });
});

describe('a run before its first checkpoint', () => {
  it('says that it begins anew', async () => {
    const { error, step } = await lostRun(openedEngine(), { checkpointEvery: 20 });
    expect(step).toBe(0);
    expect(error?.message).toContain('no checkpoint was saved yet, so it begins anew when it is resumed');
  });
});

describe('a run whose executor is not there', () => {
  it('says why, and stays resumable', async () => {
    const all = openedEngine();
    put(() => faultyExecutor({ steps: 15 }));
    const { id } = await all.client.call('runs.create', { config: configOf() });
    await untilStatus(all.client, id, 'failed');
    absent();
    for (const executor of [undefined, 'ort-webgpu'] as const) {
      await all.client.call('runs.resume', { run: id, ...(executor && { executor }) });
      const { error, step } = await untilStatus(all.client, id, 'failed');
      expect(step).toBe(10);
      expect(error).toEqual({
        code: 'engine/no-executor',
        message:
          'Executor ort-webgpu is not available: No WebGPU adapter was found. It was training on ort-webgpu (Test GPU); the checkpoint of step 10 is kept. Resume it to go on, on another executor if this one stays away.',
      });
    }
    await all.client.call('runs.resume', { run: id, executor: 'auto' });
    expect((await untilStatus(all.client, id, 'finished', 'failed')).status).toBe('finished');
  });

  it('before its first step says so too', async () => {
    const { client } = openedEngine();
    const { id } = await client.call('runs.create', { config: configOf() });
    const { error, trainedOn, executor, device } = await untilStatus(client, id, 'failed');
    expect(error?.message).toContain(
      'is not available: No WebGPU adapter was found. No checkpoint was saved',
    );
    expect([trainedOn, executor, device]).toEqual([[], null, null]);
  });
});

describe('a run of auto', () => {
  it('stays with what it began on while that is there', async () => {
    const all = openedEngine();
    const { id } = await all.client.call('runs.create', {
      config: configOf({ executor: 'auto', steps: 4_000_000, checkpointEvery: 10 }),
    });
    await untilStatus(all.client, id, 'running');
    await all.client.call('runs.stop', { run: id });
    const stopped = await untilStatus(all.client, id, 'stopped');
    expect(stopped.executor).toBe('ort-cpu');
    // Another one comes, which would be measured and may be faster.
    await all.engine.close();
    put(() => faultyExecutor());
    const { client } = openedEngine({ home: all.home });
    await client.call('runs.resume', { run: id });
    const running = await untilStatus(client, id, 'running');
    expect(running.trainedOn).toEqual(stopped.trainedOn);
    expect(fs.existsSync(path.join(all.home, 'executors.json'))).toBe(false);
  });

  it('waits until it is measured what is fastest', async () => {
    put(() => faultyExecutor());
    const { client } = openedEngine();
    const { id } = await client.call('runs.create', { config: configOf({ executor: 'auto' }) });
    const finished = await untilStatus(client, id, 'finished', 'failed');
    const { executor, executors } = await client.call('engine.describe', {});
    expect(executors.filter(({ score }) => score !== null).map(({ id }) => id)).toEqual([
      'ort-cpu',
      'ort-webgpu',
    ]);
    expect(finished).toMatchObject({ status: 'finished', executor });
  });
});

describe('a run of an older version', () => {
  it('says what it was trained on as far as it knew', async () => {
    const { client, home, engine } = openedEngine();
    const { id } = await client.call('runs.create', { config: configOf({ executor: 'ort-cpu' }) });
    const finished = await untilStatus(client, id, 'finished');
    await engine.close();
    const file = path.join(home, 'runs', id, 'run.json');
    const { trainedOn: _, ...older } = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, unknown>;
    fs.writeFileSync(file, JSON.stringify(older));
    const [read] = await openedEngine({ home }).client.call('runs.list', {});
    expect(read!.trainedOn).toEqual([{ executor: 'ort-cpu', device: finished.device, fromStep: 0 }]);
    const { executor: _executor, ...before } = older;
    fs.writeFileSync(file, JSON.stringify({ ...before, executor: null, device: null }));
    const [never] = await openedEngine({ home }).client.call('runs.list', {});
    expect(never!.trainedOn).toEqual([]);
  });
});

it('a run that trains cannot be put elsewhere meanwhile', async () => {
  const { client } = openedEngine();
  const config = configOf({ executor: 'ort-cpu', steps: 4_000_000, checkpointEvery: 4_000_000 });
  const { id } = await client.call('runs.create', { config });
  await untilStatus(client, id, 'running');
  await expect(client.call('runs.resume', { run: id, executor: 'reference' })).rejects.toMatchObject({
    code: 'run/is-training',
  });
});
