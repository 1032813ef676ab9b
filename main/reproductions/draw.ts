/** Samples of anything trained, with as many evaluations as are asked for, of the classes that are asked for. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { Condition, Policy, Sampleable } from '../maths/sampleable.ts';
import { segmentsOf } from '../maths/policy/raw-time.ts';
import { type HostFlowMap, sampleFlowMap } from '../samplers/flow-map.ts';
import { samplerById } from '../samplers/index.ts';
import { policySegment } from '../samplers/policy.ts';
import type { Velocity } from '../samplers/sampler.ts';
import type { Program } from '../tensor/program.ts';
import { Rng } from '../tensor/rng.ts';
import { sizeOf } from '../tensor/shape.ts';
import type { Lab } from './lab.ts';
import { ROLL_OUT_SUBSTEPS, type Trained } from './trained.ts';

/** Samples of a program call, and of the sampler's state. */
const ROWS = 500;

interface Asked {
  /** Flat [count, ...noiseShape]. */
  readonly noise: ArrayLike<number>;
  /** [count] a class each, for what can be asked for one; any class if null. */
  readonly labels: ArrayLike<number> | null;
  /** Network calls of a flow map or a policy, steps of the sampler for a velocity; a generator takes one. */
  readonly steps: number;
  /** Of a velocity; Euler unless said. */
  readonly sampler?: 'euler' | 'heun' | undefined;
  /** What a flow map that starts at noise only hands over to, above one step. */
  readonly teacher?: Trained | null;
  /** Of the fresh noise of maps that are chained by it. */
  readonly seed: number;
}

export interface Drawn {
  /** Flat [count * dim]. */
  readonly samples: Float64Array;
  /** Network evaluations of a sample. */
  readonly nfe: number;
  /** On this machine as busy as it was, compilation left out. */
  readonly millisecondsPerSample: number;
}

/** From noise to data in float64, for one chunk of rows and their labels. */
type Path = (noise: Float64Array, labels: Float32Array) => Promise<{ samples: Float64Array; nfe: number }>;

/** @throws WorkbenchError `reproduction/stopped`, and what the samplers throw */
export async function drawSamples(lab: Lab, trained: Trained, asked: Asked): Promise<Drawn> {
  const size = sizeOf(trained.bound.noiseShape);
  const dim = sizeOf(trained.sampleShape);
  const count = asked.noise.length / size;
  const rows = Math.min(count, ROWS);
  const calls = new Calls(lab, rows, asked.labels !== null);
  try {
    const path = await pathOf(calls, trained, asked);
    const samples = new Float64Array(count * dim);
    let nfe = 0;
    const began = performance.now();
    for (let start = 0; start < count; start += rows) {
      lab.throwIfStopped();
      // The last chunk is filled up with noise of the first rows, whose samples are dropped.
      const row = (i: number): number => (start + i < count ? start + i : i);
      const noise = new Float64Array(rows * size).map(
        (_, i) => asked.noise[row(Math.floor(i / size)) * size + (i % size)]!,
      );
      const labels = Float32Array.from({ length: rows }, (_, i) => asked.labels?.[row(i)] ?? 0);
      const found = await path(noise, labels);
      samples.set(found.samples.subarray(0, Math.min(rows, count - start) * dim), start * dim);
      nfe = found.nfe;
    }
    return { samples, nfe, millisecondsPerSample: (performance.now() - began) / count };
  } finally {
    await calls.dispose();
  }
}

async function pathOf(
  calls: Calls,
  trained: Trained,
  { steps, sampler, teacher, seed }: Asked,
): Promise<Path> {
  const dim = sizeOf(trained.sampleShape);
  const rng = new Rng(seed, 'reproduction/renoise');
  switch (trained.method.produces) {
    case 'velocity': {
      const velocity = await calls.velocity(trained);
      return async (noise, labels) => {
        const options = { steps, dim, record: 'end' as const };
        const { states, nfe } = await samplerById(sampler ?? 'euler').sample(
          velocity(labels),
          noise,
          options,
        );
        return { samples: states.at(-1)!, nfe };
      };
    }
    case 'flowMap': {
      const map = await calls.flowMap(trained);
      const isChained = trained.bound.chain !== undefined;
      const rest = teacher && steps > 1 && !isChained ? await calls.velocity(teacher) : null;
      return async (noise, labels) => {
        const field = rest === null ? {} : { teacher: rest(labels) };
        const options = { nfe: steps, dim, rng, record: 'end' as const, ...field };
        const { states, nfe } = await sampleFlowMap(map(labels), noise, options);
        return { samples: states.at(-1)!, nfe };
      };
    }
    case 'policy': {
      const call = await calls.compiled(trained, { x: trained.sampleShape }, (made, { x }, condition) =>
        rolledOut(made as Policy, x!, steps, condition),
      );
      return async (noise, label) => ({ samples: await call({ x: noise, label }), nfe: steps });
    }
    case 'generator': {
      const call = await calls.compiled(
        trained,
        { x: trained.bound.noiseShape },
        (made, { x }, condition) => {
          if (made.kind !== 'generator') throw new Error('a generator method without a generator');
          return made.generate(x!, condition);
        },
      );
      return async (noise, label) => ({ samples: await call({ x: noise, label }), nfe: 1 });
    }
    default:
      throw new Error(`${trained.method.title} makes no samples`);
  }
}

