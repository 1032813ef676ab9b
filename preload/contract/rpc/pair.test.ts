import { expect, it } from 'vitest';
import { describeContract, until } from './contract-suite.ts';
import { portPair } from './pair.ts';

describeContract('The in-process pair', () => {
  const [window, engine] = portPair();
  return { window, engine, close: () => {} };
});

it('a pair delivers in order, and never in the turn that sent', async () => {
  const [left, right] = portPair();
  const seen: unknown[] = [];
  right.onMessage((message) => seen.push(message));
  for (let i = 0; i < 5; i++) left.post(i);
  await Promise.resolve();
  expect(seen).toEqual([]);
  await until(() => expect(seen).toEqual([0, 1, 2, 3, 4]));
});

it('what was posted before the close arrives, even if the reader comes late', async () => {
  const [left, right] = portPair();
  left.post('last words');
  left.close('done');
  const log: unknown[] = [];
  right.onClose((reason) => log.push(`closed: ${reason}`));
  await until(() => expect(log).toEqual(['closed: done']));
  right.onMessage((message) => log.push(message));
  expect(log).toEqual(['closed: done', 'last words']);
  right.onClose((reason) => log.push(`late: ${reason}`));
  await until(() => expect(log).toContain('late: done'));
});

it('close listeners of both ends are called once, whoever closes again', async () => {
  const [left, right] = portPair();
  const log: string[] = [];
  left.onClose(() => log.push('left'));
  right.onClose(() => log.push('right'));
  left.close();
  left.close();
  right.close();
  left.post('nobody hears');
  const after = portPair();
  await new Promise<void>((resolve) => {
    after[1].onMessage(() => resolve());
    after[0].post('a later turn');
  });
  expect(log.sort()).toEqual(['left', 'right']);
});

it('ends that answer each other without pause leave room for timers', async () => {
  const [left, right] = portPair();
  left.onMessage((message) => left.post(message));
  right.onMessage((message) => right.post(message));
  left.post('ball');
  await new Promise((resolve) => setTimeout(resolve, 5));
  left.close();
});

it('a value that is shared on one side is not shared with the other', async () => {
  const [left, right] = portPair();
  const sent = { list: [1], values: new Float32Array([1, 2, 3, 4]).subarray(1, 3) };
  const received = new Promise<typeof sent>((resolve) => right.onMessage((m) => resolve(m as typeof sent)));
  left.post(sent);
  sent.list.push(2);
  sent.values[0] = 9;
  const { list, values } = await received;
  expect(list).toEqual([1]);
  expect(values).toEqual(new Float32Array([2, 3]));
  expect(values.buffer.byteLength).toBe(8);
});
