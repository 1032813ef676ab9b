import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pointsFromDensity } from './density-points.ts';
import { extent, Painter, side } from './painter.ts';
import type { Brush } from './painter.ts';

fc.configureGlobal({ seed: 20261122 });

const place = fc.tuple(
  fc.double({ min: -20, max: side + 20, noNaN: true }),
  fc.double({ min: -20, max: side + 20, noNaN: true }),
);
const brush: fc.Arbitrary<Brush> = fc.record({
  isEraser: fc.boolean(),
  radius: fc.double({ min: 0.6, max: 40, noNaN: true }),
  hardness: fc.double({ min: 0, max: 1, noNaN: true }),
  density: fc.double({ min: 0.01, max: 1, noNaN: true }),
});
const stroke = fc.record({ brush, places: fc.array(place, { minLength: 1, maxLength: 4 }) });
type Stroke = typeof stroke extends fc.Arbitrary<infer T> ? T : never;

function paint(painter: Painter, { brush: with_, places: [first, ...rest] }: Stroke): void {
  painter.begin(with_, ...(first ?? [0, 0]));
  for (const at of rest) painter.lineTo(...at);
  painter.end();
}

const round: Brush = { isEraser: false, radius: 12, hardness: 0.5, density: 1 };

describe('Painter', () => {
  it('comes back to exactly the same cells by undoing, and forth by redoing', () => {
    fc.assert(
      fc.property(fc.array(stroke, { minLength: 1, maxLength: 5 }), fc.nat(5), (strokes, clearAt) => {
        const painter = new Painter();
        const seen = [painter.cells.slice()];
        strokes.forEach((each, i) => {
          paint(painter, each);
          seen.push(painter.cells.slice());
          if (i === clearAt) {
            painter.clear();
            seen.push(painter.cells.slice());
          }
        });
        // What changed nothing is nothing to undo.
        const steps = seen.filter((cells, i) => i === 0 || !same(cells, seen[i - 1]));
        for (const cells of steps.slice(0, -1).toReversed()) {
          painter.undo();
          expect(same(painter.cells, cells)).toBe(true);
        }
        expect(painter.canUndo).toBe(false);
        for (const cells of steps.slice(1)) {
          painter.redo();
          expect(same(painter.cells, cells)).toBe(true);
        }
        expect(painter.canRedo).toBe(false);
      }),
      { numRuns: 30 },
    );
  });

  it('never takes away with a brush, and never adds with an eraser', () => {
    fc.assert(
      fc.property(stroke, stroke, (first, second) => {
        const painter = new Painter();
        paint(painter, { ...first, brush: { ...first.brush, isEraser: false } });
        const before = painter.cells.slice();
        paint(painter, second);
        const sign = second.brush.isEraser ? -1 : 1;
        expect(painter.cells.every((cell, i) => sign * (cell - before[i]!) >= 0)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('paints a place once per stroke, however often it is passed', () => {
    const soft = { ...round, hardness: 0, density: 0.5 };
    const [once, often] = [new Painter(), new Painter()];
    paint(once, { brush: soft, places: [[100, 100]] });
    paint(often, { brush: soft, places: [[100, 100], [100, 100], [100, 100]] }); // prettier-ignore
    expect(same(once.cells, often.cells)).toBe(true);
  });

  it('leaves no gap in a fast stroke', () => {
    const painter = new Painter();
    paint(painter, { brush: { ...round, radius: 2, hardness: 1 }, places: [[10, 128], [240, 128]] }); // prettier-ignore
    const row = painter.cells.subarray(128 * side, 129 * side);
    expect(row.subarray(10, 240).every((cell) => cell === 255)).toBe(true);
  });

  it('forgets what was undone once something else is painted', () => {
    const painter = new Painter();
    paint(painter, { brush: round, places: [[50, 50]] });
    painter.undo();
    expect(painter.canRedo).toBe(true);
    paint(painter, { brush: round, places: [[150, 150]] });
    expect(painter.canRedo).toBe(false);
  });
});

describe('pointsFromDensity', () => {
  it('puts points where paint is, by its amount', () => {
    const painter = new Painter();
    paint(painter, { brush: { ...round, density: 1 }, places: [[60, 60], [60, 200]] }); // prettier-ignore
    paint(painter, { brush: { ...round, density: 0.25 }, places: [[200, 60]] }); // prettier-ignore
    const { cells } = painter;
    const count = 20_000;
    const { values } = pointsFromDensity(cells, count, 1);
    const mass = cells.reduce((sum, cell) => sum + cell, 0);
    const drawn = new Uint32Array(cells.length);
    for (let i = 0; i < count; i += 1) {
      const column = Math.floor(((values[2 * i]! + extent) / (2 * extent)) * side);
      const row = Math.floor(((extent - values[2 * i + 1]!) / (2 * extent)) * side);
      drawn[row * side + column]! += 1;
    }
    // Float32 may round a point at a cell's rim into its neighbour; a rim is 2^-16 of a cell.
    const stray = drawn.reduce((sum, hits, i) => sum + (cells[i] === 0 ? hits : 0), 0);
    expect(stray).toBeLessThanOrEqual(2);

    for (const [top, left] of [
      [0, 0],
      [0, side / 2],
      [side / 2, 0],
    ] as const) {
      let [painted, hits] = [0, 0];
      for (let row = top; row < top + side / 2; row += 1) {
        for (let column = left; column < left + side / 2; column += 1) {
          painted += cells[row * side + column]!;
          hits += drawn[row * side + column]!;
        }
      }
      const share = painted / mass;
      // Five standard deviations of a binomial count.
      const tolerance = 5 * Math.sqrt((share * (1 - share)) / count);
      expect(Math.abs(hits / count - share)).toBeLessThanOrEqual(tolerance);
    }
  });

  it('draws the same points from the same paint and seed, others from another seed, none from none', () => {
    const painter = new Painter();
    paint(painter, { brush: round, places: [[50, 50]] });
    const draw = (seed: number) => pointsFromDensity(painter.cells, 100, seed).values;
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3)).not.toEqual(draw(4));
    expect(pointsFromDensity(new Uint8Array(side * side), 100, 0).count).toBe(0);
  });
});

function same(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && a.every((cell, i) => cell === b[i]);
}
