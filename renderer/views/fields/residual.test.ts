import { expect, it } from 'vitest';
import type { ViewFrame } from '#contract/frames.ts';
import { residualOf, residualSize } from './residual.ts';

function frame(arrays: ViewFrame['arrays'], dim = 2): ViewFrame {
  return { run: 'a', kind: 'velocity', step: 3, nfe: 1, computeMs: 1, count: 2, dim, arrays };
}

it('the size of a residual is of whole vectors, and relative to the teacher', () => {
  const vectors = Float32Array.of(4, 4, 0, 0, 0, 2);
  const teacher = Float32Array.of(1, 0, 0, 0, 0, 2);
  const of = frame({ points: new Float32Array(6), vectors, teacher }, 3);
  expect([...(residualOf(of) ?? [])]).toEqual([3, 4, 0, 0, 0, 0]);
  // Lengths 5 and 0 against 1 and 2.
  const { rms, relative } = residualSize(of) ?? {};
  expect(rms).toBeCloseTo(5 / Math.sqrt(2), 6);
  expect(relative).toBeCloseTo(5 / Math.sqrt(5), 6);
});

it('a student that is its teacher has none', () => {
  const same = Float32Array.of(1, 2, 3, 4);
  expect(residualSize(frame({ points: same, vectors: same, teacher: same }))).toEqual({
    rms: 0,
    relative: 0,
  });
});

it('needs both velocities', () => {
  const some = Float32Array.of(1, 2);
  expect(residualSize(null)).toBeNull();
  expect(residualSize(frame({ points: some, vectors: some }))).toBeNull();
  expect(residualSize(frame({ points: some, teacher: some }))).toBeNull();
});
