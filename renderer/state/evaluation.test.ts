import { describe, expect, it } from 'vitest';
import { WorkbenchError } from '#contract/errors.ts';
import type { CallOutput, CancelSignal, WorkbenchClient } from '#contract/workbench.ts';
import { Evaluation } from './evaluation.svelte.ts';

interface Asked {
  signal: CancelSignal | undefined;
  resolve: (value: CallOutput<'runs.evaluate'>) => void;
  reject: (error: unknown) => void;
}

/** A client whose answers a test gives by hand. */
function clientOf(asked: Asked[]): WorkbenchClient {
  return {
    call: (_name: string, _input: unknown, signal?: CancelSignal) =>
      new Promise((resolve, reject) => {
        asked.push({ signal, resolve: resolve as Asked['resolve'], reject });
      }),
    listen: () => () => undefined,
  } as WorkbenchClient;
}

const answer = (value: number): CallOutput<'runs.evaluate'> => ({
  results: [{ nfe: 1, metrics: { energyDistance: value } }],
});

describe('Evaluation', () => {
  it('keeps an answer with what was asked', async () => {
    const asked: Asked[] = [];
    const evaluation = new Evaluation();
    const done = evaluation.measure(clientOf(asked), { run: 'a', nfe: [1], count: 500 }, 120);
    expect(evaluation.isRunning).toBe(true);
    asked[0]?.resolve(answer(0.5));
    await done;
    expect(evaluation.isRunning).toBe(false);
    expect(evaluation.last).toEqual({
      request: { run: 'a', nfe: [1], count: 500 },
      step: 120,
      results: answer(0.5).results,
    });
  });

  it('hears only the newest question and withdraws the one before', async () => {
    const asked: Asked[] = [];
    const client = clientOf(asked);
    const evaluation = new Evaluation();
    const first = evaluation.measure(client, { run: 'a' }, 1);
    const second = evaluation.measure(client, { run: 'b' }, 2);
    expect(asked[0]?.signal?.aborted).toBe(true);
    asked[1]?.resolve(answer(2));
    asked[0]?.resolve(answer(1));
    await Promise.all([first, second]);
    expect(evaluation.last?.request.run).toBe('b');
  });

  it('says what went wrong and keeps what it had', async () => {
    const asked: Asked[] = [];
    const client = clientOf(asked);
    const evaluation = new Evaluation();
    const first = evaluation.measure(client, { run: 'a' }, 1);
    asked[0]?.resolve(answer(1));
    await first;
    const second = evaluation.measure(client, { run: 'a', nfe: [3] }, 1);
    asked[1]?.reject(new WorkbenchError('sampler/wrong-nfe', 'nfe: expected an even number, found 3'));
    await second;
    expect(evaluation.error?.code).toBe('sampler/wrong-nfe');
    expect(evaluation.last?.results).toEqual(answer(1).results);
    expect(evaluation.isRunning).toBe(false);
  });

  it('that was cancelled shows nothing', async () => {
    const asked: Asked[] = [];
    const evaluation = new Evaluation();
    const done = evaluation.measure(clientOf(asked), { run: 'a' }, 1);
    evaluation.cancel();
    expect(evaluation.isRunning).toBe(false);
    asked[0]?.reject(new WorkbenchError('rpc/cancelled', 'cancelled'));
    await done;
    expect(evaluation.error).toBeNull();
    expect(evaluation.last).toBeNull();
  });
});
