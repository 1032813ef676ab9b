import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WorkbenchError } from '#contract/errors.ts';
import type { ReproductionEntry } from '#contract/reproductions.ts';
import { reproductions as shipped } from '../../reproductions/index.ts';
import { type Reproduction, aimAtMost, isLess, values } from '../../reproductions/reproduction.ts';
import { scratchFolder } from '../../store/testdata/scratch.ts';
import { ReproductionFolder } from './reproduction-folder.ts';
import { Reproductions } from './reproductions.ts';
import { openedEngine } from '../testing/opened-engine.ts';

const version = '0.0.0-test';

/** Two cores that others use too may be slow to begin. */
const until = (isSo: () => boolean | Promise<boolean>) => vi.waitUntil(isSo, { timeout: 60_000 });

/** Experiments that wait until a test lets them go. */
function invented(name = 'two-is-more') {
  const asked: string[] = [];
  const gates: (() => void)[] = [];
  let isOpen = false;
  const reproduction: Reproduction = {
    name,
    claim: 'Two is more than one.',
    source: 'arithmetic',
    rule: 'Holds if small has less than large; does not hold otherwise.',
    seeds: { quick: [0, 1, 2], full: [0, 1, 2, 3] },
    arms: ['small', 'large'],
    figure: { kind: 'arms', measure: 'size', title: 'Size', log: false },
    async run(arm, seed, lab, { isQuick }) {
      asked.push(`${isQuick ? 'quick' : 'full'} ${arm} ${seed}`);
      if (!isOpen) await new Promise<void>((go) => gates.push(go));
      lab.throwIfStopped();
      return { size: (arm === 'small' ? 1 : 2) + seed / 100, odd: seed === 1 ? NaN : 0 };
    },
    verdict: (results) => isLess(values(results, 'small', 'size'), values(results, 'large', 'size')),
  };
  return {
    reproduction,
    asked,
    /** Lets one experiment go, which must have begun. */
    letGo: () => gates.shift()!(),
    open: () => {
      isOpen = true;
      for (const go of gates.splice(0)) go();
    },
  };
}

function serviceOf(registry: readonly Reproduction[], home = scratchFolder()): Reproductions {
  const service = new Reproductions({ home, version, registry });
  onTestFinished(() => service.close());
  return service;
}

const stateOf = (service: Reproductions, index = 0): ReproductionEntry['state'] =>
  service.list()[index]!.state;

