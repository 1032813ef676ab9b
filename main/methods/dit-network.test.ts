import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Convention, DitConfig } from '#contract/networks.ts';
import { evaluate } from '../maths/policy/testdata/evaluate.ts';
import { ditShapes, initDitImage } from '../models/dit/dit-shapes.ts';
import { importedVelocity } from '../models/imported/velocity.ts';
import { Rng } from '../tensor/rng.ts';
import { ditNetwork } from './dit-network.ts';
import type { TrainedDit } from './method.ts';
import type { ImageNetworkOptions, NetworkSpec } from './network-spec.ts';
import { networkKind } from './network.ts';
import { params } from './piflow/params.ts';
import { policyHead } from './piflow/policy-head.ts';
import { policyNetwork } from './piflow/policy-network.ts';

const B = 3;
const SHAPE = [4, 4, 2];
const SIZES: ImageNetworkOptions = {
  network: 'auto',
  patch: 2,
  ditWidth: 8,
  ditDepth: 2,
  heads: 2,
  mlpRatio: 2,
};

/** A teacher with random numbers in every layer; four channels more than the image's are a variance. */
function teacherOf(convention: Convention, classes: number, change: Partial<DitConfig> = {}): TrainedDit {
  const config: DitConfig = {
    network: 'dit',
    size: 4,
    patch: 2,
    channels: 2,
    width: 8,
    depth: 2,
    heads: 2,
    mlpWidth: 16,
    classes,
    timeChannels: 12,
    timeDivisor: 'half',
    mlpNormEps: 1e-6,
    qkNorm: true,
    head: { kind: 'field', channels: 4 },
    ...change,
  };
  const parameters = Object.fromEntries(
    Object.entries(initDitImage(config, new Rng(5, 'teacher'))).map(([name, values]) => [
      name,
      new Rng(6, name).fillNormal(new Float32Array(values.length)).map((x) => 0.4 * x),
    ]),
  );
  return { config, convention, parameters };
}

const given = {
  x: [[B, ...SHAPE], new Rng(7, 'x').fillNormal(new Float32Array(B * 32))],
  t: [[B], [1, 0.6, 0.2]],
  label: [[B], [0, 3, 1]],
} as const;

/** Arrays as constants of a traced function, in the shapes of a packing. */
function tensors(
  arrays: Readonly<Record<string, Float32Array>>,
  shapes: Readonly<Record<string, readonly number[]>>,
): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, values]) => [name, tf.tensor(values, [...shapes[name]!])]),
  );
}

const shapesOf = ({ leaves }: { leaves: readonly { name: string; shape: readonly number[] }[] }) =>
  Object.fromEntries(leaves.map(({ name, shape }) => [name, shape]));

const velocityOf = ({ config, convention, parameters }: TrainedDit) =>
  importedVelocity(config, convention, tensors(parameters, ditShapes(config)));

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i]!)));
}

