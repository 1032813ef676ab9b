import fs from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { runSummary } from '#contract/runs.ts';
import { configHash } from './config-hash.ts';
import { RunFolder } from './run-folder.ts';
import { RunWriter } from './run-writer.ts';
import { RunStore } from './runs.ts';
import { stateOf } from './testdata/chain.ts';
import { configOf, noWarning, scratchFolder, systemError, warningTrap } from './testdata/scratch.ts';

afterEach(() => vi.restoreAllMocks());

function storeIn(home = scratchFolder()): RunStore {
  const store = RunStore.open({ home, warn: noWarning });
  onTestFinished(() => store.close());
  return store;
}

function codeOf(code: string) {
  return expect.objectContaining({ code }) as unknown;
}

const state = (step: number) => stateOf(step, new Uint8Array(32).fill(step));

describe('RunStore', () => {
  it('makes a run that can be opened, listed, renamed and read by the contract', () => {
    const store = storeIn();
    const run = store.create(configOf({ params: { temperature: 0.05 } }), { versions: { fewstep: '0.1.0' } });
    expect(runSummary.parse(run.summary())).toEqual(run.summary());
    expect(store.open(run.id).file).toEqual(run.file);
    expect(store.list()).toEqual([run.summary()]);
    expect(store.rename(run.id, 'a better name').name).toBe('a better name');
    expect(store.list()[0]!.name).toBe('a better name');
    expect(fs.readdirSync(store.home.runs)).toEqual([run.id]);
  });

  it('lets runs that were opened outlive it', () => {
    const home = scratchFolder();
    const store = storeIn(home);
    const run = store.create(configOf(), { versions: {} });
    store.close();
    store.close();
    run.update({ status: 'finished' });
    expect(storeIn(home).list()).toEqual([run.summary()]);
  });

  it('gives ids that sort by age', () => {
    const store = storeIn();
    const ids = Array.from({ length: 3 }, () => {
      const { id } = store.create(configOf(), { versions: {} });
      const start = Date.now();
      while (Date.now() < start + 2);
      return id;
    });
    expect([...ids].sort()).toEqual(ids);
    expect(store.list().map(({ id }) => id)).toEqual([...ids].reverse());
  });

  it('keeps scalars that JSON does not have', () => {
    const store = storeIn();
    const run = store.create(configOf(), { versions: {} });
    run.update({ status: 'diverged', latest: { loss: NaN, norm: Infinity, low: -Infinity, ok: 1.5 } });
    const expected = { loss: NaN, norm: Infinity, low: -Infinity, ok: 1.5 };
    expect(store.open(run.id).file.latest).toEqual(expected);
    expect(store.list()[0]!.latest).toEqual(expected);
  });

  it.each(['..', '../x', 'a/b', '/etc', '', '.hidden', 'a\\b', 'x\0y', 'missing'])(
    'finds no run by the id %j',
    (id) => {
      const store = storeIn();
      fs.mkdirSync(join(store.home.root, 'x'));
      expect(() => store.open(id)).toThrow(codeOf('run/not-found'));
      expect(() => store.trash(id)).toThrow(codeOf('run/not-found'));
    },
  );

  it('finds a run by id or by any folder, which is then only read', () => {
    const store = storeIn();
    const run = store.create(configOf(), { versions: {} });
    const elsewhere = join(scratchFolder(), 'copied run');
    fs.cpSync(run.path, elsewhere, { recursive: true });
    expect(store.find(run.id).path).toBe(run.path);
    expect(store.find(elsewhere).file.config).toEqual(run.file.config);
    expect(() => store.find(store.home.root)).toThrow(
      expect.objectContaining({ code: 'run/not-found', message: expect.stringContaining(store.home.root) }),
    );
  });

  it('moves a run to the trash and back, but not one that is trained', () => {
    const store = storeIn();
    const run = store.create(configOf(), { versions: {} });
    const writer = RunWriter.open(run, { warn: noWarning });
    expect(() => store.trash(run.id)).toThrow(codeOf('run/locked'));
    writer.save(state(1));
    writer.close();
    const trashed = store.trash(run.id);
    expect(store.list()).toEqual([]);
    expect(() => store.open(run.id)).toThrow(codeOf('run/not-found'));
    const back = store.restore(trashed);
    expect(back.checkpoints.latestGood(noWarning)).toEqual(state(1));
    expect(store.list()).toEqual([back.summary()]);
    expect(() => store.restore(trashed)).toThrow(codeOf('run/not-found'));
  });

  it('keeps two runs of one name apart in the trash', () => {
    const store = storeIn();
    const run = store.create(configOf(), { versions: {} });
    const copy = scratchFolder();
    fs.cpSync(run.path, copy, { recursive: true });
    const first = store.trash(run.id);
    fs.cpSync(copy, run.path, { recursive: true });
    const second = store.trash(run.id);
    expect(second).not.toBe(first);
    store.restore(second);
    expect(() => store.restore(first)).toThrow(codeOf('run/exists'));
  });

  it.each(['ENOSPC', 'EROFS'] as const)('leaves nothing behind where making a run fails with %s', (errno) => {
    const store = storeIn();
    for (const step of ['mkdirSync', 'writeSync', 'fsyncSync', 'renameSync'] as const) {
      vi.spyOn(fs, step).mockImplementationOnce(() => {
        throw systemError(errno);
      });
      expect(() => store.create(configOf(), { versions: {} })).toThrow(
        codeOf(errno === 'ENOSPC' ? 'store/disk-full' : 'store/read-only'),
      );
      vi.restoreAllMocks();
      expect(fs.readdirSync(store.home.runs)).toEqual([]);
    }
    expect(store.list()).toEqual([]);
  });

  it('refuses a config that JSON cannot hold, naming the field', () => {
    const store = storeIn();
    expect(() => store.create(configOf({ params: { rate: NaN } }), { versions: {} })).toThrow(
      expect.objectContaining({
        code: 'config/not-json',
        message: expect.stringContaining('config.params.rate'),
      }),
    );
    expect(fs.readdirSync(store.home.runs)).toEqual([]);
  });
});