describe('reproductions in the engine', () => {
  it('run to a verdict with a figure in two kinds, and say how far they are', async () => {
    const home = scratchFolder();
    const { reproduction, asked, letGo, open } = invented();
    const service = serviceOf([reproduction], home);
    expect(service.list()[0]).toMatchObject({
      state: { status: 'idle' },
      quick: { kept: 0, of: 6, result: null },
    });
    expect(() => service.figure('two-is-more', 'quick')).toThrow(/was not run to its end/);

    expect(service.start('two-is-more', 'quick', false).state.status).toBe('waiting');
    await until(() => asked.length === 1);
    expect(stateOf(service)).toEqual({
      status: 'running',
      size: 'quick',
      arm: 'small',
      seed: 0,
      done: 0,
      of: 6,
    });
    letGo();
    await until(() => asked.length === 2);
    expect(stateOf(service)).toMatchObject({ arm: 'small', seed: 1, done: 1 });
    open();
    await until(() => stateOf(service).status === 'idle');

    const { quick, full } = service.list()[0]!;
    expect(quick).toMatchObject({ kept: 6, result: { verdict: 'holds', seeds: [0, 1, 2] } });
    expect(quick.result!.measured['large']!['size']!.mean).toBeCloseTo(2.01, 12);
    // JSON has no NaN, and null is no number.
    expect(quick.result!.measured['small']!['odd']!.values).toEqual([0, NaN, 0]);
    expect(full).toMatchObject({ kept: 0, result: null });
    expect(service.figure('two-is-more', 'quick')).toContain('Two is more than one.');
    const png = fs.readFileSync(path.join(home, 'reproductions/two-is-more/quick/figure.png'));
    expect(png.toString('latin1', 1, 4)).toBe('PNG');
  });

  it('stop at their next step, and go on with what was kept, in another process too', async () => {
    const home = scratchFolder();
    const first = invented();
    const service = serviceOf([first.reproduction], home);
    service.start('two-is-more', 'quick', false);
    for (const count of [1, 2, 3]) {
      await until(() => first.asked.length === count);
      if (count < 3) first.letGo();
    }
    service.stop('two-is-more');
    expect(() => service.start('two-is-more', 'quick', false)).toThrow(/about to stop/);
    first.open();
    await until(() => stateOf(service).status === 'idle');
    expect(service.list()[0]!.quick).toMatchObject({ kept: 2, of: 6, result: null });

    const second = invented();
    second.open();
    const other = serviceOf([second.reproduction], home);
    other.start('two-is-more', 'quick', false);
    await until(() => other.list()[0]!.quick.result !== null);
    expect(second.asked).toEqual(['small 2', 'large 0', 'large 1', 'large 2'].map((each) => `quick ${each}`));
    // The first sees what the second measured.
    expect(service.list()[0]!.quick.result?.verdict).toBe('holds');
  });

  it('measure anew when asked to, and nothing twice when not', async () => {
    const { reproduction, asked, open } = invented();
    open();
    const service = serviceOf([reproduction]);
    const whole = async (again: boolean): Promise<number> => {
      service.start('two-is-more', 'quick', again);
      await until(() => stateOf(service).status === 'idle');
      return asked.length;
    };
    expect(await whole(false)).toBe(6);
    expect(await whole(false)).toBe(6);
    expect(await whole(true)).toBe(12);
  });

  it('keep nothing of another version of the program', async () => {
    const home = scratchFolder();
    const { reproduction, open } = invented();
    open();
    const service = serviceOf([reproduction], home);
    service.start('two-is-more', 'quick', false);
    await until(() => service.list()[0]!.quick.result !== null);
    const later = new ReproductionFolder(home, reproduction, 'quick', '0.0.1');
    expect([later.keptCount(), later.result(), later.figure()]).toEqual([0, null, null]);
    // A damaged file is measured again.
    const folder = new ReproductionFolder(home, reproduction, 'quick', version);
    fs.writeFileSync(path.join(folder.path, 'measured/small-seed-0.json'), '{"version":');
    fs.writeFileSync(path.join(folder.path, 'report.json'), 'null');
    expect([folder.keptCount(), folder.result()]).toEqual([5, null]);
  });

  it('share arrays with other reproductions of this version, until they are to measure anew', async () => {
    const home = scratchFolder();
    const { reproduction, open } = invented();
    const folder = new ReproductionFolder(home, reproduction, 'quick', version);
    const other = new ReproductionFolder(home, { ...reproduction, name: 'another' }, 'quick', version);
    const arrays = { ema: Float32Array.of(1, NaN, -0.5), seconds: Float32Array.of(2) };
    folder.writeArrays('teacher seed 0', arrays);
    expect(other.readArrays('teacher seed 0')).toEqual(arrays);
    expect(other.readArrays('teacher seed 1')).toBeNull();

    open();
    const service = serviceOf([reproduction], home);
    service.start('two-is-more', 'quick', false);
    await until(() => service.list()[0]!.quick.result !== null && stateOf(service).status === 'idle');
    expect(other.readArrays('teacher seed 0')).toEqual(arrays);

    const trained = path.join(home, 'reproductions/trained');
    const later = new ReproductionFolder(home, reproduction, 'quick', '99.0.0');
    expect(later.readArrays('teacher seed 0')).toBeNull();
    later.writeArrays('teacher seed 0', arrays);
    expect(fs.readdirSync(trained)).toEqual(['99.0.0']);

    const [file] = fs.readdirSync(path.join(trained, '99.0.0'));
    fs.truncateSync(path.join(trained, '99.0.0', file!), 40);
    expect(later.readArrays('teacher seed 0')).toBeNull();
    folder.forget();
    expect(fs.existsSync(trained)).toBe(false);
  });

  it('keep what each aim came to, and notes', async () => {
    const home = scratchFolder();
    const { reproduction, open } = invented();
    open();
    const judging: Reproduction = {
      ...reproduction,
      aims: () => [aimAtMost('Nothing', 1, [NaN]), aimAtMost('Something', 1, [0.5, 1])],
      notes: (_, { isQuick }) => [isQuick ? 'Quick.' : 'Full.'],
    };
    const service = serviceOf([judging], home);
    service.start('two-is-more', 'quick', false);
    await until(() => service.list()[0]!.quick.result !== null);
    expect(service.list()[0]!.quick.result).toMatchObject({
      aims: [
        { title: 'Nothing', outcome: 'inconclusive', measured: { mean: NaN, values: [NaN] } },
        { title: 'Something', limit: 'at most 1', outcome: 'holds', measured: { mean: 0.75 } },
      ],
      notes: ['Quick.'],
    });
  });

  it('have one turn at a time: a waiting one can be withdrawn, and a failure lets the next begin', async () => {
    const [a, b, c] = [invented('one-a'), invented('one-b'), invented('one-c')];
    const broken: Reproduction = {
      ...a.reproduction,
      run: async () => {
        await new Promise<void>((go) => setTimeout(go));
        throw new WorkbenchError('reproduction/diverged', 'Drifting diverged at step 7');
      },
    };
    const service = serviceOf([broken, b.reproduction, c.reproduction]);
    for (const name of ['one-a', 'one-b', 'one-c']) service.start(name, 'full', false);
    expect(service.stop('one-b').state.status).toBe('idle');
    expect(() => service.start('one-c', 'quick', false)).toThrow(/busy with its full size/);
    expect(service.start('one-c', 'full', false).state.status).toBe('waiting');
    await until(() => c.asked.length === 1);
    expect(stateOf(service)).toEqual({
      status: 'failed',
      size: 'full',
      error: { code: 'reproduction/diverged', message: 'Drifting diverged at step 7' },
    });
    expect(b.asked).toEqual([]);
    c.open();
  });

  it('tell a watcher each as it is, then what changes', async () => {
    const [a, b] = [invented('one-a'), invented('one-b')];
    const service = serviceOf([a.reproduction, b.reproduction]);
    const heard: string[] = [];
    const stop = new AbortController();
    const listening = (async () => {
      for await (const { name, state } of service.watch(stop.signal)) heard.push(`${name} ${state.status}`);
    })();
    await until(() => heard.length === 2);
    service.start('one-b', 'quick', false);
    await until(() => heard.at(-1) === 'one-b running');
    expect(heard.slice(0, 2)).toEqual(['one-a idle', 'one-b idle']);
    expect(heard.slice(2).every((each) => each.startsWith('one-b '))).toBe(true);
    b.open();
    await until(() => heard.at(-1) === 'one-b idle');
    stop.abort();
    await listening;
  });

  it('stop with their service, which waits for them', async () => {
    const { reproduction, asked, open } = invented();
    const service = serviceOf([reproduction]);
    service.start('two-is-more', 'quick', false);
    await until(() => asked.length === 1);
    const closed = service.close();
    open();
    await closed;
    expect(stateOf(service).status).toBe('idle');
    service.start('two-is-more', 'quick', false);
    expect(asked).toHaveLength(1);
  });
});

