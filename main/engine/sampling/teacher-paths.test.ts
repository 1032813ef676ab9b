/** What the teacher of a model makes of its noise, asked for by several at a time. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { ortCpuExecutor } from '../../tensor/executors/ort.ts';
import { exactFlowMap, exactPlan, exactVelocity } from '../testing/exact-models.ts';
import { ModelPrograms } from './model-programs.ts';
import { TeacherPaths } from './teacher-paths.ts';

function taught(): TeacherPaths {
  const plan = exactPlan(exactFlowMap(), { teacher: exactVelocity() });
  const programs = new ModelPrograms(plan, ortCpuExecutor(1));
  onTestFinished(() => programs.dispose());
  return new TeacherPaths(programs);
}

describe('the path of a teacher', () => {
  it('is computed once for all who ask for the same', async () => {
    const teacher = taught();
    const [first, second] = await Promise.all([teacher.path(2, 5), teacher.path(2, 5)]);
    expect(second).toBe(first);
    expect(await teacher.path(2, 5, { signal: { aborted: false } })).toBe(first);
    expect(await teacher.path(2, 6)).not.toBe(first);
  });

  it('can be asked for again after it was cancelled', async () => {
    const teacher = taught();
    const cancelled = teacher.path(2, 5, { signal: { aborted: true } });
    await expect(cancelled).rejects.toMatchObject({ code: 'sampler/cancelled' });
    const again = await teacher.path(2, 5);
    expect(again.times.at(-1)).toBe(0);
    expect(await teacher.path(2, 5)).toBe(again);
  });

  it('goes on for whoever joined when the one who asked first cancels', async () => {
    const teacher = taught();
    const signal = { aborted: false };
    const first = teacher.path(2, 5, { signal });
    const joined = [teacher.path(2, 5), teacher.path(2, 5)];
    const alsoCancelled = teacher.path(2, 5, { signal });
    signal.aborted = true;
    for (const each of [first, alsoCancelled]) {
      await expect(each).rejects.toMatchObject({ code: 'sampler/cancelled' });
    }
    const [one, other] = await Promise.all(joined);
    expect(one!.times.at(-1)).toBe(0);
    expect(other).toBe(one);
  });
});
