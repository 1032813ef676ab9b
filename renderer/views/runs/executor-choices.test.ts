import { describe, expect, it } from 'vitest';
import type { ExecutorEntry, ExecutorsState } from '#contract/engines.ts';
import { executorChoices, precisionChoices } from './executor-choices.ts';

const gpu: ExecutorEntry = {
  id: 'ort-webgpu',
  available: true,
  reason: 'NVIDIA H200',
  device: { name: 'NVIDIA H200', memoryBytes: null, features: ['shader-f16'], isSoftware: false },
  score: null,
};
const missing: ExecutorEntry = {
  id: 'tensorflow',
  available: false,
  reason: 'TensorFlow is not installed.',
  device: null,
  score: null,
};
const state: ExecutorsState = {
  executors: [gpu, missing],
  executor: 'ort-webgpu',
  device: 'NVIDIA H200',
  because: 'the fastest that agrees',
  measuring: null,
};

describe('the executors of a form', () => {
  it('are named with their devices, and why they cannot be chosen', () => {
    expect(executorChoices(state)).toEqual([
      {
        value: 'auto',
        label: 'auto: ort-webgpu',
        isOff: false,
        note: 'Now ort-webgpu on NVIDIA H200: the fastest that agrees.',
      },
      { value: 'ort-webgpu', label: 'ort-webgpu, NVIDIA H200', isOff: false, note: 'NVIDIA H200' },
      {
        value: 'tensorflow',
        label: 'tensorflow, not available',
        isOff: true,
        note: 'Not available: TensorFlow is not installed.',
      },
    ]);
  });

  it('can all be chosen while nobody knows', () => {
    expect(executorChoices(null).map(({ value, isOff }) => [value, isOff])).toEqual([
      ['auto', false],
      ['ort-cpu', false],
      ['ort-webgpu', false],
      ['tensorflow', false],
      ['reference', false],
    ]);
  });
});

describe('the precisions of a form', () => {
  const half = (of: ExecutorsState | null, executor: string) => precisionChoices(of, executor, '')[1]!;

  it('have float16 where a GPU has it, for that executor alone', () => {
    expect(half(state, 'auto')).toMatchObject({ label: 'float16', isOff: false });
    expect(half(state, 'ort-cpu')).toMatchObject({ label: 'float16, ort-webgpu alone', isOff: true });
    const plain = { ...state, executors: [{ ...gpu, device: { ...gpu.device!, features: [] } }] };
    expect(half(plain, 'ort-webgpu')).toMatchObject({ label: 'float16, no shader-f16 here', isOff: true });
    expect(half(null, 'auto').isOff).toBe(true);
  });
});
