import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { CheckpointListing, TensorStatistics } from '#contract/checkpoints.ts';
import { WorkbenchError } from '#contract/errors.ts';
import { FakeEngine, modelSummary } from '../testing/fake-engine.ts';
import type { OpenedCheckpoint } from './opened-checkpoint.svelte.ts';
import { Workbench } from './workbench.svelte.ts';

const grant = (name: string) => ({ kind: 'grant', grant: name }) as const;

function listing(names: readonly string[], change: Partial<CheckpointListing> = {}): CheckpointListing {
  return {
    name: 'file.pt',
    format: 'pytorch-zip',
    fileBytes: 100,
    tensors: names.map((name) => ({ name, dtype: 'float32', shape: [2], bytes: 8 })),
    parameters: 2 * names.length,
    metadata: {},
    facts: {},
    inert: [],
    warnings: [],
    groups: [],
    recognised: null,
    nearest: null,
    importable: true,
    refusal: null,
    ...change,
  };
}

function statistics(name: string): TensorStatistics {
  return {
    name,
    count: 2,
    min: 0,
    max: 1,
    mean: 0.5,
    std: 0.5,
    zeros: 1,
    nans: 0,
    infinities: 0,
    histogram: new Float64Array(),
    edges: new Float64Array(),
  };
}

async function connected(engine: FakeEngine): Promise<Workbench> {
  const workbench = new Workbench(engine.open);
  onTestFinished($effect.root(() => workbench.keepCurrent()));
  await vi.waitUntil(() => workbench.connection.client !== null);
  return workbench;
}

/** A window that has opened a file with these tensors. */
async function opened(names: readonly string[]) {
  const engine = new FakeEngine();
  engine.inspect = async () => listing(names);
  const workbench = await connected(engine);
  workbench.checkpoints.open(grant('a'), 'a.pt');
  await vi.waitUntil(() => workbench.checkpoints.current?.listing !== null);
  return { engine, workbench, checkpoint: workbench.checkpoints.current as OpenedCheckpoint };
}

describe('Checkpoints', () => {
  it('open a file on the stage, remember it, and show why it was refused', async () => {
    const engine = new FakeEngine();
    engine.inspect = () => Promise.reject(new WorkbenchError('checkpoint/truncated', 'It ends early'));
    const { checkpoints, selection } = await connected(engine);
    checkpoints.open(grant('a'), 'a.pt');
    expect(selection.stage).toBe('checkpoint');
    expect(checkpoints.current?.isReading).toBe(true);
    await vi.waitUntil(() => checkpoints.current?.isReading === false);
    expect(checkpoints.current?.error?.code).toBe('checkpoint/truncated');
    checkpoints.open(grant('b'), 'b.pt');
    checkpoints.open(grant('a'), 'a.pt');
    expect(checkpoints.recent.map(({ name }) => name)).toEqual(['a.pt', 'b.pt']);
  });

  it('take the next file as the one to compare with when that was asked for, once', async () => {
    const { engine, workbench, checkpoint } = await opened(['w']);
    const { checkpoints } = workbench;
    checkpoints.isOtherWanted = true;
    checkpoints.open(grant('b'), 'b.pt');
    expect(checkpoints.current).toBe(checkpoint);
    await vi.waitUntil(() => engine.comparisons.length === 1);
    expect(engine.comparisons[0]?.input).toEqual({ source: grant('a'), other: grant('b') });
    engine.comparisons[0]?.feed.push([{ name: 'w', change: 'changed', relative: 0.1 }]);
    engine.comparisons[0]?.feed.end();
    await vi.waitUntil(() => checkpoint.comparison?.isRunning === false);
    expect(checkpoint.comparison?.get('w')?.relative).toBe(0.1);
    checkpoints.open(grant('c'), 'c.pt');
    expect(checkpoints.current?.name).toBe('c.pt');
  });

  it('show a file on its way, and forget one that another came after', async () => {
    const engine = new FakeEngine();
    engine.inspect = async () => listing(['w']);
    const { checkpoints } = await connected(engine);
    const cancel = vi.fn();
    const first = checkpoints.bring('a.pt', 10, cancel);
    first.progress(4);
    expect(checkpoints.arrival).toMatchObject({ name: 'a.pt', done: 4, of: 10 });
    const second = checkpoints.bring('b.pt', 20, vi.fn());
    expect(cancel).toHaveBeenCalledOnce();
    first.arrived(grant('a'));
    expect(checkpoints.current).toBeNull();
    second.failed(new WorkbenchError('upload/too-large', 'Too large'));
    expect(checkpoints.arrival?.error?.code).toBe('upload/too-large');
    checkpoints.bring('c.pt', 1, vi.fn()).arrived(grant('c'));
    expect(checkpoints.arrival).toBeNull();
    expect(checkpoints.current?.name).toBe('c.pt');
  });

  it('read again what a lost connection left unread', async () => {
    const engine = new FakeEngine();
    engine.inspect = () => new Promise(() => undefined);
    const { checkpoints, connection } = await connected(engine);
    checkpoints.open(grant('a'), 'a.pt');
    engine.drop('gone');
    await vi.waitUntil(() => connection.status === 'disconnected');
    engine.inspect = async () => listing(['w']);
    connection.retryNow();
    await vi.waitUntil(() => checkpoints.current?.listing !== null);
    expect(checkpoints.current?.error).toBeNull();
  });
});