function rolledOut(policy: Policy, noise: Tensor, nfe: number, condition: Condition | undefined): Tensor {
  const count = noise.shape[0]!;
  let x = noise;
  for (const { from, to } of segmentsOf(nfe)) {
    const [a, b] = [tf.fill([count], from), tf.fill([count], to)] as [Tensor1D, Tensor1D];
    const substeps = Math.round(ROLL_OUT_SUBSTEPS / nfe);
    x = policySegment(policy, x, a, b, { records: 1, substeps, condition })[0]!;
  }
  return x;
}

type Call = (inputs: Readonly<Record<string, ArrayLike<number>>>) => Promise<Float64Array>;

/** Functions of trained networks, compiled for so many rows and disposed of together. */
class Calls {
  private readonly programs: Program[] = [];
  private readonly lab: Lab;
  private readonly rows: number;
  private readonly isAsked: boolean;

  /** @param isAsked  whether samples are asked for classes, where they can be */
  constructor(lab: Lab, rows: number, isAsked: boolean) {
    this.lab = lab;
    this.rows = rows;
    this.isAsked = isAsked;
  }

  /** @param inputs  shapes of a row of each  @param run  traced once */
  async compiled(
    trained: Trained,
    inputs: Readonly<Record<string, readonly number[]>>,
    run: (made: Sampleable, tensors: Record<string, Tensor>, condition: Condition | undefined) => Tensor,
  ): Promise<Call> {
    const isAsked = this.isAsked && trained.classes > 0;
    const shapes = Object.entries(inputs).map(([name, shape]) => [name, [this.rows, ...shape]] as const);
    const program = await this.lab.program(
      { ...Object.fromEntries(shapes), ...(isAsked ? { label: [this.rows] } : {}) },
      (tensors) => {
        const condition = isAsked ? { label: tensors['label'] as Tensor1D } : undefined;
        return { out: run(trained.sampleable(), tensors, condition) };
      },
    );
    this.programs.push(program);
    return async ({ label, ...others }) => {
      const given = { ...others, ...(isAsked ? { label: label! } : {}) };
      const arrays = Object.entries(given).map(
        ([name, values]) => [name, Float32Array.from(values)] as const,
      );
      return Float64Array.from((await program.run(Object.fromEntries(arrays)))['out']!);
    };
  }

  async velocity(trained: Trained): Promise<(label: Float32Array) => Velocity> {
    const call = await this.compiled(
      trained,
      { x: trained.sampleShape, t: [] },
      (made, { x, t }, condition) => {
        if (made.kind !== 'velocity') throw new Error('a velocity method without a velocity');
        return made.velocity(x!, t as Tensor1D, condition);
      },
    );
    return (label) => (x, t) => {
      this.lab.throwIfStopped();
      return call({ x, t: this.column(t), label });
    };
  }

  async flowMap(trained: Trained): Promise<(label: Float32Array) => HostFlowMap> {
    const shape = trained.sampleShape;
    const map = await this.compiled(trained, { x: shape, d: [] }, (made, { x, d }, condition) =>
      flowMapOf(made).map(x!, d as Tensor1D, condition),
    );
    const { chain } = trained.bound;
    if (chain === undefined) {
      return (label) => ({ map: (x, d) => map({ x, d: this.column(d), label }) });
    }
    const jump = await this.compiled(
      trained,
      { x: shape, from: [], to: [] },
      (made, { x, from, to }, condition) =>
        flowMapOf(made).jump!(x!, from as Tensor1D, to as Tensor1D, condition),
    );
    return (label) => ({
      chain,
      map: (x, d) => map({ x, d: this.column(d), label }),
      jump: (x, from, to) => jump({ x, from: this.column(from), to: this.column(to), label }),
    });
  }

  async dispose(): Promise<void> {
    for (const program of this.programs.splice(0)) await program.dispose();
  }

  private column(value: number): Float32Array {
    return new Float32Array(this.rows).fill(value);
  }
}

function flowMapOf(made: Sampleable) {
  if (made.kind !== 'flowMap') throw new Error('a flow-map method without a flow map');
  return made;
}
