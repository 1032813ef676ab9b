import { describe, expect, it } from 'vitest';
import { Rng } from '../../tensor/rng.ts';
import { parseDatasetParams } from '../parse-params.ts';
import { expectAverage } from '../testdata/monte-carlo.ts';
import { checkerboard } from './checkerboard.ts';

const COUNT = 20_000;
const create = (params: object) => checkerboard.create(parseDatasetParams(checkerboard, params));

/** The Drifting notebook: b in {0, 1}, i = 2 {0, 1} + b, j = 2 {0, 1} + b, x = ((i, j) + U^2 - 2) / 2. */
const notebookCells = [0, 1].flatMap((b) => [0, 1].flatMap((i) => [0, 1].map((j) => [2 * i + b, 2 * j + b])));
/** The GMFlow demo: the cells of a 4 x 4 board on [-4, 4]^2 with i + j even. */
const boardCells = [0, 1, 2, 3].flatMap((i) =>
  [0, 1, 2, 3].filter((j) => (i + j) % 2 === 0).map((j) => [i, j]),
);

describe.each([
  { params: { convention: 'notebook', noise: 0 }, halfWidth: 1, cells: notebookCells },
  { params: { convention: 'grid4' }, halfWidth: 4, cells: boardCells },
])('the bare board, $params.convention', ({ params, halfWidth, cells }) => {
  // A coordinate alone is uniform on [-halfWidth, halfWidth], so its std is halfWidth / sqrt(3).
  const unit = halfWidth / Math.sqrt(3);
  const source = create(params);
  const points = source.sample(new Rng(2, 'checkerboard'), COUNT);
  /** A coordinate in cells from the lower left corner. */
  const inCells = (x: number) => (2 * (x * unit + halfWidth)) / halfWidth;
  const cellOf = (i: number) => {
    const at = [inCells(points[2 * i]!), inCells(points[2 * i + 1]!)];
    // float32 moves a point by up to 1e-6 of a cell, at an edge into the next cell.
    return cells.findIndex((cell) =>
      cell.every((corner, j) => at[j]! > corner - 1e-6 && at[j]! < corner + 1 + 1e-6),
    );
  };

  it('fills eight cells equally and nothing else', () => {
    expect(cells).toHaveLength(8);
    const found = Int32Array.from({ length: COUNT }, (_, i) => cellOf(i));
    expect(found).not.toContain(-1);
    for (let cell = 0; cell < 8; cell++) expectAverage(COUNT, (i) => (found[i] === cell ? 1 : 0), 1 / 8);
  });

  it('is uniform within a cell', () => {
    for (const j of [0, 1]) {
      const within = (i: number) => inCells(points[2 * i + j]!) - cells[cellOf(i)]![j]!;
      expectAverage(COUNT, within, 1 / 2);
      expectAverage(COUNT, (i) => within(i) ** 2, 1 / 3);
    }
  });

  it('has its filled cells as modes, one each', () => {
    const middleOf = (corner: number) => (((corner + 0.5) * halfWidth) / 2 - halfWidth) / unit;
    const modeAt = (i: number, j: number) => source.modes!.modeOf([middleOf(i), middleOf(j)], 0);
    expect(new Set(cells.map(([i, j]) => modeAt(i!, j!)))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7]));
    // The empty cells and the surroundings of the board.
    for (let i = -1; i <= 4; i++) {
      for (let j = -1; j <= 4; j++) {
        if (!cells.some(([k, l]) => k === i && l === j)) expect(modeAt(i, j)).toBe(-1);
      }
    }
    for (const share of source.modes!.shares) expect(share).toBeCloseTo(1 / 8, 12);
  });
});

it('leaves 0.854 of its mass in the cells as the notebook draws it', () => {
  const { shares } = create({}).modes!;
  // Measured with another program on 5000 points: one standard error is 0.005.
  expect(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 0.854)).toBeLessThan(0.015);
  // The share that stays is (1 - 2 * 0.1 * phi(0))^2 = 0.8468 with noise of 0.1 cells; what jumps over
  // a corner adds (0.1 phi(0))^2 = 0.0016 for each of 1 to 4 diagonal neighbours.
  const stays = (1 - 0.2 / Math.sqrt(2 * Math.PI)) ** 2;
  const jumps = 0.01 / (2 * Math.PI);
  const inEighths = Array.from(shares, (share) => share * 8).sort((a, b) => a - b);
  const neighbours = [1, 1, 2, 2, 2, 2, 4, 4];
  inEighths.forEach((share, k) => expect(share).toBeCloseTo(stays + neighbours[k]! * jumps, 6));
});

it('adds noise in the notebook convention only', () => {
  const draw = (params: object) => create(params).sample(new Rng(3, 'checkerboard'), 8);
  expect(draw({ convention: 'grid4', noise: 0.5 })).toEqual(draw({ convention: 'grid4', noise: 0 }));
  expect(draw({ convention: 'notebook', noise: 0.5 })).not.toEqual(
    draw({ convention: 'notebook', noise: 0 }),
  );
});
