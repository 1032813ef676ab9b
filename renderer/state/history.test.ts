import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { History } from './history.svelte.ts';

fc.configureGlobal({ seed: 20261122 });

/** A document that is a number, and things that are done to it. */
function counting() {
  const history = new History();
  const at = { value: 0 };
  return {
    history,
    at,
    add(by: number): void {
      at.value += by;
      history.push({
        label: `Added ${by}`,
        undo: () => void (at.value -= by),
        redo: () => void (at.value += by),
      });
    },
  };
}

describe('History', () => {
  it('undoes everything in order to where it began, and redoes it to where it was', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer(), { maxLength: 20 }), async (amounts) => {
        const { history, at, add } = counting();
        const seen = amounts.map((amount) => {
          add(amount);
          return at.value;
        });
        for (const value of seen.toReversed()) {
          expect(at.value).toBe(value);
          await history.undo();
        }
        expect(at.value).toBe(0);
        expect(history.next).toBeNull();
        for (const value of seen) {
          await history.redo();
          expect(at.value).toBe(value);
        }
        expect(history.nextRedo).toBeNull();
      }),
    );
  });

  it('forgets what was undone once something else is done', async () => {
    const { history, add, at } = counting();
    add(1);
    await history.undo();
    add(5);
    expect(history.nextRedo).toBeNull();
    await history.redo();
    expect(at.value).toBe(5);
  });

  it('keeps a thing that could not be undone', async () => {
    const history = new History();
    const thing = { label: 'x', undo: () => Promise.reject(new Error('no')), redo: () => undefined };
    history.push(thing);
    await expect(history.undo()).rejects.toThrow('no');
    expect(history.next).toBe(thing);
    expect(history.nextRedo).toBeNull();
  });

  it('keeps the newest hundred', async () => {
    const { history, add, at } = counting();
    for (let i = 0; i < 130; i += 1) add(1);
    while (history.next !== null) await history.undo();
    expect(at.value).toBe(30);
  });
});
