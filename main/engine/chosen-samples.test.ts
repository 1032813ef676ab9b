/** Which samples a view draws: by the noise they start from and the class they are asked for. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ViewFrame, type ViewRequest, viewRequest } from '#contract/frames.ts';
import type { Sampleable } from '../maths/sampleable.ts';
import { ortCpuExecutor } from '../tensor/executors/ort.ts';
import type { Plan } from './plan/plan.ts';
import { SamplingModel } from './sampling/sampling.ts';
import {
  bentVelocity,
  exactFlowMap,
  exactGenerator,
  exactPlan,
  exactPolicy,
  exactVelocity,
} from './testing/exact-models.ts';
import { computeView } from './views/views.ts';

type Compute = (view: Record<string, unknown>) => Promise<ViewFrame>;

const DIM = 12;
const CLASSES = 3;

function computed(plan: Plan): Compute {
  const model = new SamplingModel(plan, ortCpuExecutor(1));
  onTestFinished(() => model.dispose());
  return (view) =>
    computeView(
      { run: 'r', step: 0, plan, model, state: {} },
      viewRequest.parse({ kind: 'samples', ...view } as ViewRequest),
    );
}

function row(frame: ViewFrame, index: number, name = 'points'): number[] {
  return Array.from(frame.arrays[name]!.subarray(index * DIM, (index + 1) * DIM));
}

const MODELS: Record<string, { sampleable: Sampleable; view?: Record<string, unknown> }> = {
  velocity: { sampleable: bentVelocity(), view: { nfe: 4 } },
  'velocity with noise on the way': { sampleable: bentVelocity(), view: { nfe: 6, sampler: 'sde' } },
  'flow map': { sampleable: exactFlowMap('jump'), view: { nfe: 2 } },
  'flow map with fresh noise': { sampleable: exactFlowMap('renoise'), view: { nfe: 3 } },
  policy: { sampleable: exactPolicy(), view: { nfe: 2 } },
  'policy with fresh noise': { sampleable: exactPolicy(), view: { nfe: 2, stochasticity: 0.5 } },
  generator: { sampleable: exactGenerator() },
};

describe.each(Object.entries(MODELS))('a sample of a %s', (_, { sampleable, view = {} }) => {
  it('is chosen by its seed and its index, wherever it stands', async () => {
    const compute = computed(exactPlan(sampleable));
    const all = await compute({ ...view, count: 8, seed: 5, label: 1 });
    const starts = [6, 0, 3].map((index) => ({ seed: 5, index }));
    const chosen = await compute({ ...view, count: 3, seed: 99, starts, label: 1 });
    expect([0, 1, 2].map((i) => row(chosen, i))).toEqual([6, 0, 3].map((i) => row(all, i)));
  });

  it('between two others begins at the one and ends at the other', async () => {
    const compute = computed(exactPlan(sampleable));
    const all = await compute({ ...view, count: 2, seed: 5, label: 1 });
    const way = [0, 0.5, 1].map((at) => ({ seed: 5, index: 0, to: { seed: 5, index: 1 }, at }));
    const between = await compute({ ...view, count: 3, starts: way, label: 1 });
    expect(row(between, 0)).toEqual(row(all, 0));
    expect(row(between, 1)).not.toEqual(row(all, 0));
    // Noise that is added on the way stays that of the sample from which it comes.
    if ('stochasticity' in view || view['sampler'] === 'sde' || view['nfe'] === 3) return;
    // Rounded once more than the noise it ends at.
    row(between, 2).forEach((value, d) => expect(value).toBeCloseTo(row(all, 1)[d]!, 5));
  });

  it('of every class starts from the same noise', async () => {
    const compute = computed(exactPlan(sampleable));
    const rows = await compute({ ...view, count: 4 * CLASSES + 2, seed: 5, byClass: true });
    expect(rows.count).toBe(4 * CLASSES);
    expect([...rows.arrays['labels']!]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
    for (let label = 0; label < CLASSES; label++) {
      const single = await compute({ ...view, count: 4, seed: 5, label });
      expect(single.arrays['labels']).toBeUndefined();
      for (let j = 0; j < 4; j++) expect(row(rows, 4 * label + j)).toEqual(row(single, j));
    }
  });

  it('is asked for a class by its index where images have classes and none is asked for', async () => {
    const compute = computed(exactPlan(sampleable));
    const dealt = await compute({ ...view, count: 5, seed: 5 });
    expect([...dealt.arrays['labels']!]).toEqual([0, 1, 2, 0, 1]);
    for (const i of [0, 1, 2]) {
      const asked = await compute({ ...view, count: 5, seed: 5, label: i });
      expect(row(dealt, i)).toEqual(row(asked, i));
    }
    const start = { seed: 5, index: 4 };
    const alone = await compute({ ...view, count: 1, starts: [start] });
    expect([row(alone, 0), alone.arrays['labels']![0]]).toEqual([row(dealt, 4), 1]);
  });
});

describe('chosen samples', () => {
  it('are those of the teacher too', async () => {
    const compute = computed(exactPlan(bentVelocity(), { teacher: exactVelocity() }));
    const all = await compute({ count: 6, nfe: 2, withTeacher: true });
    const starts = [4, 1].map((index) => ({ seed: 0, index }));
    const chosen = await compute({ count: 2, nfe: 2, starts, withTeacher: true });
    expect([0, 1].map((i) => row(chosen, i, 'teacher'))).toEqual([4, 1].map((i) => row(all, i, 'teacher')));
    const rows = await compute({ count: 6, nfe: 2, byClass: true, withTeacher: true });
    // Its straight paths end where the data of the class lie, but for the last bit near t = 0.
    for (const [i, label] of rows.arrays['labels']!.entries()) {
      for (const value of row(rows, i, 'teacher')) expect(value).toBeCloseTo(label, 1);
    }
  });

  it('have paths in the same rows', async () => {
    const compute = computed(exactPlan(exactVelocity()));
    const ends = await compute({ count: 6, nfe: 3, byClass: true });
    const paths = await compute({ kind: 'trajectories', count: 6, nfe: 3, byClass: true });
    const { positions, labels } = paths.arrays;
    expect(labels).toEqual(ends.arrays['labels']);
    for (let i = 0; i < 6; i++) {
      expect(Array.from(positions!.subarray((4 * i + 3) * DIM, 4 * (i + 1) * DIM))).toEqual(row(ends, i));
    }
  });

  it('of points are of any class, and say nothing of it', async () => {
    const flat = { ...exactVelocity(), shape: [DIM] };
    const compute = computed(exactPlan(flat));
    const any = await compute({ count: 3, nfe: 2 });
    expect(Object.keys(any.arrays)).toEqual(['points']);
    // Any class lies at -1; one more step of a straight path ends there.
    for (const value of any.arrays['points']!) expect(value).toBeCloseTo(-1, 4);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['as many starts as samples', { count: 3, starts: [{ seed: 0, index: 0 }] }, 'view.starts: expected 3'],
    [
      'as many starts as there are in a row',
      { count: 6, byClass: true, starts: [{ seed: 0, index: 0 }] },
      'view.starts: expected 2, one for each noise, found 1',
    ],
    ['one of every class', { count: 2, byClass: true }, 'view.count: expected at least 3'],
    ['no class beside all', { count: 6, byClass: true, label: 1 }, 'view.label: expected none'],
  ])('refuse what is not %s', async (_, view, message) => {
    await expect(computed(exactPlan(bentVelocity()))(view)).rejects.toThrow(message);
  });

  it('refuse rows of classes where there are none', async () => {
    const compute = computed(exactPlan(bentVelocity(), { classes: 0 }));
    await expect(compute({ count: 6, byClass: true })).rejects.toThrow(
      'view.byClass: expected off, for this model has no classes, found on',
    );
  });
});
