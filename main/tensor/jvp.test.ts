import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { HostArrays } from './executors/executor.ts';
import { ortCpuExecutor } from './executors/ort.ts';
import { referenceExecutor } from './executors/tfjs.ts';
import { jvp } from './jvp.ts';
import { silu, stopGradient } from './ops.ts';
import { optimized } from './passes/index.ts';
import { Rng } from './rng.ts';
import { sizeOf } from './shape.ts';
import { type TensorSpec, type Traceable, trace } from './trace.ts';

type Specs = Record<string, TensorSpec>;

function drawn(specs: Specs, seed: number): HostArrays {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { shape }]) => [
      name,
      new Rng(seed, name).fillNormal(new Float32Array(sizeOf(shape))),
    ]),
  );
}

async function reference(specs: Specs, fn: Traceable, inputs: HostArrays): Promise<HostArrays> {
  return (await referenceExecutor().compile(trace(specs, fn))).run(inputs);
}

const norm = (v: ArrayLike<number>): number => Math.hypot(...Array.from(v));
const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, x, i) => sum + x * b[i]!, 0);

const BATCH = 5;
const NETWORK: Specs = {
  x: { shape: [BATCH, 2] },
  t: { shape: [BATCH, 1] },
  w1: { shape: [6, 8] },
  b1: { shape: [8] },
  w2: { shape: [8, 8] },
  b2: { shape: [8] },
  w3: { shape: [8, 2] },
};

/** A velocity network in small: sines and cosines of the time beside x, two silu layers. */
function velocity(x: tf.Tensor, t: tf.Tensor, p: Record<string, tf.Tensor>): tf.Tensor {
  const angles = tf.mul(t, tf.tensor2d([[0.5, 1.5]]));
  const features = tf.concat([x, tf.sin(angles), tf.cos(angles)], 1);
  const first = silu(tf.add(tf.matMul(features as tf.Tensor2D, p['w1'] as tf.Tensor2D), p['b1']!));
  const second = silu(tf.add(tf.matMul(first as tf.Tensor2D, p['w2'] as tf.Tensor2D), p['b2']!));
  return tf.matMul(second as tf.Tensor2D, p['w3'] as tf.Tensor2D);
}

