import { describe, expect, it, vi } from 'vitest';
import { WorkbenchError } from '#contract/errors.ts';
import type { CallInput, CancelSignal, WorkbenchClient } from '#contract/workbench.ts';
import { budgetsOf, Quality, qualityOf } from './quality.svelte.ts';
import type { QualityPlan } from './quality.svelte.ts';

type Asked = CallInput<'runs.evaluate'>;

/** A workbench that evaluates as a test says. */
function client(answer: (asked: Asked, signal?: CancelSignal) => Promise<number>): WorkbenchClient {
  const call = async (_: string, asked: Asked, signal?: CancelSignal) => {
    const energyDistance = await answer(asked, signal);
    return { results: [{ nfe: asked.nfe?.[0] ?? NaN, metrics: { energyDistance } }] };
  };
  return { call: call as unknown as WorkbenchClient['call'], listen: () => () => undefined };
}

const plan: QualityPlan = { run: 'a', step: 100, sampler: 'euler', nfe: [1, 2] };
const settings = { count: 500, seeds: 2 };
const atStep = (): number => 100;

describe('Quality', () => {
  it('measures every budget with one seed before the next seed, and keeps what it found', async () => {
    const asked: Asked[] = [];
    const quality = new Quality();
    const engine = client(async (each) => asked.push(each));
    await quality.measure(engine, [plan], settings, atStep);
    expect(asked).toEqual(
      [
        [1, 0],
        [2, 0],
        [1, 1],
        [2, 1],
      ].map(([nfe, seed]) => ({ run: 'a', nfe: [nfe], count: 500, seed, sampler: 'euler' })),
    );
    expect(quality.get('a', 'euler', 500)).toMatchObject({ step: 100, results: { length: 4 } });
    expect(quality.get('a', 'heun', 500)).toBeNull();
    expect(quality.job).toBeNull();
  });

  it('asks only for what is missing', async () => {
    const engine = client(async () => 1);
    const call = vi.spyOn(engine, 'call');
    const quality = new Quality();
    await quality.measure(engine, [plan], { ...settings, seeds: 1 }, atStep);
    await quality.measure(engine, [plan], settings, atStep);
    expect(call).toHaveBeenCalledTimes(4);
  });

  it('begins a curve anew for other parameters', async () => {
    const quality = new Quality();
    const engine = client(async () => 1);
    await quality.measure(engine, [plan], settings, atStep);
    await quality.measure(engine, [{ ...plan, step: 200, nfe: [1] }], { ...settings, seeds: 1 }, () => 200);
    expect(quality.get('a', 'euler', 500)).toMatchObject({ step: 200, results: { length: 1 } });
  });

  it('keeps no number of parameters that were not asked for', async () => {
    const quality = new Quality();
    let step = 100;
    const engine = client(async () => {
      step = 101;
      return 1;
    });
    await quality.measure(engine, [plan], settings, () => step);
    expect(quality.get('a', 'euler', 500)).toBeNull();
    expect(quality.error?.code).toBe('quality/moved-on');
    expect(quality.job).toBeNull();
  });

  it('says how far it is, stops when told, and keeps what was found by then', async () => {
    const quality = new Quality();
    const jobs: (number | undefined)[] = [];
    const engine = client(async (asked, signal) => {
      jobs.push(quality.job?.done);
      if (asked.nfe?.[0] === 2) {
        quality.cancel();
        expect(signal?.aborted).toBe(true);
        throw new WorkbenchError('rpc/cancelled', 'Cancelled');
      }
      return 1;
    });
    await quality.measure(engine, [plan], settings, atStep);
    expect(jobs).toEqual([0, 1]);
    expect(quality.get('a', 'euler', 500)?.results).toHaveLength(1);
    expect([quality.job, quality.error]).toEqual([null, null]);
  });

  it('shows what the engine refuses', async () => {
    const quality = new Quality();
    const engine = client(() => Promise.reject(new WorkbenchError('sampler/wrong-nfe', 'nfe: expected 1')));
    await quality.measure(engine, [plan], settings, atStep);
    expect(quality.error).toMatchObject({ code: 'sampler/wrong-nfe' });
    expect(quality.job).toBeNull();
  });

  it('is one for a window', () => {
    const workbench = {};
    expect(qualityOf(workbench)).toBe(qualityOf(workbench));
    expect(qualityOf({})).not.toBe(qualityOf(workbench));
  });
});

describe('budgetsOf', () => {
  it('is one evaluation for a one-step generator', () => {
    expect(budgetsOf('generator', 2)).toEqual([1]);
  });

  it('is any number for a flow map or a policy', () => {
    expect(budgetsOf('flowMap', 1)).toEqual(budgetsOf('policy', 1));
    expect(budgetsOf('flowMap', 1).length).toBeGreaterThan(4);
  });

  it('is whole steps of the sampler', () => {
    expect(budgetsOf('velocity', 1)[0]).toBe(1);
    expect(budgetsOf('velocity', 4)).toEqual([4, 8, 16, 32, 64, 128]);
  });
});
