import { describe, expect, it } from 'vitest';
import { type LoopOptions, type Outcome, type Wish, trainLoop } from './loop.ts';
import type { StepReport, Trainer } from './trainer.ts';

interface Script {
  /** Steps done before the loop begins. */
  readonly from?: number;
  /** Step that is not good. */
  readonly badAt?: number;
  /** What a person wants when `step` steps are done; asked in order, the last one stays. */
  readonly wishes?: (step: number) => Wish;
  readonly options?: Partial<LoopOptions>;
  /** Step before which something else has its turn. */
  readonly turnBefore?: number;
  /** Fails when it is called. */
  readonly failing?: 'checkpoint' | 'evaluate';
}

interface Told {
  readonly outcome: Outcome;
  /** Everything that happened outside, in order: `step 1`, `record 1 loss`, `checkpoint 3`, ... */
  readonly events: string[];
}

const OPTIONS: LoopOptions = {
  steps: 10,
  checkpointEvery: 100,
  evalEvery: 0,
  recordEvery: 100,
  filmEvery: 0,
};

async function looped({
  from = 0,
  badAt,
  wishes = () => 'go',
  options,
  turnBefore,
  failing,
}: Script): Promise<Told> {
  const events: string[] = [];
  let step = from;
  const trainer = {
    get step() {
      return step;
    },
    advance(): Promise<StepReport> {
      const isGood = step + 1 !== badAt;
      const report = { step: step + 1, scalars: { loss: isGood ? 1 / (step + 1) : NaN }, isGood };
      if (isGood) step += 1;
      return Promise.resolve(report);
    },
  } as unknown as Trainer;
  let turns = 0;
  async function taken(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    events.push(`turn ${++turns}`);
  }
  const outcome = await trainLoop(
    trainer,
    { ...OPTIONS, ...options },
    {
      wish: () => wishes(step),
      whilePaused: async () => void events.push(`paused ${step}`),
      turn: () => (step + 1 === turnBefore ? taken() : null),
      onStep: (report) => void events.push(`step ${report.step}`),
      record: (at, scalars) => void events.push(`record ${at} ${Object.keys(scalars).join(' ')}`),
      evaluate: async () => {
        events.push(`evaluate ${step}`);
        if (failing === 'evaluate') throw new Error('no samples');
        return { energyDistance: 0.1 };
      },
      film: async () => void events.push(`film ${step}`),
      checkpoint: async () => {
        if (failing === 'checkpoint') throw new Error('disk full');
        events.push(`checkpoint ${step}`);
      },
    },
  );
  return { outcome, events };
}

const of = (events: string[], kind: string): number[] =>
  events.filter((event) => event.startsWith(`${kind} `)).map((event) => Number(event.split(' ')[1]));

