import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { guidedVelocity, scaleAt, scalesAt } from './cfg.ts';

const conditional = tf.tensor2d([1, -2, 0.5, 3], [2, 2]);
const unconditional = tf.tensor2d([0.25, 4, -1, 3], [2, 2]);

describe('guidedVelocity', () => {
  it('is unconditional at w = 0, conditional at w = 1 and extrapolates beyond', () => {
    // Every number here is a short binary fraction: float32 keeps it exactly.
    const at = (w: number) => [...guidedVelocity(conditional, unconditional, w).dataSync()];
    expect(at(0)).toEqual([...unconditional.dataSync()]);
    expect(at(1)).toEqual([...conditional.dataSync()]);
    expect(at(2)).toEqual([1.75, -8, 2, 3]);
  });

  it('takes one scale per sample', () => {
    const guided = guidedVelocity(conditional, unconditional, tf.tensor1d([0, 2]));
    expect([...guided.dataSync()]).toEqual([0.25, 4, 2, 3]);
  });
});

describe('interval guidance', () => {
  const guidance = { scale: 2.5, low: 0.1, high: 0.6 };

  it('includes both ends', () => {
    expect([0, 0.1, 0.3, 0.6, 0.601, 1].map((t) => scaleAt(guidance, t))).toEqual([1, 2.5, 2.5, 2.5, 1, 1]);
  });

  it('says the same for a batch', () => {
    const times = [0, 0.0999, 0.1, 0.3, 0.6, 0.601, 1];
    const scales = [...scalesAt(guidance, tf.tensor1d(times)).dataSync()];
    expect(scales).toEqual(times.map((t) => scaleAt(guidance, t)));
  });
});
