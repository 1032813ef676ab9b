import { describe, expect, it } from 'vitest';
import type { CallInput, WorkbenchClient } from '#contract/workbench.ts';
import { runSummary } from '../testing/fake-engine.ts';
import { ImageEvaluation, imageEvaluationOf } from './image-evaluation.svelte.ts';

function clientOf(
  spaces: Record<string, readonly string[]>,
  asked: CallInput<'runs.evaluate'>[] = [],
): WorkbenchClient {
  const call = async (name: string, input: { run: string }) => {
    if (name === 'runs.spaces') {
      const found = spaces[input.run];
      if (found === undefined) throw new Error('no such run');
      return found.map((id) => ({ id, title: id }));
    }
    asked.push(input as CallInput<'runs.evaluate'>);
    return { results: [] };
  };
  return { call: call as unknown as WorkbenchClient['call'], listen: () => () => undefined };
}

describe('ImageEvaluation', () => {
  it('asks in the chosen space, with a reference only where one is chosen', async () => {
    const asked: CallInput<'runs.evaluate'>[] = [];
    const client = clientOf({}, asked);
    const evaluation = new ImageEvaluation();
    const run = runSummary('a');
    await evaluation.measure(client, run, [1, 2]);
    evaluation.space = 'encoder:e';
    evaluation.reference = 'training';
    await evaluation.measure(client, run, [1]);
    expect(asked).toEqual([
      { run: 'a', nfe: [1, 2], count: 1000, space: 'pixels' },
      { run: 'a', nfe: [1], count: 1000, space: 'encoder:e', reference: 'training' },
    ]);
  });

  it('offers what the engine names, and forgets a choice that the next run has not', async () => {
    const client = clientOf({ a: ['pixels', 'encoder:e'], b: ['pixels'] });
    const evaluation = new ImageEvaluation();
    await evaluation.look(client, 'a');
    expect(evaluation.spaces.map(({ id }) => id)).toEqual(['pixels', 'encoder:e']);
    evaluation.space = 'encoder:e';
    await evaluation.look(client, 'a');
    expect(evaluation.space).toBe('encoder:e');
    await evaluation.look(client, 'b');
    expect(evaluation.space).toBe('pixels');
  });

  it('has pixels whatever happens', async () => {
    const evaluation = new ImageEvaluation();
    await evaluation.look(clientOf({}), 'gone');
    expect(evaluation.spaces).toEqual([{ id: 'pixels', title: 'Pixels' }]);
  });

  it('hears only of the run that it looked at last', async () => {
    let answer: (value: unknown) => void = () => undefined;
    const slow = { call: () => new Promise((resolve) => (answer = resolve)) } as unknown as WorkbenchClient;
    const evaluation = new ImageEvaluation();
    const first = evaluation.look(slow, 'a');
    await evaluation.look(clientOf({ b: ['pixels', 'encoder:b'] }), 'b');
    answer([{ id: 'encoder:a', title: 'a' }]);
    await first;
    expect(evaluation.spaces.map(({ id }) => id)).toEqual(['pixels', 'encoder:b']);
  });

  it('keeps at least one number of evaluations', () => {
    const evaluation = new ImageEvaluation();
    evaluation.toggle(1);
    expect(evaluation.nfe).toEqual([1]);
    evaluation.toggle(8);
    evaluation.toggle(2);
    evaluation.toggle(1);
    expect(evaluation.nfe).toEqual([2, 8]);
  });

  it('is one for each pane', () => {
    const pane = {};
    expect(imageEvaluationOf(pane)).toBe(imageEvaluationOf(pane));
    expect(imageEvaluationOf({})).not.toBe(imageEvaluationOf(pane));
  });
});
