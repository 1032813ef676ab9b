import { flushSync } from 'svelte';
import { expect, it, onTestFinished, vi } from 'vitest';
import { Gathered } from './gathered.svelte.ts';

it('tells readers of all that came in 100 ms at once, and of what is published straight away', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const gathered = new Gathered<number>();
  const seen: number[] = [];
  onTestFinished(
    $effect.root(() => {
      $effect(() => void seen.push(gathered.size));
    }),
  );
  flushSync();
  for (let i = 0; i < 500; i += 1) gathered.put(`w${i}`, i);
  flushSync();
  expect([seen, gathered.has('w499')]).toEqual([[0], true]);
  vi.advanceTimersByTime(100);
  flushSync();
  gathered.put('last', 500);
  gathered.publish();
  flushSync();
  vi.advanceTimersByTime(1000);
  flushSync();
  expect(seen).toEqual([0, 500, 501]);
  expect(gathered.get('last')).toBe(500);
});
