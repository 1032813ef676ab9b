import { describe, expect, it } from 'vitest';
import { History } from '../state/history.svelte.ts';
import type { Workbench } from '../state/workbench.svelte.ts';
import { Hands } from './hands.svelte.ts';
import { Toasts } from './toasts.svelte.ts';

function handsOn(history: History): Hands {
  return new Hands({ history } as unknown as Workbench, new Toasts());
}

describe('Hands', () => {
  it('undoes one thing at a time, however often it is asked', async () => {
    const history = new History();
    const hands = handsOn(history);
    const undone: string[] = [];
    for (const label of ['first', 'second']) {
      hands.did({
        label,
        undo: async () => {
          await Promise.resolve();
          undone.push(label);
        },
        redo: () => undefined,
      });
    }
    await Promise.all([hands.undo(), hands.undo()]);
    expect(undone).toEqual(['second']);
    await hands.undo();
    expect(undone).toEqual(['second', 'first']);
    expect(hands.canUndo).toBe(false);
    expect(hands.canRedo).toBe(true);
  });

  it('offers to undo only the last thing', () => {
    const hands = handsOn(new History());
    for (const label of ['first', 'second']) {
      hands.did({ label, undo: () => undefined, redo: () => undefined }, { offersUndo: true });
    }
    const offers = hands.toasts.list.filter(({ action }) => action !== null);
    expect(offers.map(({ text }) => text)).toEqual(['second']);
    hands.did({ label: 'third', undo: () => undefined, redo: () => undefined });
    expect(hands.toasts.list.filter(({ action }) => action !== null)).toEqual([]);
  });

  it('shows what did not work, and why', async () => {
    const hands = handsOn(new History());
    const isDone = await hands.attempt('The run was not renamed', () => Promise.reject(new Error('no room')));
    expect(isDone).toBe(false);
    expect(hands.toasts.list).toMatchObject([{ kind: 'error', text: 'The run was not renamed: no room' }]);
  });
});