describe('run.json', () => {
  function damagedBy(change: (stored: Record<string, unknown>) => void): () => unknown {
    const run = storeIn().create(configOf({ seed: 3 }), { versions: {} });
    const path = join(run.path, 'run.json');
    const stored = JSON.parse(fs.readFileSync(path, 'utf8')) as Record<string, unknown>;
    change(stored);
    fs.writeFileSync(path, JSON.stringify(stored));
    return () => RunFolder.open(run.path);
  }

  it.each([
    ['step', -1],
    ['status', 'sleeping'],
    ['createdAt', 'yesterday'],
    ['latest', { loss: 'much' }],
    ['config', { method: 'drifting' }],
  ])('names the field %s where it is not valid', (field, value) => {
    expect(damagedBy((stored) => (stored[field] = value))).toThrow(
      expect.objectContaining({ code: 'run/bad-file', message: expect.stringContaining(`valid ${field}`) }),
    );
  });

  it('refuses a config that was changed, an unknown field, and a newer format', () => {
    expect(damagedBy((stored) => ((stored['config'] as { seed: number }).seed = 4))).toThrow(
      codeOf('run/config-changed'),
    );
    expect(damagedBy((stored) => (stored['extra'] = 1))).toThrow(codeOf('run/bad-file'));
    expect(damagedBy((stored) => (stored['format'] = 2))).toThrow(codeOf('run/newer-format'));
  });

  it('keeps what another process changed meanwhile', () => {
    const store = storeIn();
    const run = store.create(configOf(), { versions: {} });
    store.open(run.id).update({ name: 'renamed by another' });
    expect(run.update({ step: 5 })).toMatchObject({ name: 'renamed by another', step: 5 });
  });
});

describe('configHash', () => {
  it('does not depend on the order of keys or on the name, and on everything else', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 5 }), (params) => {
        const backwards = Object.fromEntries(Object.entries(params).reverse());
        const hash = configHash({ ...configOf(), params });
        expect(configHash({ name: 'x', ...configOf({ params: backwards }) })).toBe(hash);
        // Through the file and back.
        expect(configHash(JSON.parse(JSON.stringify({ ...configOf(), params })) as object)).toBe(hash);
        expect(configHash({ ...configOf({ seed: 9 }), params })).not.toBe(hash);
      }),
      { seed: 3, numRuns: 100 },
    );
  });

  it('refuses nesting without end', () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(() => configHash({ params: deep })).toThrow(codeOf('config/not-json'));
  });
});

