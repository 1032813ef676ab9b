import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runCli, startCli } from './pages/cli.ts';
import { expect, test } from './pages/journey.ts';

interface Trained {
  run: string;
  steps: number;
  final: Record<string, number>;
}
interface Failure {
  error: { code: string; message: string };
}

/** Small enough for seconds, long enough to be killed on the way. */
const small = ['--method', 'drifting', '--data', 'checkerboard', '--batch', '128', '--width', '64', '--json'];

function finalParameters(run: string, step: number): string {
  const bytes = readFileSync(path.join(run, 'checkpoints', `step-${step}.safetensors`));
  // The header names the run; the tensors behind it are what must not differ.
  const data = bytes.subarray(8 + Number(bytes.readBigUInt64LE(0)));
  return createHash('sha256').update(data).digest('hex');
}

test('trains, evaluates and samples; the same seed gives the same numbers', async ({ home }) => {
  const train = () => runCli('train', ...small, '--steps', '150', '--seed', '7', '--home', home);
  const [first, second] = [await train(), await train()];
  expect(first.code, first.stderr).toBe(0);
  const { run, steps, final } = first.json<Trained>();
  expect(steps).toBe(150);
  expect(final['energyDistance']).toBeGreaterThan(0);
  expect(second.json<Trained>().final).toEqual(final);
  expect(finalParameters(second.json<Trained>().run, 150)).toBe(finalParameters(run, 150));

  const evaluated = await runCli('eval', '--run', run, '--n', '500', '--nfe', '1', '--home', home, '--json');
  const { results } = evaluated.json<{ results: { nfe: number; metrics: Record<string, number> }[] }>();
  expect(results.map(({ nfe }) => nfe)).toEqual([1]);
  expect(Object.keys(results[0]!.metrics)).toEqual(
    expect.arrayContaining(['energyDistance', 'mmd', 'slicedWasserstein2', 'wasserstein2', 'minModeShare']),
  );

  const file = path.join(home, 'samples.csv');
  const sampled = await runCli('sample', '--run', run, '--n', '40', '--out', file, '--home', home, '--json');
  expect(sampled.code, sampled.stderr).toBe(0);
  expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(40);
});

test('a run that is killed resumes to the same parameters, bit for bit', async ({ home }) => {
  const args = [
    'train',
    ...small,
    '--steps',
    '400',
    '--seed',
    '3',
    '--checkpoint-every',
    '40',
    '--home',
    home,
  ];
  const whole = (await runCli(...args)).json<Trained>();

  const { child, done } = startCli(args);
  const runs = path.join(home, 'runs');
  const cut = () => readdirSync(runs).find((name) => path.join(runs, name) !== whole.run);
  // Kill it once it has something to go on from, and well before its end.
  await expect
    .poll(
      () => {
        const name = cut();
        const checkpoints = name === undefined ? '' : path.join(runs, name, 'checkpoints');
        return checkpoints !== '' && existsSync(checkpoints) && readdirSync(checkpoints).length > 1;
      },
      { intervals: [5] },
    )
    .toBe(true);
  child.kill('SIGKILL');
  await done;
  const folder = path.join(runs, cut()!);
  expect(JSON.parse(readFileSync(path.join(folder, 'run.json'), 'utf8'))).toMatchObject({
    status: 'running',
  });

  const resumed = await runCli('train', '--resume', folder, '--home', home, '--json');
  expect(resumed.code, resumed.stderr).toBe(0);
  expect(resumed.json<Trained>().final).toEqual(whole.final);
  expect(finalParameters(folder, 400)).toBe(finalParameters(whole.run, 400));
  expect(readFileSync(path.join(folder, 'metrics.ndjson'), 'utf8')).toBe(
    readFileSync(path.join(whole.run, 'metrics.ndjson'), 'utf8'),
  );
});

test('Ctrl-C stops a run with a checkpoint and says so', async ({ home }) => {
  const { child, done } = startCli(['train', ...small, '--steps', '100000', '--home', home]);
  await expect
    .poll(() => existsSync(path.join(home, 'runs')) && readdirSync(path.join(home, 'runs')).length)
    .toBe(1);
  const folder = path.join(home, 'runs', readdirSync(path.join(home, 'runs'))[0]!);
  // A first record says that there is a step to keep.
  const log = path.join(folder, 'metrics.ndjson');
  await expect
    .poll(() => existsSync(log) && readFileSync(log, 'utf8').includes('\n'), { intervals: [10] })
    .toBe(true);
  child.kill('SIGINT');
  const ended = await done;
  expect(ended.code).toBe(130);
  const { steps } = ended.json<Trained>();
  expect(existsSync(path.join(folder, 'checkpoints', `step-${steps}.safetensors`))).toBe(true);
  expect(JSON.parse(readFileSync(path.join(folder, 'run.json'), 'utf8'))).toMatchObject({
    status: 'stopped',
  });
});

