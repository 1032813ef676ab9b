import { describe, expect, it } from 'vitest';
import { runStatus } from '#contract/runs.ts';
import { runSummary } from '../../testing/fake-engine.ts';
import { actionsOf, troubleOf } from './status-text.ts';

describe('what can be done with a run', () => {
  it('is to go on wherever it has not ended for good, and elsewhere while it does not train', () => {
    const can = (which: 'canResume' | 'canMove') =>
      runStatus.options.filter((status) => actionsOf({ status, isDemo: false })[which]);
    expect(can('canResume')).toEqual(['paused', 'stopped', 'interrupted', 'failed']);
    expect(can('canMove')).toEqual(['stopped', 'interrupted', 'failed']);
  });

  it('is nothing of that with a demo', () => {
    for (const status of runStatus.options) {
      expect(Object.values(actionsOf({ status, isDemo: true }))).toEqual([false, false, false, false]);
    }
  });
});

describe('the trouble of a run', () => {
  it('that was cut off names what it was training on, as far as it is known', () => {
    const cut = runSummary('a', { status: 'interrupted', executor: 'ort-webgpu', device: 'NVIDIA H200' });
    expect(troubleOf(cut)?.advice).toContain('It was training on ort-webgpu (NVIDIA H200).');
    expect(troubleOf(runSummary('a', { status: 'interrupted' }))?.advice).not.toContain('null');
  });

  it('that failed is to be tried again, also elsewhere', () => {
    const failed = troubleOf(runSummary('a', { status: 'failed', step: 40 }));
    expect(failed?.title).toBe('Training failed at step 40');
    expect(failed?.advice).toContain('on another executor');
  });
});
