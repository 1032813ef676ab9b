/** Trying, measuring, remembering and choosing, with executors that a test makes. */
import fs from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ExecutorEntry, ExecutorId, ExecutorsState } from '#contract/engines.ts';
import { WorkbenchError } from '#contract/errors.ts';
import { scratchFolder } from '../../store/testdata/scratch.ts';
import { executorById, preferExecutor, replaceExecutor, useEnginesFolder } from '../../tensor/device.ts';
import type { Executor } from '../../tensor/executors/executor.ts';
import { faultyExecutor } from '../testing/faulty-executor.ts';
import { choiceOf } from './choose.ts';
import { Executors } from './executors.ts';

const NEVER = new AbortController().signal;

beforeEach(() => {
  // What a real machine has would decide otherwise.
  vi.stubEnv('FEWSTEP_EXECUTOR', undefined);
  absent('ort-webgpu');
  absent('tensorflow');
  onTestFinished(() => {
    preferExecutor('ort-cpu');
    useEnginesFolder(null);
    vi.unstubAllEnvs();
  });
});

function absent(id: ExecutorId): void {
  put(id, () => {
    throw new WorkbenchError('engine/no-executor', 'No adapter was found.');
  });
}

function put(id: ExecutorId, make: () => Executor): void {
  onTestFinished(replaceExecutor(id, make));
}

function opened(home = scratchFolder(), seconds = 0.05): { executors: Executors; home: string } {
  const executors = new Executors({ home, version: 'test', warn: () => {}, seconds });
  onTestFinished(() => executors.close());
  return { executors, home };
}

function entryOf({ executors }: ExecutorsState, id: ExecutorId): ExecutorEntry {
  return executors.find((each) => each.id === id)!;
}

/** Counts how often a training step was compiled: once for each comparison, once for each measurement. */
function counted(executor: Executor): { executor: Executor; compiled: () => number } {
  let count = 0;
  return {
    executor: {
      ...executor,
      compile: (graph, options) => {
        if (options?.state !== undefined && options.state.length > 0) count += 1;
        return executor.compile(graph, options);
      },
    },
    compiled: () => count,
  };
}

