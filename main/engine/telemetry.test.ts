/** What a training run may send to a window, and what a window may cost it. */
import { expect, it, onTestFinished } from 'vitest';
import type { Port } from '#contract/rpc/port.ts';
import { createClient } from '#contract/rpc/client.ts';
import { encodeMessage } from '#contract/rpc/codec.ts';
import { portPair } from '#contract/rpc/pair.ts';
import { serve } from '#contract/rpc/server.ts';
import type { WorkbenchClient } from '#contract/workbench.ts';
import { scratchFolder } from '../store/testdata/scratch.ts';
import { Engine } from './service.ts';

/** Steps of a fraction of a millisecond: thousands a second, far above any frame rate. */
const FAST = { batch: 8, width: 8, depth: 1, noiseDim: 2 };
const VIEW_COUNT = 200;

interface Traffic {
  messages: number;
  bytes: number;
}

/** An engine, and a client whose traffic towards the window is counted as the WebSocket would carry it. */
function opened(): { client: WorkbenchClient; traffic: Traffic } {
  const engine = new Engine({ home: scratchFolder(), version: '0.0.0-test', warn: () => {} });
  const [near, far] = portPair();
  const traffic = { messages: 0, bytes: 0 };
  const counted: Port = {
    ...far,
    post(message) {
      traffic.messages += 1;
      traffic.bytes += encodeMessage(message).byteLength;
      far.post(message);
    },
    onMessage: (listener) => far.onMessage(listener),
    onClose: (listener) => far.onClose(listener),
    close: (reason) => far.close(reason),
  };
  serve(engine, counted);
  onTestFinished(() => engine.close());
  return { client: createClient(near), traffic };
}

async function fastRun(client: WorkbenchClient, steps: number): Promise<string> {
  const { id } = await client.call('runs.create', {
    config: {
      method: 'drifting',
      params: FAST,
      dataset: { id: 'bimodal' },
      steps,
      checkpointEvery: steps,
      evalEvery: 0,
      filmFrames: 0,
    },
  });
  return id;
}

async function untilStep(client: WorkbenchClient, run: string, step: number): Promise<void> {
  while ((await client.call('runs.get', { run })).step < step) await later(20);
}

const later = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

it('sends no more than the frame rate allows, however fast it trains', async () => {
  const { client, traffic } = opened();
  const run = await fastRun(client, 4_000_000);
  await untilStep(client, run, 1000);
  const stops = [
    client.listen('runs.watch', {}, () => {}),
    client.listen('metrics.watch', { run }, () => {}),
    client.listen('views.watch', { run, view: { kind: 'samples', count: VIEW_COUNT } }, () => {}),
  ];
  await later(200);
  const before = { ...traffic };
  const [beganAt, beganAtStep] = [performance.now(), (await client.call('runs.get', { run })).step];
  await untilStep(client, run, beganAtStep + 3000);
  const elapsedSecs = (performance.now() - beganAt) / 1000;
  const calls = traffic.messages - before.messages;
  stops.forEach((stop) => stop());

  // 10 changes of the run, 10 batches of scalars, 30 frames; 50 answers to the question for its step.
  // A slow machine has longer, not more: the bound is a rate, with a second's worth to begin with.
  expect(calls).toBeLessThan((10 + 10 + 30 + 50) * (elapsedSecs + 1));
  // A frame has 2 coordinates and a mode for every point, 4 bytes each; the rest is small.
  expect(traffic.bytes - before.bytes).toBeLessThan((30 * VIEW_COUNT * 12 + 100 * 2500) * (elapsedSecs + 1));
  await client.call('runs.stop', { run });
});

it('is not held up by a window that stops reading, and queues nothing for it', async () => {
  const { client, traffic } = opened();
  const run = await fastRun(client, 20_000);
  const never = new Promise<void>(() => {});
  client.listen('views.watch', { run, view: { kind: 'samples', count: VIEW_COUNT } }, () => never);
  client.listen('metrics.watch', { run }, () => never);
  await untilStep(client, run, 2000);
  const [posted, asked] = [traffic.messages, { count: 0 }];
  while ((await client.call('runs.get', { run })).status === 'running') {
    asked.count += 1;
    await later(20);
  }
  expect((await client.call('runs.get', { run })).step).toBe(20_000);
  // Only the answers to the calls; the streams have had their credit.
  expect(traffic.messages - posted).toBeLessThanOrEqual(asked.count + 2);
});
