/** What is particular to the WebGPU executor; what every executor must do is in the executor suite. */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { parityFamilies } from '../testing/cases/index.ts';
import { type TensorSpec, type Traceable, trace } from '../trace.ts';
import type { CompileOptions, Executable } from './executor.ts';
import { ortWebGpuExecutor } from './webgpu.ts';

/** Kernels that ONNX Runtime 1.30 gives to the processor. */
const LACKING = ['Atan2', 'IsInf', 'IsNan', 'Mod', 'Selu', 'TopK'];

const open: Executable[] = [];
afterEach(async () => {
  for (const executable of open.splice(0)) await executable.dispose();
});

async function compiled(
  specs: Record<string, TensorSpec>,
  fn: Traceable,
  options?: CompileOptions,
): Promise<Executable> {
  const executor = await ortWebGpuExecutor();
  const executable = await executor.compile(trace(specs, fn), options);
  open.push(executable);
  return executable;
}

describe('the device', () => {
  it('has a name, and says whether the processor plays it', async () => {
    const { device } = await ortWebGpuExecutor();
    expect(device.name).not.toBe('');
    const isNamed = /swiftshader|lvp_/.test(process.env['VK_ICD_FILENAMES'] ?? '');
    expect(device.isSoftware).toBe(isNamed);
  });

  it('computes in float16 or says by name that it does not', async () => {
    const { device } = await ortWebGpuExecutor();
    const half = ortWebGpuExecutor({ precision: 'float16' });
    if (device.features.includes('shader-f16')) {
      const program = await (
        await half
      ).compile(
        trace({ a: { shape: [2, 2] } }, ({ a }) => ({ y: tf.matMul(a as tf.Tensor2D, a as tf.Tensor2D) })),
      );
      const { y } = await program.run({ a: Float32Array.of(1, 2, 3, 4) });
      await program.dispose();
      // Each factor is divided by 4 and multiplied again: exact.
      expect([...y!]).toEqual([7, 10, 15, 22]);
    } else {
      await expect(half).rejects.toMatchObject({ code: 'engine/no-float16' });
      await expect(half).rejects.toThrow(`for ${device.name} has no float16 in its shaders`);
    }
  });
});

describe('what the device lacks', () => {
  it('is nothing of what training needs', async () => {
    const program = await compiled(
      { x: { shape: [4, 5] }, i: { shape: [4], dtype: 'int32' } },
      ({ x, i }) => ({
        sines: tf.add(tf.sin(x!), tf.cos(x!)),
        best: tf.argMax(x!, 1),
        summed: tf.unsortedSegmentSum(x!, i as tf.Tensor1D, 3),
        either: tf.cast(tf.logicalOr(tf.greater(x!, 0), tf.less(x!, -1)), 'float32'),
      }),
    );
    expect(program.fallbacks).toEqual([]);
  });

  it('is named, and runs on the processor', async () => {
    const program = await compiled({ x: { shape: [2, 4] } }, ({ x }) => ({
      top: tf.topk(tf.mul(x!, 2), 2).values,
      nan: tf.cast(tf.isNaN(x!), 'float32'),
    }));
    expect(program.fallbacks).toEqual(['IsNan', 'TopK']);
    const { top } = await program.run({ x: Float32Array.of(1, 4, 3, 2, 8, 5, 6, 7) });
    expect([...top!]).toEqual([8, 6, 16, 14]);
  });

  it('is known of every kernel', async () => {
    const cases = parityFamilies.flatMap((family) => family.cases);
    const lacking = new Set<string>();
    const names = [...new Set(cases.map(({ kernel }) => kernel))];
    for (const kernel of names) {
      // Of floats, where it takes some: whole numbers and booleans are lacking in more.
      const own = cases.filter((each) => each.kernel === kernel);
      const isOfFloats = (each: (typeof own)[number]) =>
        Object.values(each.inputs).every(({ dtype }) => dtype === 'float32');
      const { inputs, compute } = own.find(isOfFloats) ?? own[0]!;
      const program = await compiled(inputs as Record<string, TensorSpec>, (tensors) => {
        const result = compute(tensors);
        return Object.fromEntries((Array.isArray(result) ? result : [result]).map((y, i) => [`y${i}`, y]));
      });
      for (const each of program.fallbacks ?? []) lacking.add(each);
    }
    expect([...lacking].sort()).toEqual(LACKING);
  });
});

describe('memory', () => {
  it('that the device does not have is missed by name, and the next program runs', async () => {
    // 40,000 x 40,000 numbers are 6.4 GB: more than one buffer may hold on any device.
    const program = await compiled({ x: { shape: [40_000, 1] } }, ({ x }) => ({
      y: tf.sum(tf.exp(tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D, false, true))),
    }));
    await expect(program.run({ x: new Float32Array(40_000) })).rejects.toMatchObject({
      code: 'engine/out-of-memory',
    });
    const small = await compiled({ x: { shape: [2] } }, ({ x }) => ({ y: tf.square(x!) }));
    expect([...(await small.run({ x: Float32Array.of(2, 3) }))['y']!]).toEqual([4, 9]);
  });

  it('stays flat over 1,000 runs with state', async () => {
    const size = 1 << 18;
    const program = await compiled(
      { w: { shape: [size] }, x: { shape: [] } },
      ({ w, x }) => ({ "w'": tf.add(w!, x!), first: tf.slice(w as tf.Tensor1D, [0], [1]) }),
      { state: ['w'] },
    );
    for (let k = 0; k < 50; k++) await program.run({ x: Float32Array.of(1) });
    const before = process.memoryUsage.rss();
    for (let k = 0; k < 950; k++) await program.run({ x: Float32Array.of(1) });
    // One leaked state a run would be a gigabyte.
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 * 2 ** 20);
    expect((await program.readState())['w']![size - 1]).toBe(1000);
  });
});

describe('a profile', () => {
  it('is written of the session that runs, where a first one was refused, and only if asked for', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'fewstep-profile-'));
    const graph = trace({ x: { shape: [4] } }, ({ x }) => ({ y: tf.cast(tf.isNaN(x!), 'float32') }));
    const executor = await ortWebGpuExecutor();
    for (const options of [{}, { profileTo: folder }]) {
      expect(readdirSync(folder)).toEqual([]);
      const program = await executor.compile(graph, options);
      expect(program.fallbacks).toEqual(['IsNan']);
      for (let k = 0; k < 3; k++) await program.run({ x: new Float32Array(4) });
      await program.dispose();
    }
    const last = readdirSync(folder).sort().at(-1)!;
    const events = JSON.parse(readFileSync(path.join(folder, last), 'utf8')) as { name: string }[];
    rmSync(folder, { recursive: true });
    expect(events.filter(({ name }) => name === 'model_run')).toHaveLength(3);
  });
});

describe('a large state', () => {
  it('is cut into buffers that shaders can bind', async () => {
    // Two leaves of 2^24 numbers and one of a few: 128 MiB is what every device can bind at a time.
    const sizes = [2 ** 24, 2 ** 24, 5];
    const size = sizes.reduce((sum, n) => sum + n, 0);
    const program = await compiled(
      { w: { shape: [size] } },
      ({ w }) => {
        const leaves = tf.split(w as tf.Tensor1D, sizes).map((leaf, i) => tf.add(leaf, i + 1));
        return { "w'": tf.concat(leaves), last: tf.sum(leaves[2]!) };
      },
      { state: ['w'] },
    );
    const { last } = await program.run({});
    expect(last![0]).toBe(15);
    const { w } = await program.readState();
    expect([w![0], w![2 ** 24], w![size - 1]]).toEqual([1, 2, 3]);
  });
});
