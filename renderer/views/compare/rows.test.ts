import { describe, expect, it } from 'vitest';
import type { MethodEntry, Produces } from '#contract/catalog.ts';
import type { RunSummary } from '#contract/runs.ts';
import { runSummary } from '../../testing/fake-engine.ts';
import { asksInOrder, defaultRuns, inRowsOf, nfesFromText, rowOf } from './rows.ts';

const method = (produces: Produces, needsTeacher = false): MethodEntry => ({
  id: produces,
  title: produces,
  summary: '',
  reference: '',
  equation: '',
  produces,
  needsTeacher,
  isTrainable: true,
  usesEncoder: false,
  imageDefaults: {},
  params: {},
  views: ['samples'],
});
const settings = { nfes: [1, 2, 4], count: 10, seed: 3, label: null, guidance: 1 };
const row = (produces: Produces, { needsTeacher = false, run = {}, change = {} } = {}) =>
  rowOf(runSummary(produces, run), {
    method: method(produces, needsTeacher),
    colour: '--ink',
    step: 7,
    settings: { ...settings, ...change },
  });

describe('rowOf', () => {
  it('asks every column, of one noise', () => {
    expect(row('policy').asks).toEqual(
      [1, 2, 4].map((nfe) => ({ run: 'policy', step: 7, nfe, count: 10, seed: 3, withTeacher: false })),
    );
  });

  it('asks a one-step generator for one step, and for nothing where that is no column', () => {
    expect(row('generator').asks.map((ask) => ask?.nfe ?? null)).toEqual([1, null, null]);
    expect(row('generator', { change: { nfes: [2, 4] } }).asks).toEqual([null, null]);
  });

  it('asks for the teacher once: where it takes the noise is the same at every column', () => {
    const asked = (produces: Produces, nfes: number[]) =>
      row(produces, { needsTeacher: true, change: { nfes } }).asks.map((ask) => ask?.withTeacher ?? null);
    expect(asked('policy', [2, 4, 8])).toEqual([true, false, false]);
    expect(asked('generator', [1, 2])).toEqual([true, null]);
  });

  it('asks only runs with that class for it', () => {
    const change = { label: 1, guidance: 2 };
    expect(row('velocity', { run: { classes: 2 }, change }).asks[0]).toMatchObject({ label: 1, guidance: 2 });
    expect(row('velocity', { run: { classes: 1 }, change }).asks[0]).not.toHaveProperty('label');
  });
});

describe('asksInOrder', () => {
  it('goes through columns, so that all rows have a picture early', () => {
    const rows = [row('velocity'), row('generator'), row('policy')];
    expect(asksInOrder(rows).map(({ run, nfe }) => [run, nfe])).toEqual([
      ['velocity', 1],
      ['generator', 1],
      ['policy', 1],
      ['velocity', 2],
      ['policy', 2],
      ['velocity', 4],
      ['policy', 4],
    ]);
    expect(asksInOrder([])).toEqual([]);
  });
});

describe('defaultRuns', () => {
  const finished = (id: string, change: Partial<RunSummary> = {}) =>
    runSummary(id, { status: 'finished', step: 100, ...change });
  const otherData = (run: RunSummary): RunSummary => ({
    ...run,
    config: { ...run.config, dataset: { id: 'spiral', params: {} } },
  });
  const ids = (runs: readonly RunSummary[]) => runs.map(({ id }) => id);
  const selected = runSummary('selected', { step: 5 });

  it('is the selected run and those laid over it', () => {
    const all = [finished('a'), selected, finished('b'), otherData(finished('c'))];
    expect(ids(defaultRuns(selected, new Set(['c']), all))).toEqual(['selected', 'c']);
  });

  it('else adds the newest finished ones of the same data, four in all', () => {
    const all = [
      finished('a'),
      runSummary('trains'),
      otherData(finished('b')),
      selected,
      ...['c', 'd', 'e'].map((id) => finished(id)),
    ];
    expect(ids(defaultRuns(selected, new Set(), all))).toEqual(['selected', 'a', 'c', 'd']);
  });

  it('is never more than there is room for', () => {
    const all = Array.from({ length: 12 }, (_, i) => finished(`run ${i}`));
    expect(defaultRuns(all[0]!, new Set(ids(all)), all)).toHaveLength(8);
    expect(defaultRuns(null, new Set(), all)).toHaveLength(4);
  });
});

describe('nfesFromText', () => {
  it('reads numbers however they are set apart, ascending and each once', () => {
    expect(nfesFromText(' 8, 1 2;4  2')).toEqual([1, 2, 4, 8]);
  });

  it.each(['', '0', '1.5', 'one', '1 1001', '-2', '1 2 3 4 5 6 7 8 9'])('refuses %j', (text) => {
    expect(nfesFromText(text)).toBeNull();
  });
});

describe('inRowsOf', () => {
  it('keeps the order and loses nothing', () => {
    const list = [1, 2, 3, 4, 5];
    expect(inRowsOf(list, 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(inRowsOf([], 3)).toEqual([]);
  });
});
