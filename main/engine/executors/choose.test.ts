import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ExecutorEntry, executorId } from '#contract/engines.ts';
import { choiceOf, unmeasured } from './choose.ts';

fc.configureGlobal({ seed: 20261122 });

interface Of {
  readonly steps?: number | null;
  readonly agrees?: boolean;
  readonly available?: boolean;
  readonly isSoftware?: boolean;
}

function entry(id: ExecutorEntry['id'], of: Of = {}): ExecutorEntry {
  const { steps = null, agrees = true, available = true, isSoftware = false } = of;
  return {
    id,
    available,
    reason: '',
    device: available ? { name: id, memoryBytes: null, features: [], isSoftware } : null,
    score:
      steps === null
        ? null
        : {
            stepsPerSec: steps,
            seconds: 5,
            difference: agrees ? 1e-6 : 1,
            agrees,
            measuredAt: '2026-01-01T00:00:00.000Z',
          },
  };
}

const anyEntries = fc.tuple(
  ...executorId.options.map((id) =>
    fc
      .record({
        steps: fc.option(fc.double({ min: 0.1, max: 1e4, noNaN: true })),
        agrees: fc.boolean(),
        available: fc.boolean(),
        isSoftware: fc.boolean(),
      })
      .map((of) => entry(id, of)),
  ),
);

describe('what auto takes', () => {
  it('is available, and never the oracle, a software GPU or one that does not agree, while there is another', () => {
    fc.assert(
      fc.property(anyEntries, (entries) => {
        const { id } = choiceOf(entries);
        expect(id).not.toBe('reference');
        const taken = entries.find((each) => each.id === id)!;
        if (id === 'ort-cpu') return;
        expect([taken.available, taken.device?.isSoftware]).toEqual([true, false]);
        const isAlone = entries.filter(
          (each) => each.available && each.id !== 'reference' && !each.device!.isSoftware,
        );
        if (isAlone.some((each) => each.id === 'ort-cpu')) expect(taken.score?.agrees).toBe(true);
      }),
    );
  });

  it('is the fastest of those that agree, or the usual one where that is not clearly slower', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 1e4, noNaN: true }),
        fc.double({ min: 0.1, max: 1e4, noNaN: true }),
        (cpu, gpu) => {
          const entries = [entry('ort-cpu', { steps: cpu }), entry('ort-webgpu', { steps: gpu })];
          expect(choiceOf(entries).id).toBe(gpu >= 1.25 * cpu ? 'ort-webgpu' : 'ort-cpu');
        },
      ),
    );
  });

  it('says why', () => {
    const cpu = entry('ort-cpu', { steps: 100 });
    const missing = entry('ort-webgpu', { available: false });
    expect(choiceOf([entry('ort-cpu'), missing]).because).toBe('the only one here');
    expect(choiceOf([entry('ort-cpu'), entry('ort-webgpu', { isSoftware: true })]).because).toContain(
      'that the processor plays',
    );
    expect(choiceOf([cpu, entry('ort-webgpu')])).toEqual({
      id: 'ort-cpu',
      because: 'the others are not measured yet',
    });
    expect(choiceOf([cpu, entry('ort-webgpu', { steps: 812.3 })])).toEqual({
      id: 'ort-webgpu',
      because: 'the fastest that agrees, 812 steps/s; ort-cpu 100',
    });
    expect(choiceOf([cpu, entry('tensorflow', { steps: 120 })])).toEqual({
      id: 'ort-cpu',
      because: 'no other is clearly faster, 100 steps/s; tensorflow 120',
    });
    const wrong = choiceOf([cpu, entry('ort-webgpu', { steps: 812, agrees: false })]);
    expect(wrong.id).toBe('ort-cpu');
    expect(wrong.because).toContain('ort-webgpu does not agree');
    expect(choiceOf([cpu], 'reference')).toEqual({ id: 'reference', because: 'FEWSTEP_EXECUTOR names it' });
  });
});

describe('what must be measured', () => {
  it('is nothing where there is no choice, else what has no score', () => {
    const cpu = entry('ort-cpu');
    expect(unmeasured([cpu, entry('reference'), entry('ort-webgpu', { available: false })])).toEqual([]);
    expect(unmeasured([cpu, entry('ort-webgpu', { isSoftware: true })])).toEqual([]);
    expect(unmeasured([cpu, entry('ort-webgpu'), entry('reference')])).toEqual(['ort-cpu', 'ort-webgpu']);
    expect(unmeasured([cpu, entry('tensorflow', { steps: 3 })])).toEqual(['ort-cpu']);
  });
});
