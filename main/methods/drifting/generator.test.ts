import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../tensor/rng.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { chosenParts, normalQuantiles } from './choices.ts';
import { driftGenerator } from './generator.ts';
import { params } from './params.ts';
import { type Given, evaluated, normalsOf } from './testing/evaluated.ts';

const SHAPE = [4, 4, 2];
const DIM = sizeOf(SHAPE);
const CLASSES = 3;
const TRANSFORMER = {
  network: 'dit',
  ditWidth: 8,
  ditDepth: 1,
  heads: 2,
  contextTokens: 2,
  styleTokens: 2,
  styleCodebook: 4,
  unconditional: 1,
};

const generatorOf = (more: Record<string, unknown>, classes = CLASSES) =>
  driftGenerator(params.parse({ noiseDim: 5, width: 8, depth: 1, ...more }), SHAPE, classes);

/** Samples [n, DIM] of random parameters, none of them zero. */
async function samplesOf(
  more: Record<string, unknown>,
  noise: Float32Array,
  asked: { label?: number; guidance?: number } = {},
  classes = CLASSES,
): Promise<number[][]> {
  const generator = generatorOf(more, classes);
  const count = noise.length / generator.noiseDim;
  const given: Record<string, Given> = { noise: { shape: [count, generator.noiseDim], values: noise } };
  for (const { name, shape } of generator.packing.leaves) {
    given[`parameter ${name}`] = normalsOf(shape, name, { std: 0.5 });
  }
  for (const [name, value] of Object.entries(asked)) {
    given[name] = { shape: [count], values: new Float32Array(count).fill(value) };
  }
  const { samples } = await evaluated(given, (inputs) => {
    const parameters: Record<string, Tensor> = {};
    for (const { name } of generator.packing.leaves) parameters[name] = inputs[`parameter ${name}`]!;
    const condition =
      inputs['label'] === undefined
        ? undefined
        : {
            label: inputs['label'] as Tensor1D,
            ...(inputs['guidance'] === undefined ? {} : { guidance: inputs['guidance'] as Tensor1D }),
          };
    return { samples: generator.generate(parameters, inputs['noise']!, condition) };
  });
  return Array.from({ length: count }, (_, i) => [...samples!.subarray(i * DIM, (i + 1) * DIM)]);
}

/** The same noise for every row but for what `change` does to it. */
function noiseRows(length: number, changes: readonly ((row: Float32Array) => void)[]): Float32Array {
  const row = new Rng(8, 'row').fillNormal(new Float32Array(length));
  const rows = new Float32Array(length * changes.length);
  changes.forEach((change, i) => {
    const own = rows.subarray(i * length, (i + 1) * length);
    own.set(row);
    change(own);
  });
  return rows;
}

describe('choices by noise', () => {
  it('are equally frequent and change where the quantiles are', async () => {
    const parts = 7;
    const noise = normalsOf([5000], 'choices');
    const { chosen } = await evaluated({ noise }, (inputs) => ({
      chosen: chosenParts(inputs['noise']!, parts),
    }));
    const counts = new Array<number>(parts).fill(0);
    for (const part of chosen!) counts[part]! += 1;
    // Binomial: five standard deviations.
    for (const count of counts)
      expect(Math.abs(count - 5000 / parts)).toBeLessThan(5 * Math.sqrt(5000 / parts));

    const cuts = normalQuantiles(parts);
    const around = Float32Array.from(cuts.flatMap((cut) => [cut - 1e-4, cut + 1e-4]));
    const beside = await evaluated({ noise: { shape: [around.length], values: around } }, (inputs) => ({
      chosen: chosenParts(inputs['noise']!, parts),
    }));
    expect([...beside['chosen']!]).toEqual(cuts.flatMap((_, i) => [i, i + 1]));
  });
});

