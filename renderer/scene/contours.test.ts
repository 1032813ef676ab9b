import { describe, expect, it } from 'vitest';
import { contoursOf } from './contours.ts';
import type { PlaneGrid } from './density.ts';

function gridOf(side: number, valueAt: (x: number, y: number) => number, extent = 2): PlaneGrid {
  const cell = (2 * extent) / side;
  const values = Float32Array.from({ length: side * side }, (_, i) =>
    valueAt(-extent + ((i % side) + 0.5) * cell, -extent + (Math.floor(i / side) + 0.5) * cell),
  );
  return { values, side, extent };
}

function endsOf(pieces: Float32Array): string[] {
  const ends: string[] = [];
  for (let i = 0; i < pieces.length; i += 2) {
    ends.push(`${(pieces[i] ?? NaN).toFixed(4)} ${(pieces[i + 1] ?? NaN).toFixed(4)}`);
  }
  return ends;
}

describe('contoursOf', () => {
  it('draws the circle of a cone, ever closer on finer grids', () => {
    const errorAt = (side: number): number => {
      const pieces = contoursOf(
        gridOf(side, (x, y) => 1 - Math.hypot(x, y)),
        0,
      );
      let worst = 0;
      for (let i = 0; i < pieces.length; i += 2) {
        worst = Math.max(worst, Math.abs(Math.hypot(pieces[i] ?? NaN, pieces[i + 1] ?? NaN) - 1));
      }
      return worst;
    };
    // Linear interpolation is of second order: twice the cells, a quarter of the error.
    expect(errorAt(40) / errorAt(80)).toBeGreaterThan(3);
    expect(errorAt(80)).toBeLessThan(1e-3);
  });

  it('closes its lines: every end inside is the end of two pieces', () => {
    const pieces = contoursOf(
      gridOf(48, (x, y) => Math.sin(4 * x) * Math.sin(4 * y) * Math.exp(-x * x - y * y)),
      0.1,
    );
    const uses = new Map<string, number>();
    for (const end of endsOf(pieces)) uses.set(end, (uses.get(end) ?? 0) + 1);
    expect(pieces.length).toBeGreaterThan(0);
    expect(new Set(uses.values())).toEqual(new Set([2]));
  });

  it('has as much length as the circle', () => {
    const pieces = contoursOf(
      gridOf(80, (x, y) => 1 - Math.hypot(x, y)),
      0,
    );
    let length = 0;
    for (let i = 0; i < pieces.length; i += 4) {
      const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = pieces.subarray(i, i + 4);
      length += Math.hypot(x1 - x0, y1 - y0);
    }
    expect(length).toBeCloseTo(2 * Math.PI, 2);
  });

  it('parts or joins a saddle by the mean of its corners', () => {
    const saddle = (high: number): Float32Array =>
      contoursOf({ values: Float32Array.of(high, -1, -1, high), side: 2, extent: 1 }, 0);
    const pieceLengths = (pieces: Float32Array): number[] =>
      [0, 4].map((i) => {
        const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = pieces.subarray(i, i + 4);
        // Which of the other corners the piece goes round: the product of its middle's coordinates.
        return Math.sign((x0 + x1) * (y0 + y1));
      });
    // The two high corners lie on the rising diagonal, where x y > 0.
    expect(pieceLengths(saddle(2))).toEqual([-1, -1]);
    expect(pieceLengths(saddle(0.5))).toEqual([1, 1]);
  });

  it('draws nothing where the level is never crossed', () => {
    expect(
      contoursOf(
        gridOf(8, () => 1),
        2,
      ),
    ).toHaveLength(0);
  });
});
