/** On profiles of exp(a b) of 128 x 128 numbers, run three times, as ONNX Runtime 1.30 wrote them. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { profileOf } from './profile.ts';

interface RecordedEvent {
  cat: string;
  name: string;
  ts: number;
  dur: number;
  args: Record<string, string>;
}

function recorded(name: 'cpu' | 'webgpu'): RecordedEvent[] {
  const file = path.join(import.meta.dirname, 'testdata', `profile-${name}.json`);
  return JSON.parse(readFileSync(file, 'utf8')) as RecordedEvent[];
}

const profileFrom = (events: readonly RecordedEvent[], counted = 2) =>
  profileOf(JSON.stringify(events), counted);
const sum = (times: readonly { ms: number }[]) => times.reduce((total, { ms }) => total + ms, 0);

describe('a profile of the processor', () => {
  it('has the parts of the run of median time', () => {
    expect(profileFrom(recorded('cpu'))).toEqual({
      runMs: 0.105,
      uploadMs: 0.01,
      callsMs: 0.09,
      onHost: [
        { name: 'MatMul', ms: 0.065 },
        { name: 'Exp', ms: 0.014 },
      ],
      onDevice: [],
    });
  });

  it('counts what a loop calls once', () => {
    const events = recorded('cpu');
    const { callsMs, onHost } = profileFrom(events);
    const whole = events.filter(({ name }) => name === 'SequentialExecutor::Execute');
    const loops = whole.flatMap(({ ts, dur }): RecordedEvent[] => [
      { cat: 'Node', name: 'Loop_0_kernel_time', ts: ts + 1, dur: dur - 2, args: { op_name: 'Loop' } },
      // The executor of the loop's body.
      { cat: 'Session', name: 'SequentialExecutor::Execute', ts: ts + 2, dur: 5, args: {} },
    ]);
    const looped = profileFrom([...loops, ...events]);
    expect(looped.callsMs).toBe(callsMs);
    expect(looped.onHost).toEqual([{ name: 'Loop', ms: callsMs - 0.002 }]);
    expect(sum(onHost)).toBeLessThanOrEqual(callsMs);
  });
});

describe('a profile of a device', () => {
  it('has the times of the device beside those of the calls', () => {
    const { runMs, uploadMs, callsMs, onHost, onDevice } = profileFrom(recorded('webgpu'));
    expect({ runMs, uploadMs, callsMs }).toEqual({ runMs: 43.192, uploadMs: 0.195, callsMs: 0.241 });
    expect(onHost).toEqual([
      { name: 'MatMul', ms: 0.177 },
      { name: 'Exp', ms: 0.048 },
    ]);
    expect(onDevice).toEqual([
      { name: 'MatMul', ms: 42.358 },
      { name: 'Exp', ms: 0.201 },
    ]);
  });

  it('needs no agreement of the two clocks', () => {
    const events = recorded('webgpu');
    for (const offset of [-1e12, -5e4, 5e4, 1e12]) {
      const shifted = events.map((event) =>
        event.cat === 'Api' ? { ...event, ts: event.ts + offset } : event,
      );
      expect(profileFrom(shifted)).toEqual(profileFrom(events));
    }
  });

  it('leaves out what only the first run prepares', () => {
    const events = recorded('webgpu');
    const first = { cat: 'Api', name: 'MatMul_1&MatMul&Transpose', ts: 1_800_000, dur: 500, args: {} };
    expect(profileFrom([first, ...events])).toEqual(profileFrom(events));
  });

  it('names a shader that is not its operator’s', () => {
    const events = recorded('webgpu').map((event) => ({
      ...event,
      name: event.name.replace('&MatMul&MatMul', '&MatMul&Transpose'),
    }));
    expect(profileFrom(events).onDevice[0]!.name).toBe('MatMul (Transpose)');
  });

  it('without timestamps has none', () => {
    const events = recorded('webgpu').filter(({ cat }) => cat !== 'Api');
    expect(profileFrom(events).onDevice).toEqual([]);
  });
});

describe('a profile that is not as expected', () => {
  it('says how many runs it has', () => {
    expect(() => profileFrom(recorded('cpu'), 4)).toThrow('profile: expected 4 runs, found 3');
  });

  it('says what a run lacks', () => {
    const events = recorded('cpu').filter(({ name }) => name !== 'SequentialExecutor::Execute');
    expect(() => profileFrom(events)).toThrow('expected SequentialExecutor::Execute in every run');
  });
});
