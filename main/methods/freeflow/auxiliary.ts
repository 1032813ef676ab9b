/**
 * The auxiliary network of the correction. It learns, beside the student and from its samples alone, the
 * noising velocity v_N(x, r) = E[xhat - n | x_r = x], x_r = (1 - r) xhat + r n: what the teacher would be
 * if the student's samples were the data.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { interpolate } from '../../maths/interpolant.ts';
import type { Condition } from '../../maths/sampleable.ts';
import type { Rng } from '../../tensor/rng.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { type Packing, unpack } from '../../tensor/tree.ts';
import type { Draw, HostState, State } from '../method.ts';
import type { NetworkSpec } from '../network-spec.ts';
import { sampleNetwork } from '../network.ts';
import { initNetwork, networkLayout, optimisedStep } from '../optimisation.ts';
import type { FreeflowOptions } from './params.ts';
import { noisingKind, noisingTimesOf } from './times.ts';

/** It learns a velocity at all times, which needs the usual embedding. */
const TIME = { timeChannels: 64, timeScale: 1000 } as const;
const PREFIX = 'auxiliary-';

/** v_N(x, r) of the samples of a batch. @param x [B, dim]  @param r [B] */
export type NoisingVelocity = (x: Tensor, r: Tensor1D) => Tensor;

export interface Auxiliary {
  readonly layout: Readonly<Record<string, Packing>>;
  /** Two independent sets of noise and times: one for it to learn from, one for the student. */
  readonly draws: Readonly<Record<'noising' | 'noisingTime', Draw>>;
  init(rng: Rng): HostState;
  /** x_r and r of set 0 or 1 of its draws. @param xhat [B, dim] */
  noised(xhat: Tensor, draws: Readonly<Record<string, Tensor>>, set: 0 | 1): Noised;
  /** One step on |v(x_r, r) - (xhat - n)|^2. @param state  of the whole method */
  learn(
    state: State,
    xhat: Tensor,
    noised: Noised,
    condition: Condition | undefined,
    step: Scalar,
  ): { state: State; loss: Scalar; velocity: NoisingVelocity };
}

interface Noised {
  readonly x: Tensor;
  readonly r: Tensor1D;
  readonly n: Tensor;
}

/**
 * @param student  the student's network, whose size, conditions and start it shares
 * @param batch  student samples a step
 */
export function auxiliaryOf(
  options: FreeflowOptions,
  student: NetworkSpec,
  batch: number,
  totalSteps: number,
): Auxiliary {
  const { width, depth } = student.mlp;
  const network = sampleNetwork(options, { ...student, reads: 'time', mlp: { width, depth, ...TIME } });
  const { packing } = network;
  return {
    layout: prefixed(networkLayout(packing)),
    draws: {
      noising: { kind: 'normal', shape: [2, batch, sizeOf(student.sampleShape)] },
      noisingTime: { kind: noisingKind(options), shape: [2, batch] },
    },
    init: (rng) => prefixed(initNetwork(packing, network.init(rng))),
    noised(xhat, { noising, noisingTime }, set) {
      const n = part(noising!, set);
      const r = noisingTimesOf(part(noisingTime!, set), options);
      return { x: interpolate(xhat, n, r), r, n };
    },
    learn(state, xhat, { x, r, n }, condition, step) {
      const learnt = optimisedStep(
        unprefixed(state),
        packing,
        step,
        totalSteps,
        { ...options, learningRate: options.auxiliaryRate },
        (parameters) => {
          const found = network.apply(parameters, x, { t: r }, condition);
          return { loss: tf.mean(tf.square(tf.sub(found, tf.sub(xhat, n)))) as Scalar };
        },
      );
      const parameters = unpack(learnt.state['params'] as Tensor1D, packing);
      return {
        state: prefixed(learnt.state),
        loss: learnt.scalars['loss']!,
        velocity: (at, time) => network.apply(parameters, at, { t: time }, condition),
      };
    },
  };
}

function part(x: Tensor, set: number): Tensor {
  return tf.squeeze(tf.slice(x, set, 1), [0]);
}

/** Its state beside the student's. */
function prefixed<T>(state: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(state).map(([name, value]) => [PREFIX + name, value]));
}

function unprefixed(state: State): State {
  return Object.fromEntries(
    Object.entries(state)
      .filter(([name]) => name.startsWith(PREFIX))
      .map(([name, value]) => [name.slice(PREFIX.length), value]),
  );
}
