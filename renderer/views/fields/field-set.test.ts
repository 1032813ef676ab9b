import { describe, expect, it } from 'vitest';
import type { ViewFrame } from '#contract/frames.ts';
import { fieldSetOf, leadingPart } from './field-set.ts';

function frame(arrays: ViewFrame['arrays'], dim: number): ViewFrame {
  return { run: 'a', kind: 'drift', step: 3, nfe: 1, computeMs: 1, count: 2, dim, arrays };
}

describe('fieldSetOf', () => {
  it('has what acts on a sample: attract and repel add up to the drift', () => {
    const set = fieldSetOf(
      frame(
        {
          points: Float32Array.of(0, 0, 1, 1),
          attract: Float32Array.of(3, 0, 0, 2),
          repel: Float32Array.of(1, 1, 0, -2),
        },
        2,
      ),
      [0, 1],
    );
    const { attract, repel, drift } = set?.vectors ?? {};
    expect([...(drift ?? [])]).toEqual([2, -1, 0, 4]);
    expect(Array.from(drift ?? [], (_, i) => (attract?.[i] ?? NaN) + (repel?.[i] ?? NaN))).toEqual([
      ...(drift ?? []),
    ]);
    expect(set?.longest).toBe(4);
  });

  it('turns points and vectors onto the chosen axes alike', () => {
    const set = fieldSetOf(
      frame({ points: Float32Array.of(1, 2, 3, 4, 5, 6), vectors: Float32Array.of(7, 8, 9, 0, 0, 1) }, 3),
      [2, 0],
    );
    expect([...(set?.points ?? [])]).toEqual([3, 1, 6, 4]);
    expect([...(set?.vectors.velocity ?? [])]).toEqual([9, 7, 1, 0]);
    expect(set?.count).toBe(2);
  });

  it('has student minus teacher where both are there, and the longest of either', () => {
    const points = Float32Array.of(0, 0, 1, 1);
    const vectors = Float32Array.of(1, 0, 0, 2);
    const teacher = Float32Array.of(1, 3, 0, 0);
    const set = fieldSetOf(frame({ points, vectors, teacher }, 2), [0, 1]);
    expect([...(set?.vectors.residual ?? [])]).toEqual([0, -3, 0, 2]);
    expect(set?.longest).toBeCloseTo(Math.hypot(1, 3), 6);
    // A flow map has no velocity of its own at a place: the teacher's field alone is one.
    const alone = fieldSetOf(frame({ points, teacher }, 2), [0, 1]);
    expect(Object.keys(alone?.vectors ?? {})).toEqual(['teacher']);
  });

  it('has a row of weights for every point', () => {
    const set = fieldSetOf(
      frame(
        {
          points: Float32Array.of(0, 0, 1, 1),
          vectors: new Float32Array(4),
          weights: Float32Array.of(0.25, 0.5, 0.25, 1, 0, 0),
        },
        2,
      ),
      [0, 1],
    );
    expect(set?.weights?.components).toBe(3);
  });

  it('is nothing without vectors', () => {
    expect(fieldSetOf(null, [0, 1])).toBeNull();
    expect(fieldSetOf(frame({ points: Float32Array.of(1, 2) }, 2), [0, 1])).toBeNull();
  });
});

describe('leadingPart', () => {
  it('is the sum, unless one part is looked at alone', () => {
    expect(leadingPart({ attract: true, repel: true, drift: false })?.id).toBe('drift');
    expect(leadingPart({ attract: true, repel: false, drift: false })?.id).toBe('attract');
    expect(leadingPart({ attract: false, repel: false, drift: false })).toBeNull();
  });
});