describe('OpenedCheckpoint', () => {
  it('is read anew when its options change, and an older answer no longer counts', async () => {
    const { engine, checkpoint } = await opened(['w']);
    const answers: ((listing: CheckpointListing) => void)[] = [];
    const asked: unknown[] = [];
    engine.inspect = ({ options }) => {
      asked.push(options);
      return new Promise((resolve) => answers.push(resolve));
    };
    checkpoint.choose({ heads: 4 });
    checkpoint.choose({ kind: 'dit' });
    checkpoint.choose({ heads: undefined });
    await vi.waitUntil(() => asked.length === 3);
    expect(asked).toEqual([{ heads: 4 }, { heads: 4, kind: 'dit' }, { kind: 'dit' }]);
    answers[2]?.(listing(['new']));
    answers[0]?.(listing(['old']));
    await vi.waitUntil(() => !checkpoint.isReading);
    expect(checkpoint.listing?.tensors.map(({ name }) => name)).toEqual(['new']);
  });

  it('keeps what it shows when options are refused', async () => {
    const { engine, checkpoint } = await opened(['w']);
    engine.inspect = () =>
      Promise.reject(new WorkbenchError('checkpoint/heads', 'heads: expected a divisor'));
    checkpoint.choose({ heads: 5 });
    await vi.waitUntil(() => checkpoint.error !== null);
    expect(checkpoint.listing?.tensors).toHaveLength(1);
  });
});

describe('Statistics', () => {
  it('compute one that is looked at before those that wait, and none twice', async () => {
    const { engine, checkpoint } = await opened(['a', 'b', 'c', 'd']);
    checkpoint.statistics.askAll(['a', 'b', 'c', 'd']);
    await vi.waitUntil(() => engine.statistics.length === 1);
    engine.statistics[0]?.feed.push([statistics('a')]);
    await vi.waitUntil(() => checkpoint.statistics.job?.done === 1);
    checkpoint.statistics.ask('d');
    await vi.waitUntil(() => engine.statistics.length === 2);
    expect(engine.statistics[1]?.input.tensors).toEqual(['d', 'b', 'c']);
    expect(checkpoint.statistics.job).toEqual({ done: 1, of: 4 });
    engine.statistics[1]?.feed.push(['d', 'b'].map(statistics), [statistics('c')]);
    await vi.waitUntil(() => checkpoint.statistics.job === null);
    expect(checkpoint.statistics.count).toBe(4);
    checkpoint.statistics.ask('a');
    expect(checkpoint.statistics.job).toBeNull();
  });

  it('go on after a tensor that cannot be read, and say why it has none', async () => {
    const { engine, workbench, checkpoint } = await opened(['a', 'b']);
    const float8 = new WorkbenchError('checkpoint/unsupported-dtype', 'float8');
    vi.spyOn(workbench.connection.client!, 'listen').mockImplementationOnce(
      (_name, _input, _onValue, onEnd) => {
        queueMicrotask(() => onEnd?.(float8));
        return () => undefined;
      },
    );
    checkpoint.statistics.askAll(['a', 'b']);
    await vi.waitUntil(() => engine.statistics.length === 1);
    expect(checkpoint.statistics.failureOf('a')?.message).toBe('float8');
    expect(engine.statistics[0]?.input.tensors).toEqual(['b']);
    engine.statistics[0]?.feed.push([statistics('b')]);
    await vi.waitUntil(() => checkpoint.statistics.job === null);
    expect([checkpoint.statistics.count, checkpoint.statistics.error]).toEqual([1, null]);
  });

  it('stop when cancelled, and keep what was found', async () => {
    const { engine, checkpoint } = await opened(['a', 'b']);
    checkpoint.statistics.askAll(['a', 'b']);
    await vi.waitUntil(() => engine.statistics.length === 1);
    engine.statistics[0]?.feed.push([statistics('a')]);
    await vi.waitUntil(() => checkpoint.statistics.job?.done === 1);
    checkpoint.statistics.cancel();
    engine.statistics[0]?.feed.push([statistics('b')]);
    await Promise.resolve();
    expect(checkpoint.statistics.job).toBeNull();
    expect([checkpoint.statistics.get('a')?.mean, checkpoint.statistics.get('b')]).toEqual([0.5, null]);
  });
});

describe('CheckpointImport', () => {
  it('reports bytes, then the model that it made', async () => {
    const { engine, checkpoint } = await opened(['w']);
    const { importing } = checkpoint;
    importing.start('Mine', { heads: 4 });
    await vi.waitUntil(() => engine.imports.length === 1);
    expect(engine.imports[0]?.input).toEqual({ source: grant('a'), name: 'Mine', options: { heads: 4 } });
    engine.imports[0]?.feed.push({ done: 5, of: 10, model: null });
    await vi.waitUntil(() => importing.progress?.done === 5);
    engine.imports[0]?.feed.push({ done: 10, of: 10, model: modelSummary('m') });
    engine.imports[0]?.feed.end();
    await vi.waitUntil(() => importing.isDone);
    expect([importing.progress, importing.model?.id]).toEqual([null, 'm']);
  });

  it('takes nothing more after it was cancelled', async () => {
    const { engine, checkpoint } = await opened(['w']);
    checkpoint.importing.start('Mine', {});
    await vi.waitUntil(() => engine.imports.length === 1);
    checkpoint.importing.cancel();
    engine.imports[0]?.feed.push({ done: 10, of: 10, model: modelSummary('m') });
    await Promise.resolve();
    expect([checkpoint.importing.progress, checkpoint.importing.model]).toEqual([null, null]);
  });
});
