import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { Rng } from '../tensor/rng.ts';
import { interpolate, pathVelocity } from './interpolant.ts';

function normals(shape: number[], stream: string) {
  const size = shape.reduce((product, n) => product * n, 1);
  return tf.tensor(new Rng(3, stream).fillNormal(new Float32Array(size)), shape);
}

describe('interpolate', () => {
  it.each([[[3]], [[3, 2]], [[3, 2, 4, 1]]])('is data at t = 0 and noise at t = 1, shape %j', (shape) => {
    const [data, noise] = [normals(shape, 'data'), normals(shape, 'noise')];
    expect(interpolate(data, noise, tf.zeros([3])).dataSync()).toEqual(data.dataSync());
    expect(interpolate(data, noise, tf.ones([3])).dataSync()).toEqual(noise.dataSync());
  });

  it('uses the time of each sample, and its slope in t is the path velocity', () => {
    const [data, noise] = [normals([4, 2], 'data'), normals([4, 2], 'noise')];
    const times = [0.1, 0.25, 0.5, 0.75];
    const at = (shift: number) => interpolate(data, noise, tf.tensor1d(times.map((t) => t + shift)));
    const [x0, n, x] = [data.dataSync(), noise.dataSync(), at(0).dataSync()];
    const slope = tf.div(tf.sub(at(0.25), at(0)), 0.25).dataSync();
    const velocity = pathVelocity(data, noise).dataSync();
    x.forEach((value, i) => {
      const t = times[i >> 1]!;
      // float32: numbers up to 5 with three roundings, and the quotient divides by 1/4.
      expect(value).toBeCloseTo((1 - t) * x0[i]! + t * n[i]!, 5);
      expect(slope[i]).toBeCloseTo(velocity[i]!, 4);
    });
  });

  it('keeps no tensor but its result', () => {
    const [data, noise, t] = [normals([4, 2], 'data'), normals([4, 2], 'noise'), tf.zeros<tf.Rank.R1>([4])];
    const before = tf.memory().numTensors;
    interpolate(data, noise, t).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
