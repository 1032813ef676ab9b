import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ContextLife } from './context-life.svelte.ts';

/** Longer than any browser is waited for. */
const aWhileMs = 60_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a lost context that stays away asks for another canvas', () => {
  const life = new ContextLife();
  life.status = 'ready';
  life.lost();
  expect([life.status, life.generation]).toEqual(['lost', 0]);
  vi.advanceTimersByTime(aWhileMs);
  expect([life.status, life.generation]).toEqual(['loading', 1]);
});

test('a context that comes back keeps its canvas', () => {
  const life = new ContextLife();
  life.lost();
  life.restored();
  vi.advanceTimersByTime(aWhileMs);
  expect([life.status, life.generation]).toEqual(['ready', 0]);
});

test('a canvas that was taken down while its context was lost asks for nothing', () => {
  const life = new ContextLife();
  life.lost();
  life.stopWaiting();
  vi.advanceTimersByTime(aWhileMs);
  expect(life.generation).toBe(0);
});
