/** State that stays on a device, on a device that is none: every tensor is counted. */
import type * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import type { Graph } from '../graph.ts';
import { Graph as NewGraph } from '../graph.ts';
import { stateOutputName } from './names.ts';
import { type ResidentProgram, ResidentExecutable, type RunnableSession } from './resident.ts';
import { type DeviceHealth, RunGuard } from './run-guard.ts';
import { slotsOf } from './session.ts';

/** A device whose one program adds the input to the state; it knows which of its tensors are alive. */
class Device {
  readonly alive = new Set<ort.Tensor>();
  disposedTwice = 0;
  openSessions = 0;
  fails: Error | null = null;

  tensor(data: Float32Array): ort.Tensor {
    const tensor = {
      data,
      location: 'gpu-buffer',
      dispose: () => {
        if (!this.alive.delete(tensor)) this.disposedTwice++;
      },
    } as unknown as ort.Tensor;
    this.alive.add(tensor);
    return tensor;
  }

  session(run: RunnableSession['run']): RunnableSession {
    this.openSessions++;
    return {
      run: (feeds) => {
        for (const tensor of Object.values(feeds)) {
          const isOnDevice = tensor.location === 'gpu-buffer';
          if (isOnDevice && !this.alive.has(tensor)) throw new Error('fed a tensor that was disposed of');
        }
        return this.fails === null ? run(feeds) : Promise.reject(this.fails);
      },
      release: () => {
        this.openSessions--;
        return Promise.resolve();
      },
    };
  }

  /** Hands its inputs on, to the device or to the host. */
  copying(graph: Graph, onDevice: readonly string[]): RunnableSession {
    return this.session((feeds) => {
      const outputs = graph.inputs.map(({ name }) => {
        const data = (feeds[name]!.data as Float32Array).slice();
        const output = stateOutputName(name);
        return [output, onDevice.includes(output) ? this.tensor(data) : ({ data } as ort.Tensor)] as const;
      });
      return Promise.resolve(Object.fromEntries(outputs));
    });
  }
}

function started(segments: ResidentProgram['segments'] = new Map()) {
  const device = new Device();
  const graph = new NewGraph();
  for (const name of ['w', 'x']) graph.inputs.push({ name, value: graph.value('float32', [4]) });
  graph.outputs.push({ name: "w'", value: graph.value('float32', [4]) });
  graph.outputs.push({ name: 'sum', value: graph.value('float32', []) });
  const parts = segments.get('w') ?? [{ name: 'w', begin: 0, end: 4 }];
  const session = device.session((feeds) => {
    const x = feeds['x']!.data as Float32Array;
    let sum = 0;
    const next = parts.map(({ name, begin, end }) => {
      const w = feeds[name]!.data as Float32Array;
      const data = x.slice(begin, end).map((value, i) => value + w[i]!);
      for (const value of data) sum += value;
      return [stateOutputName(name), device.tensor(data)] as const;
    });
    return Promise.resolve({
      ...Object.fromEntries(next),
      sum: { data: Float32Array.of(sum) } as ort.Tensor,
    });
  });
  const health: DeviceHealth = { failure: null, onFailure: () => undefined, watch: null };
  const executable = new ResidentExecutable({
    session,
    slots: slotsOf(graph, ['w']),
    segments,
    fed: [],
    fallbacks: [],
    open: (part, onDevice) => Promise.resolve(device.copying(part, onDevice)),
    guard: new RunGuard(health),
  });
  return { device, executable };
}

const ones = Float32Array.of(1, 1, 1, 1);
const CUT = new Map([
  [
    'w',
    [
      { name: 'w/0', begin: 0, end: 1 },
      { name: 'w/1', begin: 1, end: 4 },
    ],
  ],
]);

describe.each([
  ['in one piece', new Map()],
  ['in segments', CUT],
])('state on a device, %s', (_, segments: ResidentProgram['segments']) => {
  const pieces = segments.get('w')?.length ?? 1;

  it('holds the state and the one before, and nothing else, however long it runs', async () => {
    const { device, executable } = started(segments);
    for (let k = 1; k <= 10; k++) {
      expect([...(await executable.run({ x: ones }))['sum']!]).toEqual([4 * k]);
      expect(device.alive.size).toBe(2 * pieces);
    }
    await executable.dispose();
    expect([device.alive.size, device.disposedTwice, device.openSessions]).toEqual([0, 0, 0]);
  });

  it('goes back by one run, once, and on from there', async () => {
    const { device, executable } = started(segments);
    await executable.writeState({ w: Float32Array.of(1, 2, 3, 4) });
    await executable.run({ x: ones });
    executable.undo();
    expect(await executable.readState()).toEqual({ w: Float32Array.of(1, 2, 3, 4) });
    expect(() => executable.undo()).toThrow('there is no run to take back');
    await executable.run({ x: ones });
    await executable.run({ x: ones });
    expect(await executable.readState()).toEqual({ w: Float32Array.of(3, 4, 5, 6) });
    await executable.dispose();
    expect([device.alive.size, device.disposedTwice, device.openSessions]).toEqual([0, 0, 0]);
  });

  it('keeps its state through a run that fails', async () => {
    const { device, executable } = started(segments);
    await executable.run({ x: ones });
    device.fails = new Error('out of memory');
    await expect(executable.run({ x: ones })).rejects.toMatchObject({ code: 'engine/out-of-memory' });
    device.fails = null;
    expect(await executable.readState()).toEqual({ w: ones });
    await executable.dispose();
    expect([device.alive.size, device.disposedTwice]).toEqual([0, 0]);
  });

  it('writes all of it or nothing', async () => {
    const { device, executable } = started(segments);
    await executable.writeState({ w: ones });
    await expect(executable.writeState({ w: new Float32Array(3) })).rejects.toThrow(
      'program input w: expected 4 elements of shape [4], found 3',
    );
    expect(await executable.readState()).toEqual({ w: ones });
    await executable.writeState({ w: Float32Array.of(9, 9, 9, 9) });
    expect(device.alive.size).toBe(pieces);
    await executable.dispose();
    expect(device.alive.size).toBe(0);
  });

  it('counts what passes', async () => {
    const { executable } = started(segments);
    await executable.writeState({ w: ones });
    for (let k = 0; k < 3; k++) await executable.run({ x: ones });
    expect(executable.traffic()).toEqual({ runs: 3, uploadedBytes: 48, readBytes: 12, stateBytes: 16 });
    await executable.readState();
    expect(executable.traffic().stateBytes).toBe(32);
    await executable.dispose();
  });
});
