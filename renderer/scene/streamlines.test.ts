import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bilinearField, piecesOf, streamlinesOf, traced } from './streamlines.ts';
import type { PlaneField, VectorGrid } from './streamlines.ts';

fc.configureGlobal({ seed: 20261122 });

function gridOf(
  vectorAt: (x: number, y: number) => readonly [number, number],
  side = 33,
  extent = 2,
): VectorGrid {
  const vectors = new Float32Array(side * side * 2);
  for (let i = 0; i < side * side; i += 1) {
    const x = -extent + ((i % side) * 2 * extent) / (side - 1);
    const y = -extent + (Math.floor(i / side) * 2 * extent) / (side - 1);
    vectors.set(vectorAt(x, y), 2 * i);
  }
  return { vectors, side, extent };
}

const rotation = (x: number, y: number): readonly [number, number] => [-y, x];
const endless: PlaneField = (x, y, out) => {
  [out[0], out[1]] = rotation(x, y);
  return true;
};

function linesOf({ points, starts }: ReturnType<typeof streamlinesOf>): Float32Array[] {
  return Array.from({ length: starts.length - 1 }, (_, i) =>
    points.subarray(2 * (starts[i] ?? 0), 2 * (starts[i + 1] ?? 0)),
  );
}

describe('bilinearField', () => {
  it('is exact for bilinear fields and empty outside', () => {
    const at = (x: number, y: number): readonly [number, number] => [1 + x - 2 * y + 0.5 * x * y, x * y - y];
    const field = bilinearField(gridOf(at));
    const out = new Float64Array(2);
    const place = fc.double({ min: -2, max: 2, noNaN: true });
    fc.assert(
      fc.property(place, place, (x, y) => {
        expect(field(x, y, out)).toBe(true);
        const [vx, vy] = at(x, y);
        // Nodes are kept in single precision and values reach about 10.
        expect(out[0]).toBeCloseTo(vx, 5);
        expect(out[1]).toBeCloseTo(vy, 5);
      }),
    );
    expect(field(2.01, 0, out)).toBe(false);
    expect(field(0, NaN, out)).toBe(false);
  });
});

describe('traced', () => {
  it('goes straight through a constant field, to its border', () => {
    const field = bilinearField(gridOf(() => [3, 4]));
    const points = traced(field, 0, 0, 1, { step: 0.1, steps: 1000, slowest: 0 });
    for (let i = 0; i < points.length; i += 2) {
      const steps = i / 2 + 1;
      expect(points[i]).toBeCloseTo(0.06 * steps, 12);
      expect(points[i + 1]).toBeCloseTo(0.08 * steps, 12);
    }
    // From 0 to y = 2 the way is 2.5 long: 24 steps of 0.1, or the 25th if it rounds to the border.
    expect(points.length / 2).toBeGreaterThanOrEqual(24);
    expect(points.length / 2).toBeLessThanOrEqual(25);
  });

  it('stays on a circle of a rotation', () => {
    const field = bilinearField(gridOf(rotation));
    const step = 0.05;
    const points = traced(field, 1.3, 0, 1, { step, steps: 400, slowest: 0 });
    expect(points).toHaveLength(800);
    for (let i = 0; i < points.length; i += 2) {
      // The radius of Runge-Kutta on a circle shrinks by (h/r)^6 / 144 a step: 1e-9 over 400 of them;
      // the nodes in single precision leave 1e-6.
      expect(Math.hypot(points[i]!, points[i + 1]!)).toBeCloseTo(1.3, 5);
    }
  });

  it('is of order four', () => {
    const errorWith = (steps: number): number => {
      const points = traced(endless, 1, 0, 1, { step: 2 / steps, steps, slowest: 0 });
      return Math.hypot(points.at(-2)! - Math.cos(2), points.at(-1)! - Math.sin(2));
    };
    const orders = [8, 16, 32].map((steps) => Math.log2(errorWith(steps) / errorWith(2 * steps)));
    for (const order of orders) expect(order).toBeCloseTo(4, 0);
  });

  it('against the field comes back along it', () => {
    const options = { step: 0.05, steps: 30, slowest: 0 };
    const there = traced(endless, 1, 0.2, 1, options);
    const back = traced(endless, there.at(-2)!, there.at(-1)!, -1, options);
    expect(back.at(-2)).toBeCloseTo(1, 6);
    expect(back.at(-1)).toBeCloseTo(0.2, 6);
  });

  it('ends where the field is too slow', () => {
    const sink: PlaneField = (x, y, out) => {
      out[0] = -x;
      out[1] = -y;
      return true;
    };
    const points = traced(sink, 1, 0, 1, { step: 0.01, steps: 1000, slowest: 0.2 });
    expect(points.at(-2)).toBeLessThan(0.22);
    expect(points.at(-2)).toBeGreaterThan(0.18);
  });
});

