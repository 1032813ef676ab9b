import { expect, it, onTestFinished, vi } from 'vitest';
import { until } from '#contract/rpc/contract-suite.ts';
import { portPair } from '#contract/rpc/pair.ts';
import type { Port } from '#contract/rpc/port.ts';
import type { EngineExit, EngineProcess } from './engine-process.ts';
import { superviseEngine } from './engine-supervisor.ts';
import type { EngineEvent, SupervisedEngine } from './engine-supervisor.ts';

interface FakeEngine extends EngineProcess {
  end(exit: Omit<EngineExit, 'wasStopped'>): void;
}

/** An engine that lives until it is told to end. */
function fakeEngine(pid: number): FakeEngine {
  let end: (exit: EngineExit) => void = () => {};
  let wasStopped = false;
  const exited = new Promise<EngineExit>((resolve) => (end = resolve));
  return {
    pid,
    connect: () => portPair()[0],
    exited,
    end: (exit) => end({ ...exit, wasStopped }),
    async stop() {
      wasStopped = true;
      end({ code: 0, signal: null, wasStopped });
      await exited;
    },
  };
}

interface Stage {
  supervised: SupervisedEngine;
  engines: FakeEngine[];
  events: EngineEvent[];
  clock: { ms: number };
}

function stage(backoffMs: (recent: number) => number = () => 0): Stage {
  const engines: FakeEngine[] = [];
  const events: EngineEvent[] = [];
  const clock = { ms: 0 };
  const supervised = superviseEngine({
    spawn() {
      const engine = fakeEngine(engines.length + 1);
      engines.push(engine);
      return engine;
    },
    onEvent: (event) => events.push(event),
    backoffMs,
    now: () => clock.ms,
  });
  return { supervised, engines, events, clock };
}

function reasonOf(port: Port): Promise<string | null> {
  return new Promise((resolve) => port.onClose(resolve));
}

const crash = { code: 1, signal: null };

it('an engine that crashes is started again, three times in 30 s, and no more', async () => {
  const { engines, events, supervised, clock } = stage();
  for (let crashes = 1; crashes <= 3; crashes++) {
    clock.ms += 9000;
    engines.at(-1)?.end(crash);
    await until(() => expect(engines).toHaveLength(crashes + 1));
  }
  clock.ms += 2000;
  engines.at(-1)?.end({ code: null, signal: 'SIGSEGV' });
  await until(() => expect(events.at(-1)).toMatchObject({ kind: 'gave-up', why: 'crashes' }));
  expect(events.map(({ kind }) => kind)).toEqual([
    ...Array.from({ length: 3 }, () => ['restarting', 'restarted']).flat(),
    'gave-up',
  ]);
  expect(await reasonOf(supervised.connect())).toBe(
    'the engine ended unexpectedly (signal SIGSEGV); it is not started again, start Fewstep anew',
  );
});

it('crashes that are far apart are forgiven for ever', async () => {
  const { engines, clock } = stage();
  for (let crashes = 1; crashes <= 12; crashes++) {
    clock.ms += 10_001;
    engines.at(-1)?.end(crash);
    await until(() => expect(engines).toHaveLength(crashes + 1));
  }
});

it('the pause before a restart grows with recent restarts', async () => {
  const asked: number[] = [];
  const { engines, events } = stage((recent) => {
    asked.push(recent);
    return recent;
  });
  for (let crashes = 1; crashes <= 3; crashes++) {
    engines.at(-1)?.end(crash);
    await until(() => expect(engines).toHaveLength(crashes + 1));
  }
  expect(asked).toEqual([0, 1, 2]);
  expect(events.flatMap((event) => (event.kind === 'restarting' ? [event.inMs] : []))).toEqual([0, 1, 2]);
});

it('an engine that says what a person must mend is not started again', async () => {
  const { engines, events } = stage();
  engines[0]?.end({ code: 78, signal: null });
  await until(() => expect(events).toHaveLength(1));
  expect(events[0]).toMatchObject({ kind: 'gave-up', why: 'setup' });
});

it('while there is no engine a connection closes and says so', async () => {
  const { engines, events, supervised } = stage(() => 1_000_000);
  engines[0]?.end(crash);
  await until(() => expect(events).toHaveLength(1));
  expect(await reasonOf(supervised.connect())).toBe(
    'the engine ended unexpectedly (exit code 1); it is being started again',
  );
  await supervised.stop();
});

it('stopping is not a crash, and ends a restart that waits', async () => {
  const running = stage();
  await running.supervised.stop();
  expect(running.events).toEqual([]);
  expect(running.engines).toHaveLength(1);

  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const waiting = stage(() => 1000);
  waiting.engines[0]?.end(crash);
  await new Promise((resolve) => setImmediate(resolve));
  expect(waiting.events.map(({ kind }) => kind)).toEqual(['restarting']);
  await waiting.supervised.stop();
  vi.advanceTimersByTime(2000);
  expect(waiting.engines).toHaveLength(1);
});
