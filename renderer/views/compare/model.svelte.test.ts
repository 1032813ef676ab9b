import { flushSync } from 'svelte';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { MethodEntry } from '#contract/catalog.ts';
import type { RunSummary } from '#contract/runs.ts';
import { Pane } from '../../state/panes.svelte.ts';
import { PaneScope } from '../../state/pane.svelte.ts';
import { Workbench } from '../../state/workbench.svelte.ts';
import { FakeEngine, runSummary } from '../../testing/fake-engine.ts';
import { CompareModel } from './model.svelte.ts';
import { CompareSettings } from './settings.svelte.ts';

const method = (id: string, change: Partial<MethodEntry>): MethodEntry => ({
  id,
  title: id,
  summary: '',
  reference: '',
  equation: '',
  produces: 'velocity',
  needsTeacher: false,
  isTrainable: true,
  usesEncoder: false,
  imageDefaults: {},
  params: {},
  views: ['samples'],
  ...change,
});
const methods = [
  method('teacher', {}),
  method('student', { produces: 'policy', needsTeacher: true }),
  method('generator', { produces: 'generator', params: { properties: { noiseDim: { default: 32 } } } }),
];

function run(
  id: string,
  change: Partial<RunSummary['config']> = {},
  more: Partial<RunSummary> = {},
): RunSummary {
  const summary = runSummary(id);
  return { ...summary, status: 'finished', step: 100, config: { ...summary.config, ...change }, ...more };
}

/** The view on an engine with one run of every kind. */
function compared() {
  const engine = new FakeEngine();
  engine.generators.add('generator');
  const workbench = new Workbench(engine.open);
  workbench.catalog.catalog = {
    methods,
    datasets: [
      {
        id: 'checkerboard',
        title: 'Checkerboard',
        summary: '',
        dim: 2,
        analytic: false,
        imported: false,
        params: {},
      },
    ],
    samplers: [],
    metrics: [],
  };
  workbench.runs.list = [
    run('student', { method: 'student', teacher: 'teacher' }),
    run('generator', { method: 'generator' }),
    run('teacher', { method: 'teacher' }),
    runSummary('untrained'),
  ];
  workbench.selection.openRun('student');
  const settings = new CompareSettings();
  settings.count = 6;
  settings.nfes = [1, 2];
  const model = new CompareModel(workbench, new PaneScope(new Pane('compare'), workbench), settings);
  onTestFinished(
    $effect.root(() => {
      $effect(() => workbench.connection.start());
      model.follow();
    }),
  );
  flushSync();
  const settled = () =>
    vi.waitUntil(() => {
      flushSync();
      return model.asks.length > 0 && model.done === model.asks.length;
    });
  return { engine, workbench, settings, model, settled };
}

const rowOf = (model: CompareModel, id: string) => {
  const index = model.rows.findIndex((row) => row.run.id === id);
  return model.cells[index] ?? [];
};
const rmsOf = (model: CompareModel, id: string) =>
  rowOf(model, id).map((cell) =>
    cell.kind === 'samples' ? (cell.difference?.rms ?? cell.noDifference) : cell.kind,
  );

describe('CompareModel', () => {
  it('computes every cell that there can be, once', async () => {
    const { engine, model, settled } = compared();
    await settled();
    expect(model.rows.map((row) => row.run.id)).toEqual(['student', 'generator', 'teacher']);
    expect(rowOf(model, 'generator').map(({ kind }) => kind)).toEqual(['samples', 'oneStep']);
    expect(engine.computed).toHaveLength(5);
    expect(engine.computed.filter(({ view }) => view.kind === 'samples' && view.withTeacher)).toHaveLength(1);
  });

  it('measures how far each is from where the teacher takes the same noise', async () => {
    const { model, settings, settled } = compared();
    await settled();
    expect(model.largest).toBe(0);
    settings.hasDifference = true;
    // The fake engine ends 1 / nfe to the right of the teacher: half of the coordinates.
    const shift = (nfe: number) => expect.closeTo(1 / nfe / Math.sqrt(2), 6) as number;
    expect(rmsOf(model, 'student')).toEqual([shift(1), shift(2)]);
    // The teacher's own few steps, against the end points that the student's frame brought.
    expect(rmsOf(model, 'teacher')).toEqual([shift(1), shift(2)]);
    expect(rmsOf(model, 'generator')).toEqual(['noise of its own', 'oneStep']);
    expect(model.largest).toBeCloseTo(1, 6);
  });

  it('holds runs against another run, column by column', async () => {
    const { model, settings, settled } = compared();
    await settled();
    expect(model.offered.map(({ id }) => id)).toEqual(['student', 'teacher']);
    settings.hasDifference = true;
    settings.against = 'teacher';
    expect(rmsOf(model, 'student')).toEqual([0, 0]);
    expect(rmsOf(model, 'teacher')).toEqual(['the reference', 'the reference']);
  });

  it('shows the data, and the end points of the teacher once they are there', async () => {
    const { model, settled } = compared();
    expect(model.references.map(({ kind, points }) => [kind, points])).toEqual([
      ['data', null],
      ['teacher', null],
    ]);
    await settled();
    const teacher = model.references.find(({ kind }) => kind === 'teacher');
    expect(teacher?.points).toHaveLength(2 * 6);
    expect(teacher?.title).toBe('teacher');
  });

  it('computes again for another seed, and not for one that it knows', async () => {
    const { engine, model, settings, settled } = compared();
    await settled();
    settings.seed = 1;
    await settled();
    expect(engine.computed).toHaveLength(10);
    settings.seed = 0;
    await settled();
    settings.chosen = ['teacher'];
    await settled();
    expect(engine.computed).toHaveLength(10);
    expect(model.rows).toHaveLength(1);
  });

  it('shows a run that trains as it was, until it is renewed', async () => {
    const { engine, workbench, settings, model, settled } = compared();
    const trains = (step: number) => run('trains', { method: 'teacher' }, { status: 'running', step });
    workbench.runs.list = [trains(10), ...workbench.runs.list];
    settings.chosen = ['trains'];
    await settled();
    const before = engine.computed.length;
    workbench.runs.list = [trains(25), ...workbench.runs.list.slice(1)];
    await settled();
    expect(engine.computed).toHaveLength(before);
    expect(model.stepOf(trains(25))).toBe(10);
    settings.pinned.set('trains', 25);
    await settled();
    expect(engine.computed).toHaveLength(before + 2);
  });
});