describe('jvp', () => {
  const directions: Specs = { dx: { shape: [BATCH, 2] }, dt: { shape: [BATCH, 1] } };

  it('agrees with central differences of a network in x and t, with an error of order h^2', async () => {
    const inputs = { ...drawn(NETWORK, 1), ...drawn(directions, 2) };
    const { dy } = await reference(
      { ...NETWORK, ...directions },
      ({ x, t, dx, dt, ...p }) => ({
        dy: jvp((a, b) => [velocity(a!, b!, p)], [x!, t!], [dx!, dt!]).tangents[0]!,
      }),
      inputs,
    );
    const field: Traceable = ({ x, t, ...p }) => ({ y: velocity(x!, t!, p) });
    const executable = await referenceExecutor().compile(trace(NETWORK, field));
    const shifted = async (h: number) => {
      const moved = (name: string) =>
        Float32Array.from(inputs[name]!, (v, i) => v + h * inputs[`d${name}`]![i]!);
      return (await executable.run({ ...inputs, x: moved('x'), t: moved('t') }))['y']!;
    };
    const steps = [2 ** -3, 2 ** -4, 2 ** -5, 2 ** -6];
    const errors: number[] = [];
    for (const h of steps) {
      const [ahead, behind] = [await shifted(h), await shifted(-h)];
      errors.push(norm(Array.from(dy!, (v, i) => v - (ahead[i]! - behind[i]!) / (2 * h))));
    }
    // Round-off eps |y| / h = 1e-5 stays well below h^2 down to the smallest step.
    const slopes = errors.slice(1).map((error, i) => Math.log2(errors[i]! / error));
    for (const slope of slopes) expect(Math.abs(slope - 2)).toBeLessThan(0.1);
    expect(errors.at(-1)! / norm(dy!)).toBeLessThan(2e-3);
  });

  it('gives on the compiled executor what it gives on the reference', async () => {
    const specs = { ...NETWORK, ...directions };
    const inputs = { ...drawn(NETWORK, 3), ...drawn(directions, 4) };
    const fn: Traceable = ({ x, t, dx, dt, ...p }) => {
      const { outputs, tangents } = jvp((a, b) => [velocity(a!, b!, p)], [x!, t!], [dx!, dt!]);
      return { y: outputs[0]!, dy: tangents[0]! };
    };
    const slow = await reference(specs, fn, inputs);
    const fast = await (await ortCpuExecutor(1).compile(trace(specs, fn))).run(inputs);
    for (const name of ['y', 'dy']) {
      // 1e-5 of the largest element, the agreement asked of every forward pass.
      const scale = Math.max(1, ...slow[name]!);
      slow[name]!.forEach((v, i) => expect(Math.abs(fast[name]![i]! - v)).toBeLessThanOrEqual(1e-5 * scale));
    }
  });

  it('is linear in the direction', async () => {
    const specs: Specs = { x: { shape: [4] }, u: { shape: [4] }, v: { shape: [4] } };
    const out = await reference(
      specs,
      ({ x, u, v }) => {
        const along = (d: tf.Tensor) =>
          jvp((a) => [tf.mul(silu(a!), tf.softmax(a!))], [x!], [d]).tangents[0]!;
        return { sum: along(tf.add(tf.mul(u!, 2), v!)), parts: tf.add(tf.mul(along(u!), 2), along(v!)) };
      },
      drawn(specs, 5),
    );
    out['sum']!.forEach((v, i) => expect(out['parts']![i]).toBeCloseTo(v, 5));
  });

  it('differentiates gradients: forward over reverse is the Hessian, which is symmetric', async () => {
    const specs: Specs = { ...NETWORK, u: { shape: [BATCH, 2] }, v: { shape: [BATCH, 2] } };
    const inputs = drawn(specs, 6);
    const gradient = (x: tf.Tensor, t: tf.Tensor, p: Record<string, tf.Tensor>) =>
      tf.grad((a: tf.Tensor) => tf.sum(tf.square(velocity(a, t, p))))(x);
    const { hu, hv } = await reference(
      specs,
      ({ x, t, u, v, ...p }) => {
        const along = (d: tf.Tensor) => jvp((a) => [gradient(a!, t!, p)], [x!], [d]).tangents[0]!;
        return { hu: along(u!), hv: along(v!) };
      },
      inputs,
    );
    const executable = await referenceExecutor().compile(
      trace(NETWORK, ({ x, t, ...p }) => ({ g: gradient(x!, t!, p) })),
    );
    const h = 2 ** -7;
    const shifted = async (sign: number) => {
      const x = Float32Array.from(inputs['x']!, (a, i) => a + sign * h * inputs['u']![i]!);
      return (await executable.run({ ...inputs, x }))['g']!;
    };
    const [ahead, behind] = [await shifted(1), await shifted(-1)];
    const quotient = Array.from(ahead, (a, i) => (a - behind[i]!) / (2 * h));
    // Truncation h^2 = 6e-5 and round-off eps |g| / h = 1e-5, both times derivatives of order ten.
    expect(norm(quotient.map((q, i) => q - hu![i]!)) / norm(hu!)).toBeLessThan(2e-3);
    const [left, right] = [dot(inputs['v']!, hu!), dot(inputs['u']!, hv!)];
    expect(Math.abs(left - right)).toBeLessThan(1e-4 * norm(inputs['v']!) * norm(hu!));
  });

  it('is right inside a loss whose target it is', async () => {
    // L(w) = mean (f - sg(f'))^2 for f(x) = w sin x: dL/dw = 2 mean (f - f') sin x.
    const specs: Specs = { x: { shape: [6] }, w: { shape: [1] } };
    const inputs = drawn(specs, 7);
    const { grad } = await reference(
      specs,
      ({ x, w }) => ({
        grad: tf.grad((weight: tf.Tensor) => {
          const { outputs, tangents } = jvp((a) => [tf.mul(weight, tf.sin(a!))], [x!], [tf.onesLike(x!)]);
          return tf.mean(tf.square(tf.sub(outputs[0]!, stopGradient(tangents[0]!))));
        })(w!),
      }),
      inputs,
    );
    const w = inputs['w']![0]!;
    const wanted = Array.from(inputs['x']!, (x) => 2 * (w * Math.sin(x) - w * Math.cos(x)) * Math.sin(x));
    expect(grad![0]).toBeCloseTo(wanted.reduce((sum, v) => sum + v, 0) / 6, 5);
  });

  it('is zero where the function does not depend on the direction', async () => {
    const specs: Specs = { x: { shape: [3] }, y: { shape: [3] } };
    const graph = trace(specs, ({ x, y }) => {
      const outer = tf.exp(x!); // computed before: not part of the function
      const { tangents } = jvp((a) => [tf.sin(y!), outer, tf.onesLike(a!), tf.floor(a!)], [x!], [y!]);
      return Object.fromEntries(tangents.map((tangent, i) => [`t${i}`, tangent]));
    });
    expect(optimized(graph).nodes).toEqual([]);
    const out = await (await referenceExecutor().compile(graph)).run(drawn(specs, 8));
    for (const tangent of Object.values(out)) expect([...tangent]).toEqual([0, 0, 0]);
  });

  it('hands the direction through where an output is an input', async () => {
    const specs: Specs = { x: { shape: [3] }, d: { shape: [3] } };
    const inputs = drawn(specs, 9);
    const out = await reference(
      specs,
      ({ x, d }) => ({ d2: jvp((a) => [a!], [x!], [d!]).tangents[0]! }),
      inputs,
    );
    expect(out['d2']).toEqual(inputs['d']);
  });

  it('nests: the second derivative of sin is -sin', async () => {
    const specs: Specs = { x: { shape: [5] } };
    const inputs = drawn(specs, 10);
    const { y } = await reference(
      specs,
      ({ x }) => {
        const derivative = (f: (a: tf.Tensor) => tf.Tensor) => (a: tf.Tensor) =>
          jvp((b) => [f(b!)], [a], [tf.onesLike(a)]).tangents[0]!;
        return { y: derivative(derivative(tf.sin))(x!) };
      },
      inputs,
    );
    y!.forEach((v, i) => expect(v).toBeCloseTo(-Math.sin(inputs['x']![i]!), 5));
  });

  it('shares the primal: no kernel of the function is computed twice', () => {
    const graph = trace({ x: { shape: [3] }, d: { shape: [3] } }, ({ x, d }) => {
      const { outputs, tangents } = jvp((a) => [tf.exp(tf.tanh(a!))], [x!], [d!]);
      return { y: outputs[0]!, dy: tangents[0]! };
    });
    const kernels = optimized(graph).nodes.map((node) => node.kernel);
    expect(kernels.filter((kernel) => kernel === 'Exp' || kernel === 'Tanh')).toEqual(['Tanh', 'Exp']);
  });

  it('names the op that has no forward rule', () => {
    const attempt = () =>
      trace({ x: { shape: [1, 4, 4, 1] } }, ({ x }) => ({
        y: jvp((a) => [tf.maxPool(a as tf.Tensor4D, 2, 2, 'valid')], [x!], [x!]).tangents[0]!,
      }));
    expect(attempt).toThrow(
      expect.objectContaining({
        code: 'tensor/no-jvp-rule',
        message: expect.stringContaining('MaxPool') as string,
      }) as Error,
    );
  });

  it('passes an op without a rule that the direction does not reach', () => {
    const attempt = () =>
      trace({ x: { shape: [1, 4, 4, 1] }, s: { shape: [] } }, ({ x, s }) => ({
        y: jvp((a) => [tf.mul(a!, tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'))], [s!], [s!]).tangents[0]!,
      }));
    expect(attempt).not.toThrow();
  });
});
