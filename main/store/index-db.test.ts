import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { WarningSink } from '#contract/errors.ts';
import { openHome } from './home.ts';
import type { Home } from './home.ts';
import { RunIndex } from './index-db.ts';
import { migrate } from './migrations/index.ts';
import { RunFolder } from './run-folder.ts';
import { configOf, noWarning, scratchFolder, warningTrap } from './testdata/scratch.ts';

function homeWith(count: number): Home {
  const home = openHome(scratchFolder());
  for (let i = 0; i < count; i++) makeRun(home, `run ${i}`, i);
  return home;
}

function makeRun(home: Home, name: string, step = 0): RunFolder {
  const run = RunFolder.create(home.runs, configOf({ name, method: step % 2 ? 'teacher' : 'drifting' }), {
    versions: {},
  });
  run.update({ status: 'finished', step, latest: { loss: step / 8, norm: NaN } });
  return run;
}

function indexOf(home: Home, warn: WarningSink = noWarning): RunIndex {
  const index = RunIndex.open(home, warn);
  onTestFinished(() => {
    try {
      index.close();
    } catch {
      return;
    }
  });
  return index;
}

/** What the folders themselves say, newest first. */
function truth(home: Home) {
  const ids = fs.readdirSync(home.runs).filter((id) => fs.existsSync(join(home.runs, id, 'run.json')));
  ids.sort().reverse();
  return ids.map((id) => RunFolder.open(join(home.runs, id)).summary());
}

describe('list', () => {
  it('says what the folders say, newest first, from an index that is new or not', () => {
    const home = homeWith(5);
    const first = indexOf(home);
    expect(first.list()).toEqual(truth(home));
    first.close();
    expect(indexOf(home).list()).toEqual(truth(home));
  });

  it('finds by a part of name, method, data or id in any case, and takes wildcards as they are', () => {
    const home = homeWith(4);
    const special = makeRun(home, '100%_Größe');
    const index = indexOf(home);
    expect(index.list({ search: 'TEACH' })).toHaveLength(2);
    expect(index.list({ search: 'checker' })).toHaveLength(5);
    expect(index.list({ search: '%_grÖSSE'.replace('SS', 'ß') }).map(({ id }) => id)).toEqual([special.id]);
    expect(index.list({ search: special.id.slice(3) })).toHaveLength(1);
    expect(index.list({ search: 'x%' })).toHaveLength(0);
    expect(index.list({ limit: 2 })).toEqual(truth(home).slice(0, 2));
  });

  it('follows what happens to the folders without it', () => {
    const home = homeWith(3);
    const index = indexOf(home);
    index.list();
    const [newest, middle] = truth(home);
    fs.rmSync(newest!.folder, { recursive: true });
    RunFolder.open(middle!.folder).update({ name: 'renamed elsewhere' });
    fs.cpSync(middle!.folder, join(home.runs, 'a-copy'), { recursive: true });
    fs.mkdirSync(join(home.runs, 'not-a-run'));
    expect(index.list()).toEqual(truth(home));
    expect(index.list().map(({ id }) => id)).toContain('a-copy');
  });

  it('leaves out a run whose run.json is damaged, says so once, and has it back when it is mended', () => {
    const home = homeWith(3);
    const trap = warningTrap();
    const index = indexOf(home, trap.warn);
    const path = join(truth(home)[1]!.folder, 'run.json');
    const good = fs.readFileSync(path, 'utf8');
    fs.writeFileSync(path, good.slice(0, 100));
    expect(index.list()).toHaveLength(2);
    expect(index.list()).toHaveLength(2);
    expect(trap.codes()).toEqual(['run/bad-file']);
    fs.writeFileSync(path, good);
    expect(index.list()).toEqual(truth(home));
  });

  it('takes every run into account after rebuild, and one after refresh', () => {
    const home = homeWith(2);
    const index = indexOf(home);
    index.rebuild();
    expect(index.list()).toEqual(truth(home));
    index.refresh(makeRun(home, 'one more').id);
    expect(index.list()).toEqual(truth(home));
  });
});

