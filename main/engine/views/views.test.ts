/** What all pictures of a model have in common. */
import { expect, it, onTestFinished } from 'vitest';
import { type ViewFrame, type ViewRequest, viewRequest } from '#contract/frames.ts';
import { ortCpuExecutor } from '../../tensor/executors/ort.ts';
import { SamplingModel } from '../sampling/sampling.ts';
import { exactFlowMap, exactPlan, exactVelocity } from '../testing/exact-models.ts';
import { computeView } from './views.ts';

/** Says that it is aborted from its `after`-th look on. */
function lookedAt(after = Infinity): { readonly aborted: boolean; readonly looks: number } {
  let looks = 0;
  return {
    get aborted() {
      looks += 1;
      return looks > after;
    },
    get looks() {
      return looks;
    },
  };
}

it.each(['samples', 'trajectories'] as const)(
  '%s can be cancelled among those of the teacher',
  async (kind) => {
    const plan = exactPlan(exactFlowMap(), { teacher: exactVelocity() });
    const model = new SamplingModel(plan, ortCpuExecutor(1));
    onTestFinished(() => model.dispose());
    const compute = (withTeacher: boolean, signal: { readonly aborted: boolean }): Promise<ViewFrame> => {
      const view = { kind, count: 3, nfe: 1, withTeacher } as ViewRequest;
      return computeView({ run: 'r', step: 0, plan, model, state: {}, signal }, viewRequest.parse(view));
    };
    const own = lookedAt();
    await compute(false, own);
    const cancelled = compute(true, lookedAt(own.looks));
    await expect(cancelled).rejects.toMatchObject({ code: 'sampler/cancelled' });
    const { arrays } = await compute(true, lookedAt());
    expect(arrays).toHaveProperty(kind === 'samples' ? 'teacher' : 'teacherPositions');
  },
);