describe.each([
  ['residual', {}],
  ['mlp', { network: 'mlp' }],
  ['dit', TRANSFORMER],
])('a generator of classes, %s', (_, more) => {
  const { noiseDim } = generatorOf(more);
  const last = noiseDim - 1;

  it('is a function of its noise, whose last number chooses the class', async () => {
    const noise = noiseRows(noiseDim, [
      (row) => (row[last] = -2),
      (row) => (row[last] = -1),
      (row) => (row[last] = 0),
      (row) => (row[last] = 1),
    ]);
    const [low, alsoLow, middle, high] = await samplesOf(more, noise);
    expect(alsoLow).toEqual(low);
    expect(middle).not.toEqual(low);
    expect(high).not.toEqual(middle);
    // Asked for a class, all four are one; asked for any (one past the last), they choose again.
    const ofOne = await samplesOf(more, noise, { label: 1 });
    for (const sample of ofOne) expect(sample).toEqual(middle);
    expect(await samplesOf(more, noise, { label: CLASSES })).toEqual([low, alsoLow, middle, high]);
  });
});

describe('the transformer', () => {
  const { noiseDim } = generatorOf(TRANSFORMER);

  it('reads an image of noise, a number for each style and one for the class', () => {
    expect(noiseDim).toBe(DIM + 2 + 1);
    expect(generatorOf(TRANSFORMER, 0).noiseDim).toBe(DIM + 2);
    expect(generatorOf({ ...TRANSFORMER, styleTokens: 0 }).noiseDim).toBe(DIM + 1);
  });

  it('takes a style by the quarter of the normal that its number lies in', async () => {
    const noise = noiseRows(noiseDim, [
      (row) => (row[DIM] = 0.1),
      (row) => (row[DIM] = 0.6),
      (row) => (row[DIM] = 0.7),
      (row) => (row[DIM] = -0.1),
      (row) => {
        row[DIM] = 0.1;
        row[DIM + 1] = -row[DIM + 1]!;
      },
    ]);
    const [first, same, next, before, otherStyle] = await samplesOf(TRANSFORMER, noise);
    expect(same).toEqual(first);
    for (const other of [next, before, otherStyle]) expect(other).not.toEqual(first);
  });

  it('reads guidance, 1 where nothing is said', async () => {
    const noise = noiseRows(noiseDim, [() => undefined]);
    const at = (asked: { label: number; guidance?: number }) => samplesOf(TRANSFORMER, noise, asked);
    const [one, two, unsaid] = [
      await at({ label: 0, guidance: 1 }),
      await at({ label: 0, guidance: 2 }),
      await at({ label: 0 }),
    ];
    expect(unsaid).toEqual(one);
    expect(two).not.toEqual(one);
  });

  it('begins with samples that differ, as widely as is asked for', async () => {
    const spreadOf = async (startSpread: number): Promise<number> => {
      const generator = generatorOf({ ...TRANSFORMER, ditWidth: 32, startSpread });
      const start = generator.init(new Rng(9, 'init'));
      const given: Record<string, Given> = { noise: normalsOf([64, generator.noiseDim], 'noise') };
      for (const { name, shape } of generator.packing.leaves) {
        given[`parameter ${name}`] = { shape, values: start[name]! };
      }
      const { samples } = await evaluated(given, ({ noise, ...rest }) => {
        const parameters = Object.fromEntries(
          Object.entries(rest).map(([name, tensor]) => [name.replace('parameter ', ''), tensor]),
        );
        return { samples: generator.generate(parameters, noise!) };
      });
      return Math.sqrt(samples!.reduce((sum, x) => sum + x * x, 0) / samples!.length);
    };
    // A normed hidden layer times N(0, spread^2 / width).
    expect(await spreadOf(1)).toBeGreaterThan(0.6);
    expect(await spreadOf(1)).toBeLessThan(1.4);
    expect(await spreadOf(0)).toBe(0);
  });

  it.each([
    ['points', [2], {}, 'params.network'],
    ['images that are no squares', [4, 6, 1], {}, 'params.network'],
    ['a patch that does not divide', [4, 4, 1], { patch: 3 }, 'params.patch'],
    ['heads of an odd size', [4, 4, 1], { ditWidth: 12, heads: 4 }, 'params.heads'],
    ['a place to start at', [4, 4, 1], { startCentre: new Array(16).fill(0) }, 'params.startCentre'],
  ])('refuses %s', (_, shape, more, field) => {
    const options = params.parse({ ...TRANSFORMER, ...more });
    expect(() => driftGenerator(options, shape, 0)).toThrow(
      expect.objectContaining({ code: 'config/wrong-value', detail: { field } }) as Error,
    );
  });
});