describe('RunWriter', () => {
  it('resumes from the newest checkpoint, and the steps after it are recorded once', () => {
    const store = storeIn();
    const run = store.create(configOf(), { versions: {} });
    const first = RunWriter.open(run, { warn: noWarning });
    expect(first.resume()).toBeNull();
    for (let step = 1; step <= 7; step++) {
      first.record(step, { loss: step });
      if (step % 3 === 0) first.save(state(step));
    }
    first.close();
    const second = RunWriter.open(store.open(run.id), { warn: noWarning });
    expect(second.resume()).toEqual(state(6));
    second.record(7, { loss: 70 });
    second.close();
    expect([...run.metrics(noWarning)[0]!.values]).toEqual([1, 2, 3, 4, 5, 6, 70]);
  });

  it('begins with an empty log where there is no checkpoint', () => {
    const run = storeIn().create(configOf(), { versions: {} });
    const first = RunWriter.open(run, { warn: noWarning });
    first.record(1, { loss: 1 });
    first.close();
    const second = RunWriter.open(run, { warn: noWarning });
    expect(second.resume()).toBeNull();
    second.close();
    expect(run.metrics(noWarning)).toEqual([]);
  });

  it('drops nothing where every checkpoint is damaged', () => {
    const run = storeIn().create(configOf(), { versions: {} });
    const first = RunWriter.open(run, { warn: noWarning });
    first.record(1, { loss: 1 });
    first.save(state(1));
    first.close();
    fs.writeFileSync(join(run.path, 'checkpoints', 'step-1.safetensors'), 'torn');
    const second = RunWriter.open(run, { warn: () => {} });
    expect(() => second.resume()).toThrow(codeOf('run/no-good-checkpoint'));
    second.close();
    expect(run.metrics(noWarning)).toHaveLength(1);
  });

  it('writes nothing more once the lock is lost', () => {
    const run = storeIn().create(configOf(), { versions: {} });
    const writer = RunWriter.open(run, { warn: noWarning });
    fs.rmSync(join(run.path, 'run.lock'));
    expect(() => writer.save(state(1))).toThrow(codeOf('run/locked'));
    expect(run.checkpoints.latestGood(noWarning)).toBeNull();
    writer.close();
  });

  it('tells a run that is trained from one that was cut off', () => {
    const store = storeIn();
    const run = store.create(configOf(), { versions: {} });
    const writer = RunWriter.open(run, { warn: noWarning });
    run.update({ status: 'running' });
    expect(store.list()[0]!.status).toBe('running');
    writer.close();
    expect(store.list()[0]!.status).toBe('interrupted');
    expect(store.open(run.id).summary().status).toBe('interrupted');
    run.update({ status: 'finished' });
    expect(store.list()[0]!.status).toBe('finished');
  });

  it('can be opened again after it could not be', () => {
    const run = storeIn().create(configOf(), { versions: {} });
    fs.mkdirSync(run.metricsPath);
    expect(() => RunWriter.open(run, { warn: noWarning })).toThrow(codeOf('store/io'));
    fs.rmdirSync(run.metricsPath);
    RunWriter.open(run, { warn: warningTrap().warn }).close();
  });
});

describe('adopting a run from elsewhere', () => {
  it('copies it under an id of its own, without links and without its lock', () => {
    const store = storeIn();
    const elsewhere = storeIn();
    const original = elsewhere.create(configOf(), { versions: {} });
    original.update({ status: 'running', step: 7, name: 'Theirs' });
    fs.writeFileSync(join(original.path, 'metrics.ndjson'), '');
    fs.writeFileSync(join(original.path, 'notes.txt'), 'no part of a run');
    fs.symlinkSync('/etc/hostname', join(original.path, 'checkpoints', 'step-1.safetensors'));
    const adopted = store.adopt(original.path);
    expect(adopted.summary()).toMatchObject({ name: 'Theirs', step: 7, status: 'stopped' });
    expect(adopted.id).not.toBe(original.id);
    expect(adopted.file.id).toBe(adopted.id);
    expect(fs.readdirSync(adopted.path).sort()).toEqual(['checkpoints', 'metrics.ndjson', 'run.json']);
    expect(fs.readdirSync(join(adopted.path, 'checkpoints'))).toEqual([]);
    expect(store.list().map(({ id }) => id)).toContain(adopted.id);
    expect(store.has(adopted.id)).toBe(true);
  });

  it('takes nothing that is no run', () => {
    const store = storeIn();
    expect(() => store.adopt(scratchFolder())).toThrow(codeOf('run/not-found'));
    expect(store.list()).toEqual([]);
  });
});
