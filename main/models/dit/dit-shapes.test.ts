import { describe, expect, it } from 'vitest';
import type { DitConfig } from '#contract/networks.ts';
import { Rng } from '../../tensor/rng.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { ditShapes, initDitImage, sineCosinePositions } from './dit-shapes.ts';

const XL: DitConfig = {
  network: 'dit',
  size: 32,
  patch: 2,
  channels: 4,
  width: 1152,
  depth: 28,
  heads: 16,
  mlpWidth: 4608,
  classes: 1000,
  timeChannels: 256,
  timeDivisor: 'half',
  mlpNormEps: 1e-6,
  qkNorm: false,
  head: { kind: 'field', channels: 8 },
};
const SMALL: DitConfig = {
  ...XL,
  size: 4,
  width: 8,
  depth: 2,
  heads: 2,
  mlpWidth: 16,
  classes: 3,
  timeChannels: 6,
};

const count = (config: DitConfig) =>
  Object.values(ditShapes(config)).reduce((sum, shape) => sum + sizeOf(shape), 0);

describe('ditShapes', () => {
  it.each([
    ['XL/2 with a variance', XL, 675_129_632],
    ['XL/2 without', { ...XL, head: { kind: 'field', channels: 4 } }, 675_111_184],
    ['B/2', { ...XL, width: 768, depth: 12, heads: 12, mlpWidth: 3072 }, 130_512_416],
  ] satisfies [string, DitConfig, number][])('counts the parameters of %s', (_, config, parameters) => {
    expect(count(config)).toBe(parameters);
  });

  it('has an embedder for each block but the first where blocks have their own', () => {
    const own = count({ ...SMALL, blockEmbeddings: true }) - count(SMALL);
    expect(own).toBe(6 * 8 + 8 + 8 * 8 + 8 + 4 * 8);
    expect(ditShapes({ ...SMALL, blockEmbeddings: true })['blocks.1.classes']).toEqual([4, 8]);
  });

  it('has no classes where there are no labels', () => {
    expect(Object.keys(ditShapes({ ...SMALL, classes: 0 }))).not.toContain('classes');
  });

  it.each([
    ['size', { size: 33 }],
    ['width', { heads: 7 }],
    ['timeChannels', { timeChannels: 7 }],
  ])('refuses a %s that does not divide', (field, change) => {
    expect(() => ditShapes({ ...XL, ...change })).toThrow(new RegExp(`^${field}: expected a multiple`));
  });
});

describe('sineCosinePositions', () => {
  it('says the column first, then the row, of each sines, then cosines', () => {
    const [rows, width] = [3, 8];
    const table = sineCosinePositions(rows, width);
    const at = (row: number, column: number) =>
      [...table].slice((row * rows + column) * width, (row * rows + column + 1) * width);
    const wave = (index: number) =>
      [Math.sin(index), Math.sin(index / 100), Math.cos(index), Math.cos(index / 100)].map(Math.fround);
    expect(at(1, 2)).toEqual([...wave(2), ...wave(1)]);
    expect(at(2, 0)).toEqual([...wave(0), ...wave(2)]);
  });
});

describe('initDitImage', () => {
  it('fills every parameter, the same for the same seed', () => {
    const parameters = initDitImage(SMALL, new Rng(10, 'init'));
    const sizes = Object.entries(ditShapes(SMALL)).map(([name, shape]) => [name, sizeOf(shape)]);
    expect(Object.entries(parameters).map(([name, values]) => [name, values.length])).toEqual(sizes);
    expect(initDitImage(SMALL, new Rng(10, 'init'))).toEqual(parameters);
    expect(initDitImage(SMALL, new Rng(11, 'init'))).not.toEqual(parameters);
  });

  it('starts modulation, last layers and biases at zero and nothing else', () => {
    const parameters = initDitImage({ ...SMALL, qkNorm: true }, new Rng(10, 'init'));
    const zero = Object.keys(parameters).filter((name) => parameters[name]!.every((value) => value === 0));
    expect(zero.sort()).toEqual(
      Object.keys(parameters)
        .filter((name) => name.endsWith('.bias') || /adaLN|final\.linear/.test(name))
        .sort(),
    );
  });

  it('starts the components of a mixture apart, alike at every place of a patch', () => {
    const head = { kind: 'gm', components: 3, logStdWidth: 5 } as const;
    const parameters = initDitImage({ ...SMALL, head }, new Rng(10, 'init'));
    const bias = parameters['means.bias']!;
    const each = bias.length / SMALL.patch ** 2;
    expect(new Set(bias).size).toBe(each);
    expect(bias.every((value, i) => value === bias[i % each])).toBe(true);
    expect(parameters['logStd.2.bias']![0]).toBeCloseTo(Math.log(0.05), 6);
  });
});
