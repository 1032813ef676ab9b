import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { Rng } from '../../tensor/rng.ts';
import { unpack } from '../../tensor/tree.ts';
import { initNetwork } from '../optimisation.ts';
import { mapParams } from './student-params.ts';
import { computed, gap, normals, uniforms, worst } from './testdata/gaussian.ts';
import { averageVelocityOf, twoTimeFlowMap, twoTimeNetwork } from './two-time-map.ts';

const B = 32;
const options = z.object(mapParams).parse({ width: 16, depth: 2, timeChannels: 4 });
const network = twoTimeNetwork(options, [2], 0);
const { packing } = network;
const inputs = {
  state: { shape: [packing.size], values: initNetwork(packing, network.init(new Rng(5, 'init')))['params']! },
  x: { shape: [B, 2], values: normals('x', 2 * B) },
  t: { shape: [B], values: uniforms('t', B) },
};

it('stays where it is over no time, starts maps at t = 1, and reads every input', async () => {
  const found = await computed(inputs, ({ state, x, t }) => {
    const parameters = unpack(state as Tensor1D, packing);
    const { map, jump } = twoTimeFlowMap(network, parameters, [2], 0);
    const time = t as Tensor1D;
    const ones = tf.ones([B]) as Tensor1D;
    const U = averageVelocityOf(network, parameters);
    const earlier = tf.mul(time, 0.5) as Tensor1D;
    return {
      still: tf.sub(jump!(x!, time, time), x!),
      mapped: map(x!, time),
      jumped: jump!(x!, ones, tf.sub(1, time) as Tensor1D),
      straight: tf.sub(x!, tf.mul(tf.expandDims(time, 1) as Tensor, U(x!, ones, time))),
      byTime: tf.sub(U(x!, time, earlier), U(x!, ones, earlier)),
      byDuration: tf.sub(U(x!, ones, earlier), U(x!, ones, time)),
    };
  });
  expect(worst(found.still)).toBe(0);
  expect(gap(found.mapped, found.jumped)).toBe(0);
  // 1 - (1 - t) is t up to rounding.
  expect(gap(found.mapped, found.straight)).toBeLessThan(1e-5);
  expect(worst(found.byTime)).toBeGreaterThan(1e-2);
  expect(worst(found.byDuration)).toBeGreaterThan(1e-2);
});
