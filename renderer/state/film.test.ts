import fc from 'fast-check';
import { flushSync } from 'svelte';
import { describe, expect, it, vi } from 'vitest';
import { createClient } from '#contract/rpc/client.ts';
import type { FilmIndex } from '#contract/frames.ts';
import { FakeEngine } from '../testing/fake-engine.ts';
import { Film } from './film.svelte.ts';
import { TrainingTime } from './training-time.svelte.ts';

fc.configureGlobal({ seed: 20261122 });

function indexOf(steps: readonly number[]): FilmIndex {
  return {
    run: 'a',
    steps: Float64Array.from(steps),
    count: 2,
    dim: 2,
    times: Float32Array.of(1, 0),
    nfe: 1,
  };
}

/** A film whose frame of step s has all positions equal to s, except the end points, which are -s. */
async function opened(steps: readonly number[]) {
  const engine = new FakeEngine();
  const asked: number[] = [];
  let known = steps;
  engine.filmPages = async (run, from, count) => {
    asked.push(from);
    const page = known.slice(from, from + count);
    const positions = Float32Array.from(page.flatMap((s) => [s, s, -s, -s, s, s, -s, -s]));
    return { run, from, steps: Float64Array.from(page), positions };
  };
  const film = new Film(createClient(engine.open()), 'a');
  const tell = async (now: readonly number[]): Promise<void> => {
    known = now;
    engine.films[0]!.feed.push(indexOf(now));
    await vi.waitUntil(() => String(film.steps) === String(now) && film.index !== null);
    flushSync();
  };
  await vi.waitUntil(() => engine.films.length > 0);
  await tell(steps);
  return { film, asked, tell };
}

const tens = (count: number): number[] => Array.from({ length: count }, (_, i) => 10 * i);

describe('a film', () => {
  it('fetches the page that is looked at and the next, once', async () => {
    const { film, asked } = await opened(tens(40));
    film.want(9);
    film.want(10);
    await vi.waitUntil(() => film.frame(9) !== null && film.frame(16) !== null);
    expect(asked).toEqual([8, 16]);
    expect(film.frame(9)?.step).toBe(90);
    expect(film.frame(0)).toBeNull();
  });

  it('gives a frame in the shapes of the live views', async () => {
    const { film } = await opened(tens(4));
    film.want(2);
    await vi.waitUntil(() => film.frame(2) !== null);
    const frame = film.frame(2)!;
    expect(frame.trajectories).toMatchObject({ run: 'a', kind: 'trajectories', step: 20, count: 2, dim: 2 });
    expect(frame.trajectories.arrays['positions']).toEqual(
      Float32Array.of(20, 20, -20, -20, 20, 20, -20, -20),
    );
    expect(frame.samples.arrays['points']).toEqual(Float32Array.of(-20, -20, -20, -20));
  });

  it('takes in the frames that a run adds to a page that was read before', async () => {
    const { film, tell } = await opened(tens(4));
    film.want(3);
    await vi.waitUntil(() => film.frame(3) !== null);
    await tell(tens(7));
    film.want(6);
    await vi.waitUntil(() => film.frame(6) !== null);
    expect(film.frame(6)?.step).toBe(60);
    expect(film.frame(3)?.step).toBe(30);
  });

  it('forgets frames that a resumed run has taken back', async () => {
    const { film, tell } = await opened(tens(4));
    film.want(3);
    await vi.waitUntil(() => film.frame(3) !== null);
    await tell([0, 10]);
    expect(film.frame(3)).toBeNull();
    expect(film.frame(0)).toBeNull();
  });

  it('has the newest frame not after a step', async () => {
    const { film } = await opened(tens(5));
    expect([-5, 0, 9, 10, 39, 40, 1000].map((step) => film.positionAt(step))).toEqual([0, 0, 0, 1, 3, 4, 4]);
    expect((await opened([])).film.positionAt(3)).toBe(-1);
  });
});

describe('training time', () => {
  it('shows only steps of the film, and never moves while a person holds it', () => {
    const command = fc.oneof(
      fc.record({ kind: fc.constant('advance' as const), by: fc.double({ min: 0, max: 5, noNaN: true }) }),
      fc.record({ kind: fc.constant('toggle' as const), by: fc.constant(0) }),
      fc.record({ kind: fc.constant('move' as const), by: fc.integer({ min: -9, max: 9 }) }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.array(command, { maxLength: 40 }), (frames, script) => {
        const steps = Float64Array.from(tens(frames));
        const time = new TrainingTime();
        for (const { kind, by } of script) {
          const before = time.step;
          const wasPlaying = time.isPlaying;
          if (kind === 'advance') time.advance(by, steps);
          else if (kind === 'toggle') time.toggle(steps);
          else time.move(by, steps);
          if (kind === 'advance' && !wasPlaying) expect(time.step).toBe(before);
          if (time.step !== null) expect(steps).toContain(time.step);
        }
      }),
    );
  });

  it('plays a film from its beginning to its end in order', () => {
    const steps = Float64Array.from(tens(12));
    const time = new TrainingTime();
    time.toggle(steps);
    const seen = [time.step];
    for (let i = 0; i < 200 && seen.at(-1) !== 110; i += 1) {
      time.advance(0.1, steps);
      if (time.step !== seen.at(-1)) seen.push(time.step);
    }
    expect(seen).toEqual([...steps]);
  });

  it('follows training until somebody sets it', () => {
    const time = new TrainingTime();
    expect(time.step).toBeNull();
    time.seek(17);
    expect([time.step, time.isPlaying]).toEqual([17, false]);
    time.follow();
    expect(time.step).toBeNull();
  });
});