test('bad input is one clear error, and nothing half-done stays', async ({ home }) => {
  const file = (name: string, text: string): string => {
    const full = path.join(home, name);
    writeFileSync(full, text);
    return full;
  };
  const cases: [string, string[], RegExp][] = [
    [
      'unknown method',
      ['train', '--method', 'gan', '--data', 'rings'],
      /teacher, freeflow, piflow, drifting.*found "gan"/,
    ],
    ['unknown dataset', ['train', '--method', 'drifting', '--data', 'mnist'], /checkerboard.*found "mnist"/],
    ['unknown flag', ['train', ...small, '--tempreature', '1'], /--tempreature/],
    [
      'out of range',
      ['train', ...small, '--temperature', '-1'],
      /params\.temperature: expected more than 0, found -1/,
    ],
    ['not a number', ['train', ...small, '--steps', 'many'], /--steps: expected a number, found "many"/],
    [
      'unknown config field',
      ['train', '--config', file('config.json', '{"method":"drifting","dataset":{"id":"rings"},"stesp":5}')],
      /stesp/,
    ],
    ['config that is not JSON', ['train', '--config', file('broken.json', '{"method":')], /broken\.json/],
    [
      'CSV with text',
      ['train', '--method', 'drifting', '--data', file('a.csv', '1,2\n3,x\n')],
      /row 2, column 2 of .*a\.csv/,
    ],
    [
      'ragged CSV',
      ['train', '--method', 'drifting', '--data', file('b.csv', '1,2\n3\n')],
      /row 2 of .*b\.csv|b\.csv.*row 2/,
    ],
    ['missing run', ['eval', '--run', path.join(home, 'nowhere')], /nowhere/],
    ['wrong NFE', ['eval', '--run', 'x', '--nfe', 'one'], /--nfe: expected a number/],
    ['no golden folder', ['golden', path.join(home, 'none')], /none/],
    ['unknown command', ['trian'], /expected one of doctor, .*train/],
  ];
  for (const [name, args, message] of cases) {
    const failed = await runCli(
      ...args,
      ...(args[0] === 'golden' || args[0] === 'trian' ? [] : ['--home', home]),
      '--json',
    );
    expect(failed.code, name).not.toBe(0);
    expect(failed.json<Failure>().error.message, name).toMatch(message);
    expect(failed.json<Failure>().error.code, name).not.toBe('internal/unexpected');
  }
  const runs = path.join(home, 'runs');
  expect(existsSync(runs) ? readdirSync(runs) : []).toEqual([]);
});

test('a data folder that cannot be written is named', async ({ home }) => {
  const blocked = path.join(home, 'file');
  writeFileSync(blocked, 'not a folder');
  mkdirSync(path.join(home, 'other'));
  const failed = await runCli('train', ...small, '--home', path.join(blocked, 'data'));
  expect(failed.code).toBe(1);
  expect(failed.json<Failure>().error.code).toMatch(/^store\//);
  expect(failed.json<Failure>().error.message).toContain(blocked);
});

test('doctor and golden answer in one JSON document', async ({ home }) => {
  const { executors, versions } = (await runCli('doctor', '--json')).json<{
    executors: { id: string; available: boolean; reason: string }[];
    versions: Record<string, string>;
  }>();
  expect(executors.map(({ id }) => id)).toEqual(['ort-cpu', 'ort-webgpu', 'tensorflow', 'reference']);
  expect(executors.find(({ id }) => id === 'ort-cpu')).toMatchObject({ available: true });
  expect(executors.every(({ reason }) => reason.length > 0)).toBe(true);
  expect(versions).toHaveProperty('onnxruntime-node');

  const testdata = path.join(import.meta.dirname, '../main');
  const folder = path.join(home, 'golden');
  mkdirSync(folder);
  for (const file of ['metrics/testdata/metrics-a.json', 'metrics/testdata/metrics-a.safetensors']) {
    writeFileSync(path.join(folder, path.basename(file)), readFileSync(path.join(testdata, file)));
  }
  const drift = readFileSync(path.join(testdata, 'methods/drifting/testdata/drift-loss.json'), 'utf8');
  writeFileSync(path.join(folder, 'drift-loss-x.json'), drift);
  writeFileSync(path.join(folder, 'other-x.json'), '{}');
  const good = await runCli('golden', folder);
  expect(good.code, good.stderr).toBe(0);
  expect(good.stdout).toMatch(/skipped +other-x\.json/);
  expect(good.stdout.trim().split('\n').at(-1)).toBe('2 passed, 0 failed');

  // A number that is off by more than the tolerance is found.
  writeFileSync(path.join(folder, 'drift-loss-x.json'), drift.replace(/"loss": \[1\.0\]/, '"loss": [1.01]'));
  const bad = await runCli('golden', folder);
  expect(bad.code).toBe(1);
  expect(bad.stdout.trim().split('\n').at(-1)).toBe('1 passed, 1 failed');
});
