import { expect, it } from 'vitest';
import { BetweenSteps } from './between-steps.ts';

it('does one work after another, in the order they were asked for', async () => {
  const between = new BetweenSteps();
  const done: string[] = [];
  const work = (name: string) => async (): Promise<string> => {
    done.push(`${name} begins`);
    await Promise.resolve();
    done.push(`${name} ends`);
    return name;
  };
  expect(await Promise.all([between.do(work('a')), between.do(work('b'))])).toEqual(['a', 'b']);
  expect(done).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
});

it('has a step wait for the newest work, and for none when all is done', async () => {
  const between = new BetweenSteps();
  expect(between.turn).toBeNull();
  let finish = (): void => undefined;
  const first = between.do(() => new Promise<void>((resolve) => (finish = resolve)));
  let isDone = false;
  const second = between.do(async () => {
    await Promise.resolve();
    isDone = true;
  });
  const { turn } = between;
  await Promise.resolve();
  finish();
  await turn;
  expect(isDone).toBe(true);
  await Promise.all([first, second]);
  expect(between.turn).toBeNull();
});

it('fails for whoever asked, and goes on for the others', async () => {
  const between = new BetweenSteps();
  const failing = between.do(() => Promise.reject(new Error('a view without data')));
  const next = between.do(() => Promise.resolve('next'));
  const { turn } = between;
  await expect(failing).rejects.toThrow('a view without data');
  await expect(turn).resolves.toBeUndefined();
  expect(await next).toBe('next');
});