describe('a damaged index', () => {
  /** The list from a file of these bytes must be the truth, whatever was wrong with it. */
  function expectRecovery(home: Home, bytes: Uint8Array, expected: unknown): string[] {
    for (const name of fs.readdirSync(home.root)) {
      if (name.startsWith('index')) fs.rmSync(join(home.root, name));
    }
    fs.writeFileSync(home.index, bytes);
    const trap = warningTrap();
    const index = RunIndex.open(home, trap.warn);
    expect(index.list()).toEqual(expected);
    expect(index.list({ search: 'run 1' })[0]?.name).toMatch(/^run 1/);
    index.close();
    return trap.codes();
  }

  function closedIndex(count: number) {
    const home = homeWith(count);
    const index = RunIndex.open(home, noWarning);
    index.list();
    index.close();
    return { home, bytes: fs.readFileSync(home.index), expected: truth(home) };
  }

  it('never lies, whichever bit of the file flips', () => {
    const { home, bytes, expected } = closedIndex(12);
    // The header, byte by byte where it decides most, then anywhere.
    const places = [...Array.from({ length: 40 }, (_, i) => i), 56, 60, 96, 100, 103, 105];
    const anywhere = fc.integer({ min: 0, max: bytes.length - 1 });
    places.push(...fc.sample(anywhere, { seed: 5, numRuns: 110 }));
    let recoveries = 0;
    for (const [i, at] of places.entries()) {
      const damaged = Uint8Array.from(bytes);
      damaged[at]! ^= 1 << (i % 8);
      if (expectRecovery(home, damaged, expected).length > 0) recoveries++;
    }
    // Free space may be hit without harm, but damage that matters must have been met.
    expect(recoveries).toBeGreaterThan(20);
  });

  it('never lies when pages are lost, cut off or overwritten', () => {
    const { home, bytes, expected } = closedIndex(12);
    for (let page = 0; page < bytes.length; page += 4096) {
      const wiped = Uint8Array.from(bytes).fill(0, page, page + 4096);
      const noise = Uint8Array.from(bytes).fill(0xa5, page, page + 4096);
      for (const damaged of [wiped, noise, bytes.subarray(0, page), bytes.subarray(0, page + 100)]) {
        expectRecovery(home, damaged, expected);
      }
    }
  });

  it('stays beside its successor, for whoever wants to know why', () => {
    const { home, expected } = closedIndex(3);
    const rubbish = Buffer.from('this is not a database, it is a text of some length'.repeat(100));
    expect(expectRecovery(home, rubbish, expected)).toEqual(['store/index-damaged']);
    expect(fs.readFileSync(home.index).equals(rubbish)).toBe(true);
    expect(fs.existsSync(join(home.root, 'index.2.sqlite'))).toBe(true);
  });

  it('is noticed while it is open, by every process that uses it', () => {
    const home = homeWith(3);
    const trap = warningTrap();
    const [one, other] = [indexOf(home, trap.warn), indexOf(home, trap.warn)];
    one.list();
    other.list();
    // A value that SQLite has no reason to doubt.
    const db = new DatabaseSync(home.index);
    db.exec("UPDATE runs SET summary = replace(summary, 'finished', 'diverged')");
    db.close();
    expect(one.list()).toEqual(truth(home));
    expect(trap.codes()).toEqual(['store/index-damaged']);
    makeRun(home, 'later');
    expect(other.list()).toEqual(truth(home));
    expect(trap.codes()).toHaveLength(1);
  });

  it('is made anew when someone deletes it', () => {
    const home = homeWith(3);
    const index = indexOf(home);
    index.list();
    fs.rmSync(home.index);
    expect(index.list()).toEqual(truth(home));
  });

  it('leaves only the newest damaged files', () => {
    const home = homeWith(1);
    for (let round = 1; round <= 5; round++) {
      const path = round === 1 ? home.index : join(home.root, `index.${round}.sqlite`);
      fs.writeFileSync(path, 'damaged'.repeat(200));
      const index = RunIndex.open(home, () => {});
      index.list();
      index.close();
    }
    const files = fs.readdirSync(home.root).filter((name) => name.endsWith('.sqlite'));
    expect(files.sort()).toEqual(['index.4.sqlite', 'index.5.sqlite', 'index.6.sqlite']);
  });
});

describe('migrations', () => {
  it('refuse a gap in their numbers', () => {
    const db = new DatabaseSync(':memory:');
    const step = (number: number) => ({ number, name: `m${number}`, sql: `CREATE TABLE t${number} (x)` });
    expect(() => migrate(db, [step(1), step(3)])).toThrow(/Expected migration 2, found 3/);
    expect(() => migrate(db, [step(0)])).toThrow(RangeError);
    expect(migrate(db, [step(1)])).toBe('current');
    expect(migrate(db, [step(1), step(2)])).toBe('current');
    expect(db.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: 2 });
    expect(migrate(db, [step(1)])).toBe('newer');
  });

  it('leave nothing of one that fails', () => {
    const db = new DatabaseSync(':memory:');
    const bad = { number: 1, name: 'bad', sql: 'CREATE TABLE t (x); CREATE TABLE t (x);' };
    expect(() => migrate(db, [bad])).toThrow(/already exists/);
    expect(db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()).toMatchObject({ n: 0 });
  });

  it('leave the index of a newer version alone', () => {
    const home = homeWith(2);
    const db = new DatabaseSync(home.index);
    db.exec('CREATE TABLE future (x); PRAGMA user_version = 99');
    db.close();
    const trap = warningTrap();
    const index = indexOf(home, trap.warn);
    expect(index.list()).toEqual(truth(home));
    expect(trap.codes()).toEqual(['store/newer-index']);
    const again = new DatabaseSync(home.index);
    expect(again.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: 99 });
    again.close();
  });
});

describe('several processes', () => {
  it('make and list runs in one data folder at once, and stdout holds only what they print', async () => {
    const home = openHome(scratchFolder());
    const script = fileURLToPath(new URL('./testdata/make-runs.ts', import.meta.url));
    const ended = ['a', 'b', 'c'].map(async (name) => {
      const child = spawn(process.execPath, [script, home.root, name, '25'], { stdio: 'pipe' });
      const [out, err] = [text(child.stdout), text(child.stderr)];
      const [code] = (await once(child, 'exit')) as [number];
      return { code, out: await out, err: await err };
    });
    for (const result of await Promise.all(ended)) {
      expect(result).toEqual({ code: 0, out: '{"made":25}', err: '' });
    }
    const index = indexOf(home);
    expect(index.list()).toHaveLength(75);
    expect(index.list()).toEqual(truth(home));
  });
});