describe('streamlinesOf', () => {
  const wavy = gridOf((x, y) => [Math.sin(2 * y) + 0.3, Math.cos(1.5 * x)]);

  it('lets no two lines share a cell, and keeps all of them inside', () => {
    const cells = 20;
    const lines = linesOf(streamlinesOf(wavy, { cells, slowest: 0.01 }));
    expect(lines.length).toBeGreaterThan(10);
    const owners = new Map<string, number>();
    lines.forEach((line, owner) => {
      for (let i = 0; i < line.length; i += 2) {
        const [x, y] = [line[i]!, line[i + 1]!];
        expect(Math.max(Math.abs(x), Math.abs(y))).toBeLessThanOrEqual(2 + 1e-6);
        // Points on a border between cells may round to either side of it.
        const [u, v] = [((x + 2) / 4) * cells, ((y + 2) / 4) * cells];
        if (Math.abs(u - Math.round(u)) < 1e-5 || Math.abs(v - Math.round(v)) < 1e-5) continue;
        const key = `${Math.floor(u)} ${Math.floor(v)}`;
        expect(owners.get(key) ?? owner).toBe(owner);
        owners.set(key, owner);
      }
    });
    // They also fill the square: most cells have a line.
    expect(owners.size).toBeGreaterThan(0.6 * cells * cells);
  });

  it('runs along the field and knows its speed', () => {
    const field = bilinearField(wavy);
    const lines = streamlinesOf(wavy, { cells: 20, slowest: 0.01 });
    const out = new Float64Array(2);
    for (const line of linesOf(lines)) {
      for (let i = 0; i + 3 < line.length; i += 2) {
        const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = line.subarray(i, i + 4);
        field((x0 + x1) / 2, (y0 + y1) / 2, out);
        const along =
          (out[0]! * (x1 - x0) + out[1]! * (y1 - y0)) / (Math.hypot(...out) * Math.hypot(x1 - x0, y1 - y0));
        // A step is a quarter of a cell: the direction turns little within it.
        expect(along).toBeGreaterThan(0.97);
      }
    }
    lines.speeds.forEach((speed, i) => {
      field(lines.points[2 * i]!, lines.points[2 * i + 1]!, out);
      expect(speed).toBeCloseTo(Math.hypot(...out), 4);
    });
  });

  it('closes no circle twice', () => {
    const lines = linesOf(streamlinesOf(gridOf(rotation), { cells: 16, slowest: 1e-3 }));
    for (const line of lines) {
      let turned = 0;
      for (let i = 0; i + 3 < line.length; i += 2) {
        const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = line.subarray(i, i + 4);
        turned += Math.atan2(x0 * y1 - y0 * x1, x0 * x1 + y0 * y1);
        expect(Math.hypot(x1, y1)).toBeCloseTo(Math.hypot(x0, y0), 3);
      }
      expect(turned).toBeGreaterThan(0);
      // One turn, and at most the one cell in which it began.
      expect(turned).toBeLessThan(2 * Math.PI + 2);
    }
  });

  it('draws nothing of a field that stands still', () => {
    const still = streamlinesOf(
      gridOf(() => [0, 0]),
      { cells: 10, slowest: 1e-6 },
    );
    expect(still.starts).toHaveLength(1);
    expect(piecesOf(still).pieces).toHaveLength(0);
  });
});

it('pieces join up to lines, each with a head along it', () => {
  const lines = streamlinesOf(
    gridOf(() => [1, 0]),
    { cells: 8, slowest: 0 },
  );
  const { pieces, values, heads, headValues } = piecesOf(lines);
  const count = lines.starts.length - 1;
  expect(pieces.length / 4).toBe(lines.speeds.length - count);
  expect(values.length).toBe(pieces.length / 2);
  expect(headValues).toHaveLength(count);
  for (let line = 0; line < count; line += 1) {
    expect(heads[4 * line + 2]).toBeGreaterThan(0);
    expect(heads[4 * line + 3]).toBeCloseTo(0, 12);
  }
});
