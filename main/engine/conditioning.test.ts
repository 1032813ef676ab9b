/** Classes, guidance and noise search, as a client of the engine has them. */
import { describe, expect, it } from 'vitest';
import type { RunConfigInput, RunSummary } from '#contract/runs.ts';
import type { CallInput, WorkbenchClient } from '#contract/workbench.ts';
import { openedEngine, trainedRun } from './testing/opened-engine.ts';

const MODES = 2;

function trained(client: WorkbenchClient, change: Partial<RunConfigInput>): Promise<RunSummary> {
  return trainedRun(client, {
    method: 'teacher',
    dataset: { id: 'bimodal' },
    steps: 400,
    checkpointEvery: 400,
    evalEvery: 0,
    filmFrames: 0,
    executor: 'ort-cpu',
    ...change,
  });
}

const CONDITIONAL = { conditional: true, batch: 256, width: 32, depth: 2, timeChannels: 16 };

/** Share of the samples on the side of a mode: the first is on the left, the second on the right. */
async function shareOf(
  client: WorkbenchClient,
  run: string,
  mode: number,
  view: Partial<CallInput<'views.compute'>['view']>,
): Promise<number> {
  const frame = await client.call('views.compute', {
    run,
    view: { kind: 'samples', count: 500, nfe: 16, ...view } as CallInput<'views.compute'>['view'],
  });
  const points = frame.arrays['points']!;
  const isThere = (x: number): boolean => (mode === 0 ? x < 0 : x > 0);
  return points.filter((value, i) => i % 2 === 0 && isThere(value)).length / frame.count;
}

describe('a conditional teacher', () => {
  it('makes samples of the class that is asked for, and its student after it', async () => {
    const { client } = openedEngine();
    const teacher = await trained(client, { params: CONDITIONAL });
    expect(teacher.classes).toBe(MODES);
    for (let label = 0; label < MODES; label++) {
      expect(await shareOf(client, teacher.id, label, { label })).toBeGreaterThan(0.95);
      expect(await shareOf(client, teacher.id, label, {})).toBeLessThan(0.7);
    }

    const params = { conditional: true, batch: 64, width: 32, depth: 2, components: 4, substeps: 8 };
    const student = await trained(client, { method: 'piflow', teacher: teacher.id, params });
    expect(student.classes).toBe(MODES);
    for (let label = 0; label < MODES; label++) {
      expect(await shareOf(client, student.id, label, { label, nfe: 1 })).toBeGreaterThan(0.95);
      expect(await shareOf(client, student.id, label, { nfe: 1 })).toBeLessThan(0.7);
    }
  });

  it('costs two network calls where it is guided, which moves samples', async () => {
    const { client } = openedEngine();
    const { id: run } = await trained(client, { params: CONDITIONAL, steps: 20 });
    const compute = (guidance: number) =>
      client.call('views.compute', {
        run,
        view: { kind: 'samples', count: 50, nfe: 16, label: 0, guidance },
      });
    const [plain, guided] = [await compute(1), await compute(3)];
    // The budget counts network calls: half the steps, each twice as dear.
    expect([plain.nfe, guided.nfe]).toEqual([16, 16]);
    expect(guided.arrays['points']).not.toEqual(plain.arrays['points']);
  });

  it('refuses classes that are not there, and guidance towards none', async () => {
    const { client } = openedEngine();
    const { id: run } = await trained(client, { params: CONDITIONAL, steps: 2 });
    const compute = (view: Record<string, unknown>) =>
      client.call('views.compute', {
        run,
        view: { kind: 'samples', ...view } as CallInput<'views.compute'>['view'],
      });
    await expect(compute({ label: 2 })).rejects.toThrow('label: expected below 2, found 2');
    await expect(compute({ guidance: 2 })).rejects.toThrow(
      'guidance: expected 1 where no class is asked for, found 2',
    );
    const plain = await trained(client, { steps: 2, params: { ...CONDITIONAL, conditional: false } });
    expect(plain.classes).toBe(0);
    await expect(
      client.call('views.compute', { run: plain.id, view: { kind: 'samples', label: 0 } }),
    ).rejects.toThrow('label: expected none, for this model has no classes, found 0');
    await expect(
      client.call('runs.create', {
        config: {
          method: 'piflow',
          teacher: plain.id,
          params: { conditional: true },
          dataset: { id: 'bimodal' },
        },
      }),
    ).rejects.toThrow('params.conditional: expected off, for the teacher has no classes, found on');
  });

  it('has students that are guided if they have learnt to read a scale, and refuse one if not', async () => {
    const { client } = openedEngine();
    const { id: teacher } = await trained(client, { params: CONDITIONAL, steps: 2 });
    const small = { conditional: true, batch: 8, width: 16, depth: 1 };
    const studentOf = (method: string, more: Record<string, unknown>) =>
      trained(client, {
        method,
        ...(method === 'drifting' ? {} : { teacher }),
        params: { ...small, ...more },
        steps: 5,
      });
    const drawn = async ({ id: run }: RunSummary, guidance: number) => {
      const view = { kind: 'samples', count: 20, nfe: 1, label: 0, guidance } as const;
      return [...(await client.call('views.compute', { run, view })).arrays['points']!];
    };
    const drifting = { groups: 2, positives: 4, loss: 'normalised' };
    for (const reading of [
      await studentOf('freeflow', { guidanceMax: 3 }),
      await studentOf('drifting', { ...drifting, unconditional: 2 }),
    ]) {
      expect(await drawn(reading, 2)).not.toEqual(await drawn(reading, 1));
    }
    for (const [made, student] of [
      ['flowMap', await studentOf('freeflow', {})],
      ['policy', await studentOf('piflow', { guidance: 2 })],
      ['generator', await studentOf('drifting', drifting)],
    ] as const) {
      await expect(drawn(student, 2)).rejects.toThrow(
        `guidance: expected 1, for this ${made} has not learnt to read a scale, found 2`,
      );
      expect(await drawn(student, 1)).toHaveLength(40);
    }
  });

  it('needs data with known modes', async () => {
    const { client } = openedEngine();
    const params = { conditional: true };
    await expect(
      client.call('runs.create', {
        config: { method: 'teacher', params, dataset: { id: 'swiss-roll' } },
      }),
    ).rejects.toThrow(
      'params.conditional: expected off, for this data has neither classes nor known modes, found on',
    );
  });
});