describe('reproductions through the workbench', () => {
  it('are listed, and one trains beside a run, both going on', async () => {
    const { client } = openedEngine({ version });
    const list = await client.call('reproductions.list', {});
    expect(list.map(({ name }) => name)).toEqual(shipped.map(({ name }) => name));
    await expect(
      client.call('reproductions.start', { name: 'cold-fusion', size: 'quick' }),
    ).rejects.toMatchObject({
      code: 'reproduction/unknown',
    });
    await expect(
      client.call('reproductions.figure', { name: 'drifting-three-inits', size: 'full' }),
    ).rejects.toMatchObject({ code: 'reproduction/not-run' });

    const { id } = await client.call('runs.create', {
      config: {
        method: 'drifting',
        params: { batch: 8, width: 8, depth: 1, noiseDim: 2 },
        dataset: { id: 'bimodal' },
        steps: 4_000_000,
        checkpointEvery: 4_000_000,
        evalEvery: 0,
        filmFrames: 0,
        executor: 'ort-cpu',
      },
    });
    const seen: ReproductionEntry['state'][] = [];
    const stop = client.listen('reproductions.watch', {}, ({ name, state }) => {
      if (name === 'drifting-three-inits') seen.push(state);
    });
    await client.call('reproductions.start', { name: 'drifting-three-inits', size: 'quick' });
    await until(() => seen.some((state) => state.status === 'running' && state.done === 1));
    const { step } = await client.call('runs.get', { run: id });
    expect(step).toBeGreaterThan(0);
    await until(async () => (await client.call('runs.get', { run: id })).step > step);
    await client.call('reproductions.stop', { name: 'drifting-three-inits' });
    await until(() => seen.at(-1)?.status === 'idle');
    stop();
  }, 120_000);
});
