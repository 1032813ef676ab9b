import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ViewFrame } from '#contract/frames.ts';
import { exactText, probeRows, probeText } from './probe-text.ts';

fc.configureGlobal({ seed: 20261122 });

function frame(arrays: ViewFrame['arrays'], dim = 2): ViewFrame {
  return { run: 'a', kind: 'probe', step: 1500, nfe: 1, computeMs: 1, count: 1, dim, arrays };
}

describe('probeRows', () => {
  it('gives a velocity its length and its angle', () => {
    const [row] = probeRows(frame({ points: Float32Array.of(0, 0), vectors: Float32Array.of(0, -2) }));
    expect(row?.part.id).toBe('velocity');
    expect(row?.length).toBe(2);
    expect(row?.angleDeg).toBe(-90);
  });

  it('gives the parts of a drift as they act on a sample: they add up', () => {
    const coordinate = fc.float({ min: -10, max: 10, noNaN: true });
    const vector = fc.tuple(coordinate, coordinate);
    fc.assert(
      fc.property(vector, vector, (attract, repel) => {
        const rows = probeRows(
          frame({
            points: Float32Array.of(0, 0),
            attract: Float32Array.from(attract),
            repel: Float32Array.from(repel),
          }),
        );
        expect(rows.map((row) => row.part.id)).toEqual(['attract', 'repel', 'drift']);
        for (const d of [0, 1]) {
          expect((rows[0]?.vector[d] ?? NaN) + (rows[1]?.vector[d] ?? NaN)).toBe(rows[2]?.vector[d]);
          expect(rows[2]?.vector[d]).toBe((attract[d] ?? NaN) - (repel[d] ?? NaN) + 0);
        }
      }),
    );
  });

  it('sets a student beside its teacher, and what is between them', () => {
    const rows = probeRows(
      frame({
        points: Float32Array.of(0, 0),
        vectors: Float32Array.of(3, 1),
        teacher: Float32Array.of(0, 1),
      }),
    );
    expect(rows.map(({ part, vector }) => [part.label, ...vector])).toEqual([
      ['Student', 3, 1],
      ['Teacher', 0, 1],
      ['Residual', 3, 0],
    ]);
    const alone = probeRows(frame({ points: Float32Array.of(0, 0), teacher: Float32Array.of(0, 1) }));
    expect(alone.map(({ part }) => part.label)).toEqual(['Teacher']);
  });

  it('has no angle where nothing points anywhere', () => {
    const [row] = probeRows(frame({ points: Float32Array.of(0, 0), vectors: Float32Array.of(0, 0) }));
    expect(row?.angleDeg).toBeNull();
  });
});

it('exactText brings every single-precision number back', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(Math.fround(Number(exactText(value)))).toBe(value + 0);
    }),
  );
  expect(exactText(Math.fround(0.3))).toBe('0.300000012');
  expect(exactText(2)).toBe('2');
});

it('probeText has everything that is needed to ask again', () => {
  const text = probeText(frame({ points: Float32Array.of(0.5, -1), vectors: Float32Array.of(3, 4) }), {
    run: 'teacher on rings',
    t: 0.25,
  });
  expect(text.split('\n').map((line) => line.split('\t'))).toEqual([
    ['run', 'teacher on rings'],
    ['step', '1500'],
    ['t', '0.25'],
    ['', 'x', 'y', 'length', 'angle (deg)'],
    ['point', '0.5', '-1'],
    ['velocity', '3', '4', '5', '53.1301024'],
  ]);
});
