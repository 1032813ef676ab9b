import { describe, expect, it } from 'vitest';
import type { ViewFrame } from '#contract/frames.ts';
import { fieldSetOf, leadingPart } from './field-set.ts';

function frame(arrays: ViewFrame['arrays'], dim: number): ViewFrame {
  return { run: 'a', kind: 'drift', step: 3, nfe: 1, count: 2, dim, arrays };
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

  it('is nothing without vectors', () => {
    expect(fieldSetOf(null, [0, 1])).toBeNull();
    expect(fieldSetOf(frame({ points: Float32Array.of(1, 2) }, 2), [0, 1])).toBeNull();
  });
});

describe('leadingPart', () => {
  it('is the sum, unless one part is looked at alone', () => {
    expect(leadingPart('velocity', { attract: false, repel: false, drift: false })?.id).toBe('velocity');
    expect(leadingPart('drift', { attract: true, repel: true, drift: false })?.id).toBe('drift');
    expect(leadingPart('drift', { attract: true, repel: false, drift: false })?.id).toBe('attract');
    expect(leadingPart('drift', { attract: false, repel: false, drift: false })).toBeNull();
  });
});