describe('executors', () => {
  it('are all named, with what they run on or why they are not there', async () => {
    const { executors } = opened();
    const state = await executors.state();
    expect(state.executors.map(({ id }) => id)).toEqual(['ort-cpu', 'ort-webgpu', 'tensorflow', 'reference']);
    const cpu = entryOf(state, 'ort-cpu');
    expect(cpu).toMatchObject({ available: true, score: null, device: { isSoftware: false } });
    expect(cpu.reason).toMatch(/, \d+ threads?$/);
    expect(entryOf(state, 'ort-webgpu')).toEqual({
      id: 'ort-webgpu',
      available: false,
      reason: 'No adapter was found.',
      device: null,
      score: null,
    });
    expect(state).toMatchObject({ executor: 'ort-cpu', because: 'the only one here', measuring: null });
    expect(state.device).toBe(cpu.reason);
  });

  it('are not measured where there is no choice', async () => {
    const { executors, home } = opened();
    await executors.ready();
    expect(entryOf(await executors.state(), 'ort-cpu').score).toBeNull();
    expect(fs.existsSync(path.join(home, 'executors.json'))).toBe(false);
  });

  it('are measured once before auto is decided, and remembered', async () => {
    const gpu = counted(faultyExecutor());
    put('ort-webgpu', () => gpu.executor);
    const { executors, home } = opened();
    expect((await executors.state()).because).toBe('the others are not measured yet');
    await Promise.all([executors.ready(), executors.ready()]);
    const state = await executors.state();
    for (const id of ['ort-cpu', 'ort-webgpu'] as const) {
      expect(entryOf(state, id).score).toMatchObject({ agrees: true });
      expect(entryOf(state, id).score!.stepsPerSec).toBeGreaterThan(0);
    }
    // One thread against all of them: how much faster which is, is the machine's to say, and the choice follows.
    const { id, because } = choiceOf(state.executors);
    expect(state).toMatchObject({ executor: id, because });
    expect((await executorById('auto')).id).toBe(id);
    expect(gpu.compiled()).toBe(1);

    const again = opened(home);
    await again.executors.ready();
    expect(await again.executors.state()).toEqual(state);
    expect(gpu.compiled()).toBe(1);
  });

  it('mean by auto what was measured before, where anything was', async () => {
    const fast = faultyExecutor({ device: { name: 'Fast GPU' } });
    let tried = 0;
    put('ort-webgpu', () => {
      tried += 1;
      return fast;
    });
    const { executors, home } = opened();
    await executors.recall();
    // Nothing is remembered, so that no driver is loaded for it.
    expect(tried).toBe(0);
    await executors.ready();
    const { executor } = await executors.state();
    preferExecutor('reference');
    const later = opened(home).executors;
    await later.recall();
    expect((await executorById('auto')).id).toBe(executor);
  });

  it('that are another device, or of another version, are measured anew', async () => {
    put('ort-webgpu', () => faultyExecutor());
    const { executors, home } = opened();
    await executors.ready();
    put('ort-webgpu', () => faultyExecutor({ device: { name: 'Another GPU' } }));
    const other = await opened(home).executors.state();
    expect(entryOf(other, 'ort-cpu').score).not.toBeNull();
    expect(entryOf(other, 'ort-webgpu').score).toBeNull();
    const later = new Executors({ home, version: 'later', warn: () => {}, seconds: 0.05 });
    expect(entryOf(await later.state(), 'ort-cpu').score).toBeNull();
  });

  it('are measured again where what is remembered cannot be read', async () => {
    const { executors, home } = opened();
    for (const broken of ['', '{"format": 1', '{"format": 1, "executors": {"ort-cpu": 7}}', '[]']) {
      fs.writeFileSync(path.join(home, 'executors.json'), broken);
      const found: ExecutorEntry[] = [];
      for await (const entry of executors.measure(['ort-cpu'], NEVER)) found.push(entry);
      expect(found[0]?.score?.difference).toBe(0);
      expect(entryOf(await opened(home).executors.state(), 'ort-cpu').score).toEqual(found[0]?.score);
    }
  });

  it('that compute something else are not taken, however fast', async () => {
    put('ort-webgpu', () => faultyExecutor({ offset: 1 }));
    const { executors } = opened();
    await executors.ready();
    const state = await executors.state();
    const { score, available } = entryOf(state, 'ort-webgpu');
    expect([available, score?.agrees]).toEqual([true, false]);
    expect(score!.difference).toBeGreaterThan(0.1);
    expect(state.executor).toBe('ort-cpu');
    expect(state.because).toContain('ort-webgpu does not agree');
  });

  it('that fail at a step are named as unfit, until they are measured again', async () => {
    put('ort-webgpu', () => faultyExecutor({ steps: 1 }));
    const { executors, home } = opened();
    await executors.ready();
    const failed = entryOf(await executors.state(), 'ort-webgpu');
    expect(failed).toMatchObject({ available: false, score: null, device: { name: 'Test GPU' } });
    expect(failed.reason).toContain('The device Test GPU was lost');
    expect(entryOf(await opened(home).executors.state(), 'ort-webgpu')).toEqual(failed);
    expect(await executors.has('ort-webgpu')).toBe(false);
    put('ort-webgpu', () => faultyExecutor());
    for await (const entry of executors.measure(['ort-webgpu'], NEVER)) expect(entry.available).toBe(true);
    expect(await executors.has('ort-webgpu')).toBe(true);
  });

  it('that a processor plays are never taken', async () => {
    put('ort-webgpu', () => faultyExecutor({ device: { isSoftware: true } }));
    const { executors } = opened();
    await executors.ready();
    for await (const entry of executors.measure(['ort-webgpu'], NEVER)) {
      expect(entry.score?.agrees).toBe(true);
    }
    expect((await executors.state()).executor).toBe('ort-cpu');
  });

  it('that a person has named for auto are taken unmeasured', async () => {
    put('ort-webgpu', () => faultyExecutor());
    vi.stubEnv('FEWSTEP_EXECUTOR', 'ort-webgpu');
    const { executors } = opened();
    await executors.ready();
    expect((await executorById('auto')).id).toBe('ort-webgpu');
    expect(await executors.state()).toMatchObject({
      executor: 'ort-webgpu',
      device: 'Test GPU',
      because: 'FEWSTEP_EXECUTOR names it',
    });
    vi.stubEnv('FEWSTEP_EXECUTOR', 'abacus');
    await expect(executorById('auto')).rejects.toThrow('FEWSTEP_EXECUTOR: expected one of auto, ort-cpu');
  });

  it('stop being measured between two steps when nobody listens, and keep what they had', async () => {
    const { executors } = opened(scratchFolder(), 1e6);
    await executors.state();
    const stop = new AbortController();
    const states: ExecutorsState[] = [];
    const watching = (async () => {
      for await (const state of executors.watch(stop.signal)) {
        states.push(state);
        if (state.measuring === 'ort-cpu') stop.abort();
      }
    })();
    const found: ExecutorEntry[] = [];
    for await (const entry of executors.measure(undefined, stop.signal)) found.push(entry);
    await watching;
    expect(found).toEqual([]);
    expect(states.map(({ measuring }) => measuring)).toContain('ort-cpu');
    expect(await executors.state()).toMatchObject({
      measuring: null,
      executors: [{ score: null }, {}, {}, {}],
    });
  });

  it('whose driver ends the process twice are left alone until a person measures them', async () => {
    put('ort-webgpu', () => faultyExecutor());
    const home = scratchFolder();
    const mark = path.join(home, '.trying-ort-webgpu');
    // No process has this id.
    fs.writeFileSync(mark, `${2 ** 30} 0`);
    expect(await opened(home).executors.has('ort-webgpu')).toBe(true);
    expect(fs.existsSync(mark)).toBe(false);
    fs.writeFileSync(mark, `${2 ** 30} 1`);
    const { executors } = opened(home);
    const refused = entryOf(await executors.state(), 'ort-webgpu');
    expect(refused.available).toBe(false);
    expect(refused.reason).toContain('The engine ended whenever it was tried');
    for await (const entry of executors.measure(['ort-webgpu'], NEVER)) expect(entry.available).toBe(true);
    expect(fs.existsSync(mark)).toBe(false);
  });
});

describe('precision', () => {
  it('of float16 is for WebGPU alone, also where auto would take another', async () => {
    put('ort-webgpu', () => faultyExecutor());
    expect((await executorById('auto', { precision: 'float16' })).id).toBe('ort-webgpu');
    await expect(executorById('ort-cpu', { precision: 'float16' })).rejects.toThrow(
      'precision: expected float32 for ort-cpu',
    );
  });
});
