import { describe, expect, it } from 'vitest';
import type { ViewFrame } from '#contract/frames.ts';
import type { Paint } from '../theme/paint.ts';
import { pairsLayer, teacherPairsOf } from './teacher-pairs.ts';

const frame = (kind: 'samples' | 'trajectories', arrays: ViewFrame['arrays']): ViewFrame => ({
  run: 'a',
  kind,
  step: 1,
  nfe: 1,
  computeMs: 1,
  count: 2,
  dim: 2,
  arrays,
});
const ends = Float32Array.of(1, 0, 0, 1);
const teacherEnds = Float32Array.of(1, 3, 4, 1);
/** Two records each, the last at the ends. */
const pathsTo = (values: Float32Array): Float32Array =>
  Float32Array.of(9, 9, values[0]!, values[1]!, 9, 9, values[2]!, values[3]!);

describe('teacherPairsOf', () => {
  it('joins samples to where the teacher takes the same noise', () => {
    const pairs = teacherPairsOf(frame('samples', { points: ends, teacher: teacherEnds }));
    expect(Array.from(pairs?.positions ?? [])).toEqual([1, 0, 1, 3, 0, 1, 4, 1]);
    // Lengths 3 and 4: (9 + 16) over four coordinates.
    expect(pairs?.rms).toBeCloseTo(Math.sqrt(25 / 4), 6);
  });

  it('joins the ends of paths, whatever the number of their records', () => {
    const positions = pathsTo(ends);
    const teacherPositions = Float32Array.of(7, 7, 8, 8, 1, 3, 7, 7, 8, 8, 4, 1);
    const pairs = teacherPairsOf(frame('trajectories', { positions, teacherPositions }));
    expect(Array.from(pairs?.positions ?? [])).toEqual([1, 0, 1, 3, 0, 1, 4, 1]);
  });

  it('is nothing where no teacher was asked for', () => {
    expect(teacherPairsOf(null)).toBeNull();
    expect(teacherPairsOf(frame('samples', { points: ends }))).toBeNull();
    expect(teacherPairsOf(frame('trajectories', { positions: pathsTo(ends) }))).toBeNull();
  });
});

describe('pairsLayer', () => {
  it('has the longest at the upper end of its colours', () => {
    const pairs = teacherPairsOf(frame('samples', { points: ends, teacher: teacherEnds }))!;
    const paint: Paint = { scheme: 'light', colour: () => [0, 0, 0], css: () => '' };
    const layer = pairsLayer(pairs, { positions: pairs.positions, dim: 2 }, paint);
    const elapsed = Math.abs((layer.times[0] ?? 0) - (layer.times[1] ?? 0));
    // Speed over the time between both records is the length again; times are float32.
    expect(layer.fastest * elapsed).toBeCloseTo(pairs.longest, 4);
    expect(layer).toMatchObject({ colourBy: 'speed', isSamples: true, count: 2 });
  });
});
