import { readFileSync, readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../tensor/rng.ts';
import { type DataSource, datasetById, imageDatasets, importedImages, parseDatasetParams } from '../index.ts';
import { expectAverage } from '../testdata/monte-carlo.ts';
import { refusalOf } from '../testdata/refusal.ts';
import { imageSet, imageSource, split } from './image-set.ts';
import { mirror } from './mirror.ts';
import { byteTensorsOf, shippedTensors } from './shipped.ts';

const resources = new URL('../../../resources/data/', import.meta.url);

/** 100 images whose first two levels are their number, so that each is known again wherever it turns up. */
const numbered = imageSet({
  count: 100,
  shape: [4, 6, 3],
  values: Uint8Array.from({ length: 100 * 72 }, (_, j) => (j % 72 < 2 ? Math.floor(j / 72) : (j * 37) % 101)),
  labels: Uint16Array.from({ length: 100 }, (_, i) => i % 7),
  classes: 7,
});
const OPTIONS = { white: 100, holdout: 0.2, mirrored: false, dequantised: false };

function created(id: string, params: object = {}): DataSource {
  const dataset = datasetById(id);
  return dataset.create(parseDatasetParams(dataset, params));
}

const sources: { name: string; source: DataSource }[] = [
  ...[{}, { mirrored: true }, { dequantised: true, holdout: 0.5 }].map((params) => ({
    name: `digits ${JSON.stringify(params)}`,
    source: created('digits', params),
  })),
  ...[
    {},
    { size: 9, channels: 'colour' },
    { place: 1, scale: 0.8, rotation: 1, colour: 1, channels: 'colour' },
  ].map((params) => ({ name: `shapes ${JSON.stringify(params)}`, source: created('shapes', params) })),
  { name: 'a set of images', source: imageSource(numbered, OPTIONS) },
];
const all = sources.flatMap(({ name, source }) => [
  { name, source },
  { name: `the holdout of ${name}`, source: source.holdout! },
]);

describe.each(all)('$name', ({ source }) => {
  const { dim, shape, classes, range } = source;

  it('draws images of its shape, in its range', () => {
    const values = source.sample(new Rng(1, 'images'), 300);
    expect(dim).toBe(shape!.reduce((product, n) => product * n, 1));
    expect(values).toHaveLength(300 * dim);
    expect(range).toEqual([-1, 1]);
    expect(values.every((value) => value >= -1 && value <= 1)).toBe(true);
    expect(values.some((value) => value > 0.5) && values.some((value) => value < -0.5)).toBe(true);
    expect(source.sample(new Rng(1, 'images'), 0)).toHaveLength(0);
  });

  it('draws by the cursor alone, and goes on where it stands', () => {
    const draw = (seed: number, step: number) => source.sample(new Rng(seed, 'images').at(step), 16);
    expect(draw(7, 3)).toEqual(draw(7, 3));
    expect(draw(7, 4)).not.toEqual(draw(7, 3));
    expect(draw(8, 3)).not.toEqual(draw(7, 3));
    const rng = new Rng(7, 'images');
    expect(source.sample(rng, 16)).not.toEqual(source.sample(rng, 16));
  });

  it('draws the same images with labels and without', () => {
    for (const step of [0, 1]) {
      const rng = () => new Rng(2, 'images').at(step);
      const { values, labels } = source.labelled!(rng(), 50);
      expect(values).toEqual(source.sample(rng(), 50));
      expect(labels).toHaveLength(50);
      expect(labels.every((label) => label >= 0 && label < classes!)).toBe(true);
    }
  });

  it('draws classes as often as they are there', () => {
    const COUNT = 4000;
    const { labels } = source.labelled!(new Rng(3, 'images'), COUNT);
    const owned = source.items?.(0, source.size!).labels;
    for (let label = 0; label < classes!; label++) {
      const share = owned ? owned.filter((each) => each === label).length / owned.length : 1 / classes!;
      expectAverage(COUNT, (i) => (labels[i] === label ? 1 : 0), share);
    }
  });
});

describe('a split', () => {
  /** The number of each image, from its first level. */
  const numbersOf = ({ items, size, dim }: DataSource) => {
    const { values } = items!(0, size!);
    return Array.from({ length: size! }, (_, i) => Math.round((values[i * dim]! + 1) * 50));
  };

  it.each([0.02, 0.2, 0.333, 0.5])('of %d leaves no image out and holds none twice', (holdout) => {
    const source = imageSource(numbered, { ...OPTIONS, holdout });
    const [training, held] = [numbersOf(source), numbersOf(source.holdout!)];
    expect(held).toHaveLength(Math.round(100 * holdout));
    expect([...training, ...held].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it('is one of the images, not of their order in the file or of the options', () => {
    const held = numbersOf(imageSource(numbered, OPTIONS).holdout!);
    expect(numbersOf(imageSource(numbered, { ...OPTIONS, mirrored: true }).holdout!)).toEqual(held);
    // 20 of 100: neither end of the file, and no run of neighbours that chance would not make.
    expect(Math.min(...held)).toBeLessThan(20);
    expect(Math.max(...held)).toBeGreaterThan(79);
    expect(held.filter((number, i) => held[i + 1] === number + 1).length).toBeLessThan(12);
  });

  it.each([0.2, 0.5])('holds %d of every class out, to one image', (holdout) => {
    const count = 300;
    // Classes of different sizes, in no order: 150, 100 and 50 images.
    const labels = Uint16Array.from({ length: count }, (_, row) => [0, 0, 0, 1, 1, 2][(row * 7) % 6]!);
    const { held } = split({ count, labels }, holdout);
    for (const label of [0, 1, 2]) {
      const all = labels.filter((each) => each === label).length;
      const out = held!.filter((row) => labels[row] === label).length;
      expect(Math.abs(out - holdout * all)).toBeLessThanOrEqual(1);
    }
    expect(held).toHaveLength(holdout * count);
  });
  it('of nothing has no holdout, nor where it would be one image, which nothing can be measured on', () => {
    expect(imageSource(numbered, { ...OPTIONS, holdout: 0 }).holdout).toBeUndefined();
    const few = (count: number) => imageSource({ ...numbered, count }, { ...OPTIONS, holdout: 0.5 });
    expect([few(2).size, few(2).holdout]).toEqual([2, undefined]);
    expect([few(4).size, few(4).holdout!.size]).toEqual([2, 2]);
  });

  it('draws training images from one part and held-out images from the other', () => {
    const source = imageSource(numbered, OPTIONS);
    for (const part of [source, source.holdout!]) {
      const drawn = part.sample(new Rng(4, 'images'), 2000);
      const seen = new Set(Array.from({ length: 2000 }, (_, i) => Math.round((drawn[i * 72]! + 1) * 50)));
      expect([...seen].sort((a, b) => a - b)).toEqual(numbersOf(part));
    }
  });

  it('keeps labels with their images', () => {
    const { values, labels } = imageSource(numbered, OPTIONS).labelled!(new Rng(5, 'images'), 500);
    labels.forEach((label, i) => expect(label).toBe(Math.round((values[i * 72]! + 1) * 50) % 7));
  });
});

describe('options', () => {
  const draw = (options: object) =>
    imageSource(numbered, { ...OPTIONS, ...options }).sample(new Rng(6, 'images'), 400);
  const plain = draw({});

  it('mirror is its own inverse, and no rearrangement of channels or rows', () => {
    const image = fc
      .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 6 }), fc.constantFrom(1, 3))
      .map((shape) => ({
        shape,
        values: Float32Array.from({ length: shape[0] * shape[1] * shape[2] }, (_, i) => i),
      }));
    fc.assert(
      fc.property(image, ({ shape, values }) => {
        const [height, width, channels] = shape;
        const once = values.slice();
        mirror(once, shape);
        for (let y = 0; y < height; y++)
          for (let x = 0; x < width; x++)
            for (let c = 0; c < channels; c++) {
              const from = values[(y * width + x) * channels + c];
              expect(once[(y * width + width - 1 - x) * channels + c]).toBe(from);
            }
        mirror(once, shape);
        expect(once).toEqual(values);
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it('show half of the images mirrored and change nothing else', () => {
    const mirrored = draw({ mirrored: true });
    const isTurned = Array.from({ length: 400 }, (_, i) => {
      const [before, after] = [plain, mirrored].map((values) => values.slice(i * 72, (i + 1) * 72));
      const turned = before!.slice();
      mirror(turned, numbered.shape);
      const same = String(after) === String(before);
      expect(same || String(after) === String(turned)).toBe(true);
      return !same;
    });
    expectAverage(400, (i) => Number(isTurned[i]), 0.5);
    const held = (options: object) =>
      imageSource(numbered, { ...OPTIONS, ...options }).holdout!.sample(new Rng(7, 'images'), 50);
    expect(held({ mirrored: true })).toEqual(held({}));
  });

  it('spread each level evenly over its share of the range', () => {
    const dequantised = draw({ dequantised: true });
    const offset = (i: number) => ((dequantised[i]! + 1) * 101) / 2 - Math.round((plain[i]! + 1) * 50);
    // Float32 in [-1, 1] errs by up to 2^-24, times 101 / 2 here.
    plain.forEach((_, i) => expect(Math.abs(offset(i) - 0.5)).toBeLessThan(0.5 + 1e-5));
    expectAverage(plain.length, offset, 0.5);
    expectAverage(plain.length, (i) => (offset(i) - 0.5) ** 2, 1 / 12);
  });

  it('have the mirror images of their items where training draws them', () => {
    const source = imageSource(numbered, { ...OPTIONS, mirrored: true });
    const { values, labels } = source.mirroredItems!(3, 9);
    for (let i = 0; i < 6; i++) mirror(values.subarray(i * 72, (i + 1) * 72), numbered.shape);
    expect({ values, labels }).toEqual(source.items!(3, 9));
    expect(imageSource(numbered, OPTIONS).mirroredItems).toBeUndefined();
    expect(source.holdout!.mirroredItems).toBeUndefined();
  });

  it('leave the items as they are', () => {
    const source = imageSource(numbered, { ...OPTIONS, mirrored: true });
    expect(source.items!(3, 9)).toEqual(imageSource(numbered, OPTIONS).items!(3, 9));
    expect(source.items!(70, 1000).labels).toHaveLength(10);
    const { items } = imageSource(numbered, { ...OPTIONS, dequantised: true });
    const [middle] = items!(0, 1).values;
    const [level] = source.items!(0, 1).values;
    expect(middle).toBeCloseTo((2 * (Math.round((level! + 1) * 50) + 0.5)) / 101 - 1, 6);
  });
});

describe('digits', () => {
  const source = created('digits');

  it('are the 1797 of UCI', () => {
    expect(source.size! + source.holdout!.size!).toBe(1797);
    const counts = new Array<number>(10).fill(0);
    for (const { items, size } of [source, source.holdout!]) {
      for (const label of items!(0, size!).labels) counts[label]!++;
    }
    // As the set's own description has them.
    expect(counts).toEqual([178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
  });

  it('have 17 levels from -1 to 1', () => {
    const levels = new Set(Array.from(source.items!(0, source.size!).values, (x) => (x + 1) * 8));
    expect([...levels].sort((a, b) => a - b)).toEqual(Array.from({ length: 17 }, (_, level) => level));
  });

  it('look like digits: the zero is open and the one is filled', () => {
    const { values, labels } = source.items!(0, source.size!);
    const centre = (digit: number) => {
      const rows = Array.from(labels.keys()).filter((i) => labels[i] === digit);
      const middle = (i: number) => [27, 28, 35, 36].reduce((sum, p) => sum + values[i * 64 + p]! / 4, 0);
      return rows.reduce((sum, i) => sum + middle(i) / rows.length, 0);
    };
    expect(centre(0)).toBeLessThan(-0.5);
    expect(centre(1)).toBeGreaterThan(0.3);
  });

  it('come with their attribution, as all data that ship', () => {
    const files = readdirSync(resources).filter((name) => name !== 'README.md');
    const readme = readFileSync(new URL('README.md', resources), 'utf8');
    for (const file of files) expect(readme).toContain(`## ${file}`);
    expect(files).toContain('digits-8x8.safetensors');
    expect(readme).toMatch(/Alpaydin.*Kaynak/s);
    expect(readme).toContain('CC BY 4.0');
  });
});

describe('a file that ships', () => {
  const whole = readFileSync(new URL('digits-8x8.safetensors', resources));

  it('that is not there is named', () => {
    const error = refusalOf(() => shippedTensors('letters.safetensors'));
    expect(error.code).toBe('dataset/not-shipped');
    expect(error.message).toContain('letters.safetensors');
  });

  it('is refused when it is cut, longer, or of other types', () => {
    const text = whole.toString('latin1');
    const broken = [
      whole.subarray(0, 5),
      whole.subarray(0, 100),
      whole.subarray(0, whole.length - 1),
      Buffer.concat([whole, Buffer.of(0)]),
      Buffer.from(text.replace('"U8"', '"I8"'), 'latin1'),
      Buffer.from(text.replace('[0,115008]', '[1,115008]'), 'latin1'),
      Buffer.from(text.replace('{', '['), 'latin1'),
    ];
    for (const bytes of broken) {
      const error = refusalOf(() => byteTensorsOf('digits', bytes));
      expect([error.code, error.message.startsWith('digits: ')]).toEqual(['dataset/damaged', true]);
    }
    expect(Object.keys(byteTensorsOf('digits', whole))).toEqual(['images', 'labels']);
  });
});

describe('the registry of images', () => {
  it.each([...imageDatasets, importedImages('mine', 'Mine', numbered, { peak: 255 })])(
    '$id says what its sources have',
    (dataset) => {
      const source = dataset.create(parseDatasetParams(dataset, {}));
      expect(source).toMatchObject({ dim: dataset.dim, shape: dataset.shape, classes: dataset.classes });
      expect(source.mixture).toBeUndefined();
      expect(dataset.analytic).toBe(false);
    },
  );

  it('finds each by its id', () => {
    for (const dataset of imageDatasets) expect(datasetById(dataset.id)).toBe(dataset);
  });
});