it('a student that starts from noised data needs data with the classes of its teacher', async () => {
  const { client } = openedEngine();
  const { id: teacher } = await trained(client, { params: CONDITIONAL, steps: 2 });
  const params = { conditional: true };
  const config = { method: 'consistency', teacher, params };
  await expect(
    client.call('runs.create', { config: { ...config, dataset: { id: 'swiss-roll' } } }),
  ).rejects.toThrow('dataset: expected data with the 2 classes that are asked for, found data with 0');
  await expect(
    client.call('runs.create', { config: { ...config, dataset: { id: 'eight-gaussians' } } }),
  ).rejects.toThrow('found data with 8');
});

describe('a noise search', () => {
  const STUDENT = {
    method: 'freeflow',
    teacher: 'analytic',
    params: { batch: 64, width: 32, depth: 2 },
    steps: 300,
  };

  it('spends the NFE that it is given and finds better noises among more', async () => {
    const { client } = openedEngine();
    const { id: run } = await trained(client, STUDENT);
    const evaluate = async (candidates: number) => {
      const { results } = await client.call('runs.evaluate', {
        run,
        nfe: [12],
        count: 300,
        search: { candidates, verifier: 'density' },
      });
      return results[0]!;
    };
    const scores: number[] = [];
    for (const candidates of [1, 4, 8]) {
      const { nfe, metrics } = await evaluate(candidates);
      expect(nfe).toBe(12);
      scores.push(metrics['verifierScore']!);
    }
    // More candidates hold the fewer: the best of them can only be better.
    expect(scores).toEqual([...scores].sort((a, b) => a - b));
    expect(scores[2]! - scores[0]!).toBeGreaterThan(0.1);
  });

  it('refuses what it cannot do', async () => {
    const { client } = openedEngine();
    const { id: run } = await trained(client, { ...STUDENT, steps: 2 });
    const evaluate = (
      id: string,
      search: CallInput<'runs.evaluate'>['search'],
      more: Partial<CallInput<'runs.evaluate'>> = {},
    ) => client.call('runs.evaluate', { run: id, nfe: [8], count: 20, search, ...more });
    await expect(evaluate(run, { candidates: 8, verifier: 'density' })).rejects.toThrow(
      'nfe: expected more than the 8 that the search takes, found 8',
    );
    await expect(evaluate(run, { candidates: 2, verifier: 'class' })).rejects.toThrow(
      'label: expected the class to search for, found nothing',
    );
    const { id: teacher } = await trained(client, {
      steps: 2,
      params: { ...CONDITIONAL, conditional: false },
    });
    await expect(evaluate(teacher, { candidates: 2, verifier: 'nearness' })).rejects.toThrow(
      'search: expected a run with a teacher',
    );
  });
});
