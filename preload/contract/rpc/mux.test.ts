import { expect, it } from 'vitest';
import { describeContract, until } from './contract-suite.ts';
import { acceptPorts, openPorts } from './mux.ts';
import { portPair } from './pair.ts';
import type { Port } from './port.ts';

describeContract('One of many ports over one', async () => {
  const { opened, accepted, carriers } = await muxed(3);
  // The wire under test is neither the first nor the last of its carrier.
  return { window: opened[1]!, engine: accepted[1]!, close: () => carriers[0].close() };
});

/** `count` ports over one in-process pair, both ends of each. */
async function muxed(count: number): Promise<{ opened: Port[]; accepted: Port[]; carriers: [Port, Port] }> {
  const carriers = portPair();
  const accepted: Port[] = [];
  acceptPorts(carriers[1], (port) => accepted.push(port));
  const open = openPorts(carriers[0]);
  const opened = Array.from({ length: count }, () => open());
  await until(() => expect(accepted).toHaveLength(count));
  return { opened, accepted, carriers };
}

it('each port hears only its own messages', async () => {
  const { opened, accepted } = await muxed(3);
  const heard: unknown[][] = accepted.map(() => []);
  accepted.forEach((port, index) => port.onMessage((message) => heard[index]?.push(message)));
  opened.forEach((port, index) => port.post(`to ${index}`));
  opened[0]?.post('again to 0');
  await until(() => expect(heard).toEqual([['to 0', 'again to 0'], ['to 1'], ['to 2']]));
});

it('closing one port leaves the others open; closing the carrier closes all, with its reason', async () => {
  const { opened, accepted, carriers } = await muxed(2);
  const log: string[] = [];
  [...opened, ...accepted].forEach((port, index) =>
    port.onClose((reason) => log.push(`${index}: ${reason}`)),
  );
  opened[0]?.close('window closed');
  await until(() => expect(log).toEqual(['0: window closed', '2: window closed']));
  carriers[1].close('engine exited');
  await until(() => expect(log.slice(2).sort()).toEqual(['1: engine exited', '3: engine exited']));
});

it('a port that is opened on a closed carrier is closed', async () => {
  const carriers = portPair();
  const open = openPorts(carriers[0]);
  carriers[1].close('gone');
  const reason = await new Promise((resolve) => {
    carriers[0].onClose(() => open().onClose(resolve));
  });
  expect(reason).toBe('gone');
});

it("messages of others on the carrier's channel are left alone", async () => {
  const { opened, accepted, carriers } = await muxed(1);
  for (const stray of [
    null,
    'hello',
    { mux: 'message' },
    { mux: 'message', channel: 99, message: 1 },
    { channel: 0 },
  ]) {
    carriers[0].post(stray);
  }
  opened[0]?.post('mine');
  const heard: unknown[] = [];
  accepted[0]?.onMessage((message) => heard.push(message));
  await until(() => expect(heard).toEqual(['mine']));
});