describe('trainLoop', () => {
  it('does every step, measures the last and saves it', async () => {
    const { outcome, events } = await looped({ options: { steps: 3 } });
    expect(outcome).toEqual({ type: 'finished', step: 3 });
    expect(events).toEqual([
      'step 1',
      'record 1 loss',
      'step 2',
      'step 3',
      'evaluate 3',
      'record 3 loss energyDistance',
      'checkpoint 3',
    ]);
  });

  it('goes on from where the trainer is', async () => {
    const { outcome, events } = await looped({ from: 8 });
    expect(outcome).toEqual({ type: 'finished', step: 10 });
    expect(of(events, 'step')).toEqual([9, 10]);
  });

  it('does nothing when all steps are done', async () => {
    const { outcome, events } = await looped({ from: 10 });
    expect(outcome).toEqual({ type: 'finished', step: 10 });
    expect(events).toEqual([]);
  });

  it.each([
    [1, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
    [4, [4, 8, 10]],
    [5, [5, 10]],
    [11, [10]],
  ])('saves every %i steps and at the end, each once', async (checkpointEvery, expected) => {
    const { events } = await looped({ options: { checkpointEvery } });
    expect(of(events, 'checkpoint')).toEqual(expected);
  });

  it.each([
    [0, []],
    [3, [0, 3, 6, 9, 10]],
    [5, [0, 5, 10]],
  ])('films the beginning, every %i steps and the end', async (filmEvery, expected) => {
    const { events } = await looped({ options: { filmEvery } });
    expect(of(events, 'film')).toEqual(expected);
  });

  it('films the beginning once, not where it goes on', async () => {
    const { events } = await looped({ from: 6, options: { filmEvery: 2 } });
    expect(of(events, 'film')).toEqual([8, 10]);
  });

  it.each([
    [0, [10]],
    [3, [3, 6, 9, 10]],
    [5, [5, 10]],
  ])('measures every %i steps and at the end', async (evalEvery, expected) => {
    const { events } = await looped({ options: { evalEvery } });
    expect(of(events, 'evaluate')).toEqual(expected);
    // What was measured is recorded with the scalars of its step.
    expect(events.filter((event) => event.endsWith('energyDistance'))).toEqual(
      expected.map((step) => `record ${step} loss energyDistance`),
    );
  });

  it.each([
    [1, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
    [4, [1, 4, 8, 10]],
  ])('records the first step, every %i and the last', async (recordEvery, expected) => {
    const { events } = await looped({ options: { recordEvery } });
    expect(of(events, 'record')).toEqual(expected);
  });

  it('records what leads up to a checkpoint before it', async () => {
    const { events } = await looped({ options: { checkpointEvery: 2, recordEvery: 2 } });
    expect(events.indexOf('record 2 loss')).toBeLessThan(events.indexOf('checkpoint 2'));
  });

  it('stops with a checkpoint when that is wished', async () => {
    const { outcome, events } = await looped({ wishes: (step) => (step >= 4 ? 'stop' : 'go') });
    expect(outcome).toEqual({ type: 'stopped', step: 4 });
    expect(of(events, 'step')).toEqual([1, 2, 3, 4]);
    expect(events.at(-1)).toBe('checkpoint 4');
  });

  it('saves nothing twice: stopped right after a checkpoint, or before the first step', async () => {
    const after = await looped({
      wishes: (step) => (step >= 4 ? 'stop' : 'go'),
      options: { checkpointEvery: 4 },
    });
    expect(of(after.events, 'checkpoint')).toEqual([4]);
    const before = await looped({ from: 4, wishes: () => 'stop' });
    expect(before).toEqual({ outcome: { type: 'stopped', step: 4 }, events: [] });
  });

  it('pauses with a checkpoint, then goes on', async () => {
    let asked = 0;
    const { outcome, events } = await looped({
      wishes: (step) => (step === 2 && asked++ < 2 ? 'pause' : 'go'),
      options: { steps: 4 },
    });
    expect(outcome).toEqual({ type: 'finished', step: 4 });
    // Asked again when the pause ends: twice here, with one checkpoint.
    expect(events.slice(2, 6)).toEqual(['step 2', 'checkpoint 2', 'paused 2', 'paused 2']);
    expect(of(events, 'step')).toEqual([1, 2, 3, 4]);
  });

  it('can be stopped while it is paused', async () => {
    let asked = 0;
    const { outcome } = await looped({
      wishes: (step) => (step < 3 ? 'go' : asked++ === 0 ? 'pause' : 'stop'),
    });
    expect(outcome).toEqual({ type: 'stopped', step: 3 });
  });

  it('lets something else have its turn between two steps', async () => {
    const { events } = await looped({ turnBefore: 3, options: { steps: 4 } });
    const turns = events.filter((event) => event.startsWith('turn'));
    expect(turns).toEqual(['turn 1']);
    expect(events.indexOf('turn 1')).toBeGreaterThan(events.indexOf('step 2'));
    expect(events.indexOf('turn 1')).toBeLessThan(events.indexOf('step 3'));
  });

  it('ends at a step that is not good, with the last good one saved', async () => {
    const { outcome, events } = await looped({ badAt: 6, options: { recordEvery: 1, evalEvery: 2 } });
    expect(outcome).toEqual({
      type: 'diverged',
      step: 5,
      report: { step: 6, scalars: { loss: NaN }, isGood: false },
    });
    expect(of(events, 'step')).toEqual([1, 2, 3, 4, 5]);
    expect(of(events, 'record')).toEqual([1, 2, 3, 4, 5]);
    expect(events.at(-1)).toBe('checkpoint 5');
  });

  it.each(['checkpoint', 'evaluate'] as const)('hands on what fails in %s', async (failing) => {
    await expect(looped({ failing })).rejects.toThrow(failing === 'evaluate' ? 'no samples' : 'disk full');
  });
});
