import { describe, expect, it } from 'vitest';
import { Rng } from '../../tensor/rng.ts';
import type { Draw, PointSource } from '../method.ts';
import { classGroups } from './class-groups.ts';
import { normalQuantiles } from './choices.ts';
import { params } from './params.ts';

const CLASSES = 5;

/** Points that say their class before the point, and never repeat behind it; some are of no class. */
const source: PointSource = {
  sample: (rng, count) => source.labelled!(rng, count).values,
  labelled(rng, count) {
    const labels = Float32Array.from({ length: count }, () => rng.int(CLASSES + 1));
    return { values: labels.map((label) => label + 0.5 * rng.uniform()), labels };
  },
};

const groupsOf = (more: Record<string, unknown>) =>
  classGroups(params.parse({ batch: 20, conditional: true, ...more }), 1, CLASSES);

function made(draw: Draw | undefined, name: string): (step: number) => Float32Array {
  if (draw?.kind !== 'made') throw new Error('expected a draw that the method makes');
  return draw.make(source, new Rng(4, `draw/${name}`));
}

describe.each([
  ['all classes, fresh', {}],
  ['three classes, fresh', { groups: 3 }],
  ['three classes from a bank', { groups: 3, bank: 20, fresh: 4, positives: 12 }],
])('%s', (_, more) => {
  it('gives every class of a step data of its own', () => {
    const { draws, count, positives } = groupsOf(more);
    const [labelsAt, dataAt] = [made(draws['labels'], 'labels'), made(draws['data'], 'data')];
    for (const step of [1, 2, 3, 9]) {
      const [labels, data] = [labelsAt(step), dataAt(step)];
      expect(new Set(labels).size).toBe(count);
      expect(data).toHaveLength(count * positives);
      data.forEach((point, i) => expect(Math.floor(point)).toBe(labels[Math.floor(i / positives)]));
    }
  });

  it('gives a step the same data in whatever order steps are asked for', () => {
    const { draws } = groupsOf(more);
    const inOrder = made(draws['data'], 'data');
    const all = [1, 2, 3, 4, 5, 6, 7].map((step) => inOrder(step).slice());
    const resumed = made(draws['data'], 'data');
    expect(resumed(6)).toEqual(all[5]);
    expect(resumed(7)).toEqual(all[6]);
    expect(resumed(2)).toEqual(all[1]);
  });
});

it('brings no more new data a step than its classes take, however many there are', () => {
  const counts: number[] = [];
  const counted: PointSource = {
    sample: (rng, count) => source.sample(rng, count),
    labelled(rng, count) {
      counts.push(count);
      return source.labelled!(rng, count);
    },
  };
  const { draws, positives, count } = groupsOf({ groups: 2 });
  const draw = draws['data'];
  if (draw?.kind !== 'made') throw new Error('expected a draw that the method makes');
  const dataAt = draw.make(counted, new Rng(4, 'draw/data'));
  // The first step fills the bank; what comes after it brings its own.
  dataAt(1);
  counts.length = 0;
  for (const step of [2, 3, 4]) dataAt(step);
  expect(counts).toEqual(new Array(3).fill(2 * positives * count));
});

it('draws guidance within its range, and none for the share without', () => {
  const alphas = (unguidedShare: number) => {
    const { draws } = groupsOf({ unconditional: 2, unguidedShare });
    const at = made(draws['alpha'], 'alpha');
    return [1, 2, 3, 4, 5, 6].flatMap((step) => [...at(step)]);
  };
  expect(alphas(0).every((alpha) => alpha > 1 && alpha <= 4)).toBe(true);
  expect(alphas(1).every((alpha) => alpha === 1)).toBe(true);
});

it('refuses a batch that is too small for its classes', () => {
  expect(() => groupsOf({ batch: 9 })).toThrow('params.batch: expected at least 10');
});

it('says which class data does not have', () => {
  const { draws } = classGroups(params.parse({ batch: 20 }), 1, CLASSES + 2);
  // Labels stop at 5, which is now a class of its own.
  expect(() => made(draws['data'], 'data')(1)).toThrow('found none of class 6');
});

it('cuts a normal into parts of equal mass', () => {
  expect(normalQuantiles(2)[0]).toBeCloseTo(0, 12);
  // The quartiles and the 2.5 % point of the tables.
  expect(normalQuantiles(4)[2]).toBeCloseTo(0.6744897501960817, 12);
  expect(normalQuantiles(40)[0]).toBeCloseTo(-1.959963984540054, 12);
});