describe('a transformer that starts from its teacher', () => {
  it.each([
    ['flow-1000', 4, 4],
    ['repa', 4, 0],
    ['sit', 0, 0],
  ] as const)('fed as %s says what it says', async (convention, taught, classes) => {
    const teacher = teacherOf(convention, taught);
    const spec: NetworkSpec = {
      sampleShape: SHAPE,
      classes,
      reads: 'time',
      teacher,
      mlp: { width: 1, depth: 1, timeChannels: 0 },
    };
    const { found, dataward, wanted } = await evaluate(given, ({ x, t, label }) => {
      const condition = classes > 0 ? { label: label as Tensor1D } : undefined;
      const said = (isDataward: boolean): Tensor => {
        const network = ditNetwork(SIZES, { ...spec, isDataward });
        const parameters = tensors(network.init(new Rng(8, 'init')), shapesOf(network.packing));
        const flat = tf.reshape(x!, [B, -1]);
        return tf.reshape(network.apply(parameters, flat, { t: t as Tensor1D }, condition), x!.shape);
      };
      return {
        found: said(false),
        dataward: tf.neg(said(true)),
        wanted: velocityOf(teacher).velocity(x!, t as Tensor1D, condition),
      };
    });
    // Folding the null class into a bias adds in another order.
    expect(largestDifference(found, wanted)).toBeLessThan(1e-4);
    expect(dataward).toEqual(found);
    expect(Math.max(...wanted.map(Math.abs))).toBeGreaterThan(0.1);
  });

  it('is at any duration the teacher at noise, before it is trained', async () => {
    const teacher = teacherOf('flow-1000', 4);
    const network = ditNetwork(SIZES, {
      sampleShape: SHAPE,
      classes: 4,
      readsGuidance: true,
      reads: 'duration',
      duration: { channels: 4, scale: 4 },
      teacher,
      mlp: { width: 1, depth: 1, timeChannels: 0 },
    });
    const { found, wanted } = await evaluate(given, ({ x, t, label }) => {
      const parameters = tensors(network.init(new Rng(8, 'init')), shapesOf(network.packing));
      const condition = { label: label as Tensor1D, guidance: tf.add(t!, 1) as Tensor1D };
      const flat = tf.reshape(x!, [B, -1]);
      return {
        found: tf.reshape(network.apply(parameters, flat, { d: t as Tensor1D }, condition), x!.shape),
        wanted: velocityOf(teacher).velocity(x!, tf.onesLike(t!) as Tensor1D, condition),
      };
    });
    expect(largestDifference(found, wanted)).toBeLessThan(1e-5);
  });

  it.each([
    ['another width', { width: 16 }],
    ['other classes', { classes: 5 }],
    ['the head of a policy', { head: { kind: 'dx', points: 2, nfe: 1 } }],
  ] as const)('takes no teacher of %s', (_, change) => {
    const teacher = teacherOf('flow-1000', 4, change);
    const network = ditNetwork(SIZES, {
      sampleShape: SHAPE,
      classes: 4,
      reads: 'time',
      teacher,
      mlp: { width: 1, depth: 1, timeChannels: 0 },
    });
    expect(network.init(new Rng(8, 'init'))['final.linear.weight']!.every((x) => x === 0)).toBe(true);
  });

  it('takes none that answers with noise', () => {
    const spec = {
      sampleShape: SHAPE,
      classes: 4,
      reads: 'time',
      mlp: { width: 1, depth: 1, timeChannels: 0 },
    };
    const network = ditNetwork(SIZES, { ...spec, teacher: teacherOf('dit', 4) } as NetworkSpec);
    expect(network.init(new Rng(8, 'init'))['final.linear.weight']!.every((x) => x === 0)).toBe(true);
  });
});

describe('a policy that starts from its teacher', () => {
  it.each(['gm', 'dx'] as const)('%s is near it at its source, pixel by pixel', async (policy) => {
    const teacher = teacherOf('sit', 4);
    const options = params.parse({ ...SIZES, policy, components: 3, conditional: true });
    const head = policyHead(options, 32);
    const network = policyNetwork(options, head, SHAPE, 4, teacher);
    const { found, wanted } = await evaluate(given, ({ x, t, label }) => {
      const parameters = tensors(network.init(new Rng(8, 'init')), shapesOf(network.packing));
      const condition = { label: label as Tensor1D };
      const source = { x: network.places.of(x!), t: t as Tensor1D };
      const said = network.said(parameters, source.x, source.t, condition);
      return {
        found: network.places.samples(head.policy(said, source)(source.x, source.t)),
        wanted: velocityOf(teacher).velocity(x!, source.t, condition),
      };
    });
    // Biases of the components are apart by normals of deviation 0.05.
    expect(largestDifference(found, wanted)).toBeLessThan(0.25);
    expect(Math.max(...wanted.map(Math.abs))).toBeGreaterThan(0.5);
  });
});

describe('the choice of a network', () => {
  it('is a transformer for images and a plain one for points', () => {
    expect(networkKind({ network: 'auto' }, [8, 8, 1])).toBe('dit');
    expect(networkKind({ network: 'mlp' }, [8, 8, 1])).toBe('mlp');
    expect(networkKind({ network: 'auto' }, [2])).toBe('mlp');
    expect(() => networkKind({ network: 'dit' }, [2])).toThrow('params.network: expected auto or mlp');
  });

  it.each([
    ['patch', { patch: 3 }, [4, 4, 1]],
    ['heads', { heads: 3 }, [4, 4, 1]],
    ['network', {}, [4, 8, 1]],
  ] as const)('refuses a transformer by %s that does not fit', (field, change, sampleShape) => {
    const spec = {
      sampleShape,
      classes: 0,
      reads: 'time',
      mlp: { width: 1, depth: 1, timeChannels: 0 },
    } as const;
    expect(() => ditNetwork({ ...SIZES, ...change }, spec)).toThrow(`params.${field}: expected`);
  });
});
