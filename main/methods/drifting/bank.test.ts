import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../tensor/rng.ts';
import { type LabelledPoints, SampleBank, SteppedBank } from './bank.ts';

/** Points on a line, which say who they are. */
const onLine = (values: readonly number[], labels?: readonly number[]): LabelledPoints => ({
  points: Float32Array.from(values),
  ...(labels ? { labels } : {}),
});
const numbers = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i);
const sorted = (values: ArrayLike<number>): number[] => Array.from(values).sort((a, b) => a - b);

describe('check 38: the bank', () => {
  it('keeps the newest points of each class, in their order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 9 }), { maxLength: 8 }),
        (capacity, pushes) => {
          const bank = new SampleBank({ capacity, dim: 1, classes: 3 });
          const all: number[][] = [[], [], []];
          let next = 0;
          for (const labels of pushes) {
            const values = numbers(labels.length, next);
            next += labels.length;
            bank.push(onLine(values, labels));
            labels.forEach((label, i) => all[label]!.push(values[i]!));
          }
          // A ring is its last `capacity` points: those of other classes do not touch it.
          all.forEach((pushed, label) => {
            const newest = pushed.slice(-capacity);
            expect([...bank.points(label)]).toEqual(newest);
            expect(bank.count(label)).toBe(newest.length);
          });
          expect(bank.isFull).toBe(all.every((pushed) => pushed.length >= capacity));
        },
      ),
    );
  });

  it('keeps all numbers of a point together', () => {
    const bank = new SampleBank({ capacity: 2, dim: 3 });
    bank.push({ points: Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9]) });
    expect([...bank.points()]).toEqual([4, 5, 6, 7, 8, 9]);
    const drawn = [...bank.draw(new Rng(1, 'draw'), 2)];
    expect([drawn.slice(0, 3), drawn.slice(3)].sort((a, b) => a[0]! - b[0]!)).toEqual([
      [4, 5, 6],
      [7, 8, 9],
    ]);
  });

  it('draws none twice while it holds enough, and with repetition where it does not', () => {
    const bank = new SampleBank({ capacity: 8, dim: 1 });
    bank.push(onLine(numbers(20)));
    const held = numbers(8, 12);
    for (let step = 1; step <= 50; step++) {
      const rng = new Rng(3, 'draw', step);
      expect(sorted(bank.draw(rng.at(step), 8))).toEqual(held);
      const five = bank.draw(rng.at(step), 5);
      expect(new Set(five).size).toBe(5);
      const many = bank.draw(rng.at(step), 30);
      expect(many.length).toBe(30);
      for (const value of [...five, ...many]) expect(held).toContain(value);
    }
  });

  it.each([3, 24])('draws %i of 8 points alike often', (count) => {
    const bank = new SampleBank({ capacity: 8, dim: 1 });
    bank.push(onLine(numbers(8)));
    const draws = 4000;
    const counts = new Array<number>(8).fill(0);
    for (let step = 0; step < draws; step++) {
      for (const value of bank.draw(new Rng(4, 'draw', step), count)) counts[value]! += 1;
    }
    // Binomial at most: five standard deviations of sqrt(draws count / 8).
    const expected = (draws * count) / 8;
    for (const found of counts) expect(Math.abs(found - expected)).toBeLessThan(5 * Math.sqrt(expected));
  });

  it('draws from the class that is asked for alone', () => {
    const bank = new SampleBank({ capacity: 4, dim: 1, classes: 3 });
    bank.push(
      onLine(
        numbers(30),
        numbers(30).map((i) => i % 2),
      ),
    );
    for (const label of [0, 1]) {
      const drawn = bank.draw(new Rng(5, 'draw'), 12, label);
      expect([...drawn].every((value) => value % 2 === label && value >= 22)).toBe(true);
    }
    expect(() => bank.draw(new Rng(5, 'draw'), 1, 2)).toThrow(/class 2 .* empty/);
    expect(() => bank.points(3)).toThrow(/below 3, found 3/);
  });
});

describe('check 38: the bank of a run', () => {
  /** Ten points a step: class 2 is rare, and class 1 comes only now and then. */
  const pushedAt = (step: number): LabelledPoints => {
    const rng = new Rng(6, 'push', step);
    const labels = numbers(10).map(() => (rng.uniform() < 0.02 ? 2 : step % 7 === 0 ? 1 : 0));
    return onLine(
      labels.map((_, i) => 10 * step + i),
      labels,
    );
  };
  const fresh = (): SteppedBank =>
    new SteppedBank(() => new SampleBank({ capacity: 12, dim: 1, classes: 3 }), pushedAt);
  const contentOf = (bank: SampleBank): number[][] => [0, 1, 2].map((label) => [...bank.points(label)]);

  it('is at every step what pushing from the first one gives, wherever it begins', () => {
    const whole = new SampleBank({ capacity: 12, dim: 1, classes: 3 });
    const going = fresh();
    for (let step = 1; step <= 120; step++) {
      whole.push(pushedAt(step));
      const expected = contentOf(whole);
      expect(contentOf(going.at(step))).toEqual(expected);
      if (step % 17 === 0 || step < 4) {
        const resumed = fresh().at(step);
        expect(contentOf(resumed)).toEqual(expected);
        const draw = (bank: SampleBank) => bank.draw(new Rng(7, 'draw', step), 5, 0);
        expect(draw(resumed)).toEqual(draw(going.at(step)));
      }
    }
    expect(whole.count(2)).toBeGreaterThan(0);
  });

  it('is the same when a step is done again, or one before it', () => {
    const bank = fresh();
    const [ninth, fortieth] = [contentOf(bank.at(9)), contentOf(bank.at(40))];
    expect(contentOf(bank.at(40))).toEqual(fortieth);
    expect(contentOf(bank.at(9))).toEqual(ninth);
    expect(contentOf(bank.at(10))).toEqual(contentOf(fresh().at(10)));
  });

  it('looks back no further than it takes to fill it', () => {
    const asked: number[] = [];
    const bank = new SteppedBank(
      () => new SampleBank({ capacity: 12, dim: 1 }),
      (step) => {
        asked.push(step);
        return onLine(numbers(10, 10 * step));
      },
    );
    expect([...bank.at(1000).points()]).toEqual(numbers(12, 10_010 - 12));
    expect(asked).toEqual([1000, 999]);
  });
});
