import { describe, expect, it } from 'vitest';
import type { ViewFrame } from '#contract/frames.ts';
import { axisNames, basisOf, extentOf, frameInAxes, inAxes } from './basis.ts';
import { pairsOfPicked, projectionOf, titlesOf } from './image-axes.ts';

/** Two axes of four numbers, turned against them. */
const half = Math.SQRT1_2;
const axes = Float32Array.of(half, half, 0, 0, 0, 0, half, -half);
const basis = { axes, centre: Float32Array.of(1, 0, 0, 0), explained: Float32Array.of(0.34, 0.21) };
const frame = (arrays: ViewFrame['arrays'], change: Partial<ViewFrame> = {}): ViewFrame => ({
  run: 'a',
  kind: 'trajectories',
  step: 1,
  nfe: 1,
  computeMs: 1,
  count: 2,
  dim: 4,
  arrays,
  ...change,
});

describe('a frame in axes', () => {
  it('has its points along them, around the centre', () => {
    const seen = inAxes(Float32Array.of(1, 0, 0, 0, 3, 2, 1, -1), basis);
    [0, 0, 4 * half, 2 * half].forEach((value, i) => expect(seen[i]).toBeCloseTo(value, 6));
  });

  it('keeps what its paths end at, and is made once', () => {
    const positions = Float32Array.from({ length: 2 * 3 * 4 }, (_, i) => i);
    const film = frame({ positions, times: Float32Array.of(1, 0.5, 0) });
    const turned = frameInAxes(film, basis);
    expect(turned).toMatchObject({ dim: 2, count: 2 });
    expect(turned?.arrays['positions']).toHaveLength(2 * 3 * 2);
    expect([...(turned?.arrays['ends'] ?? [])]).toEqual([8, 9, 10, 11, 20, 21, 22, 23]);
    expect(frameInAxes(film, basis)).toBe(turned);
  });

  it('stays as it is where it is in some, and is none of other dimensions', () => {
    const own = frame({ ...basis, positions: new Float32Array(4) }, { dim: 2 });
    expect(frameInAxes(own, basis)).toBe(own);
    expect(basisOf(own)).toEqual(basis);
    expect(frameInAxes(frame({}, { dim: 3 }), basis)).toBeNull();
    expect(basisOf(frame({}))).toBeNull();
  });
});

it('names axes with what they show of all', () => {
  expect(axisNames(basis, ['PC 1', 'PC 2'])).toEqual(['PC 1 (34 % of variance)', 'PC 2 (21 % of variance)']);
});

it('shows a square of few sizes that holds nearly all', () => {
  const points = (size: number): Float32Array =>
    Float32Array.from({ length: 2000 }, (_, i) => (size * i) / 2000);
  expect([0.9, 2.5, 2.6, 7, 130].map((size) => extentOf(points(size)))).toEqual([1, 3, 3, 8, 150]);
});

describe('the axes of images', () => {
  const chosen = {
    imageAxes: 'pca2' as const,
    classPairs: [
      { from: 0, to: 1 },
      { from: 0, to: 2 },
    ] as const,
    samplePairs: pairsOfPicked([7, 3, 5]),
  };
  const of = { count: 16, classes: 3 };

  it('go from the first that was picked to the second, and to the third or on from it', () => {
    expect(pairsOfPicked([7, 3])).toBeNull();
    expect(pairsOfPicked([7, 3, 5])).toEqual([
      { from: 7, to: 3 },
      { from: 7, to: 5 },
    ]);
    expect(pairsOfPicked([7, 3, 5, 9, 1])?.[1]).toEqual({ from: 5, to: 9 });
  });

  it('are what was chosen, and principal ones where that cannot be had', () => {
    expect(projectionOf(chosen, of)).toEqual({ kind: 'pca', axes: 2 });
    expect(projectionOf({ ...chosen, imageAxes: 'pca3' }, of)).toEqual({ kind: 'pca', axes: 3 });
    const classes = { ...chosen, imageAxes: 'classes' as const };
    expect(projectionOf(classes, of)).toEqual({ kind: 'classes', pairs: chosen.classPairs });
    expect(projectionOf(classes, { ...of, classes: 2 }).kind).toBe('pca');
    const samples = { ...chosen, imageAxes: 'samples' as const };
    expect(projectionOf(samples, of)).toEqual({ kind: 'samples', pairs: chosen.samplePairs });
    expect(projectionOf(samples, { ...of, count: 7 }).kind).toBe('pca');
    expect(projectionOf({ ...samples, samplePairs: null }, of).kind).toBe('pca');
  });

  it('are called after what they join', () => {
    expect(titlesOf({ kind: 'pca', axes: 3 })).toHaveLength(3);
    expect(titlesOf({ kind: 'classes', pairs: [...chosen.classPairs] })).toEqual([
      'Class 0 → 1',
      'Class 0 → 2, across the first',
    ]);
  });
});
