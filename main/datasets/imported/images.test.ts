import { readFileSync } from 'node:fs';
import zlib from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../tensor/rng.ts';
import { type ImageArray, imageSet } from '../images/image-set.ts';
import { imagesFromFiles, importedImages, isImageFile, npzFromImages, parseDatasetParams } from '../index.ts';
import { refusalOf, resultOrRefusal } from '../testdata/refusal.ts';
import { storedZip } from './write-npz.ts';
import { npyOf } from './write-npy.ts';

/** Files that NumPy wrote, see testdata/README.md. */
const written = JSON.parse(
  readFileSync(new URL('./testdata/numpy-npz.json', import.meta.url), 'utf8'),
) as Record<string, string>;
const numpyFile = (name: string) => Uint8Array.from(Buffer.from(written[name]!, 'base64'));

const numpyImages: ImageArray = {
  count: 3,
  shape: [4, 5, 3],
  values: Uint8Array.from({ length: 180 }, (_, j) => (7 * j) % 256),
  labels: Uint16Array.of(2, 0, 5),
  classes: 6,
};

function read(name: string, bytes: Uint8Array): ImageArray {
  return imagesFromFiles([{ name, bytes }]);
}

/** An NPZ file of arrays given as [type, shape, bytes]. */
function npz(arrays: Record<string, [descr: string, shape: number[], data: Uint8Array]>): Uint8Array {
  return storedZip(
    Object.entries(arrays).map(([name, array]) => ({ name: `${name}.npy`, bytes: npyOf(...array) })),
  );
}

function idx(sizes: readonly number[], values: Uint8Array, type = 8): Uint8Array {
  const header = new Uint8Array(4 + 4 * sizes.length);
  header.set([0, 0, type, sizes.length]);
  sizes.forEach((size, i) => new DataView(header.buffer).setUint32(4 + 4 * i, size));
  return Uint8Array.from([...header, ...values]);
}

/** One row of a CIFAR batch for each list of label bytes. */
function cifar(...labels: number[][]): Uint8Array {
  return Uint8Array.from(
    labels.flatMap((label, row) => [...label, ...Array.from({ length: 3072 }, (_, i) => (row + i) % 251)]),
  );
}

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const ramp = (length: number) => Uint8Array.from({ length }, (_, i) => i % 200);

describe('NPZ', () => {
  it.each(Object.keys(written).filter((name) => !name.startsWith('arr_0')))(
    'that NumPy writes is read: %s',
    (name) => {
      expect(read('images.npz', numpyFile(name))).toEqual(numpyImages);
    },
  );

  it('needs no labels', () => {
    expect(read('x.npz', numpyFile('arr_0 without labels'))).toEqual({
      ...numpyImages,
      labels: null,
      classes: 0,
    });
  });

  it('of ours comes back as it was', () => {
    const set = fc
      .record({
        count: fc.integer({ min: 2, max: 9 }),
        height: fc.integer({ min: 4, max: 7 }),
        width: fc.integer({ min: 4, max: 7 }),
        channels: fc.constantFrom(1, 3),
        hasLabels: fc.boolean(),
        seed: fc.nat(1000),
      })
      .map(({ count, height, width, channels, hasLabels, seed }): ImageArray => {
        const rng = new Rng(seed, 'test');
        const values = Uint8Array.from({ length: count * height * width * channels }, () => rng.int(256));
        const labels = hasLabels ? Uint16Array.from({ length: count }, () => rng.int(1000)) : null;
        const classes = labels === null ? 0 : Math.max(...labels) + 1;
        return { count, shape: [height, width, channels], values, labels, classes };
      });
    fc.assert(
      fc.property(set, (original) => {
        expect(read('kept.npz', npzFromImages(original))).toEqual(original);
      }),
      { seed: 2, numRuns: 60 },
    );
  });

  const good = { images: ['|u1', [3, 4, 4], ramp(48)] } satisfies Parameters<typeof npz>[0];
  const many = Array.from({ length: 48 }, (_, i) => i / 47);
  it.each<[what: string, code: string, field: string, arrays: Parameters<typeof npz>[0]]>([
    ['no images', 'npz-arrays', 'pictures', { pictures: good.images }],
    ['nothing', 'npz-arrays', 'none', {}],
    ['two arrays of images', 'npz-arrays', 'images.npy and x.npy', { ...good, x: good.images }],
    ['images of other ranks', 'image-shape', 'images.npy', { images: ['|u1', [48], ramp(48)] }],
    ['images of two channels', 'image-shape', '[2, 4, 4, 2]', { images: ['|u1', [2, 4, 4, 2], ramp(64)] }],
    ['images of two pixels', 'image-shape', '[12, 2, 2]', { images: ['|u1', [12, 2, 2], ramp(48)] }],
    ['one image', 'too-few-images', 'found 1', { images: ['|u1', [1, 4, 4], ramp(16)] }],
    ['fewer numbers than it says', 'truncated', 'images.npy', { images: ['|u1', [4, 4, 4], ramp(48)] }],
    ['more numbers than it says', 'trailing-bytes', 'images.npy', { images: ['|u1', [2, 4, 4], ramp(48)] }],
    ['too many numbers', 'too-large', '[9999999, 64, 64]', { images: ['|u1', [9999999, 64, 64], ramp(9)] }],
    ['equal images', 'zero-spread', 'level 9', { images: ['|u1', [3, 4, 4], ramp(48).fill(9)] }],
    ['floats beyond 1', 'image-range', '1.5', { images: ['<f4', [3, 4, 4], floats(...many.slice(1), 1.5)] }],
    [
      'numbers that are none',
      'non-finite',
      'NaN',
      { images: ['<f4', [3, 4, 4], floats(...many.slice(1), NaN)] },
    ],
    ['negative levels', 'image-range', '-1', { images: ['|i1', [3, 4, 4], ramp(48).fill(255, 40)] }],
    ['Python objects', 'npy-object', 'images.npy', { images: ['|O', [3, 4, 4], ramp(48)] }],
    ['too few labels', 'label-count', 'labels.npy', { ...good, labels: ['|u1', [2], ramp(2)] }],
    ['labels in rows', 'label-shape', 'y.npy', { ...good, y: ['|u1', [3, 2], ramp(6)] }],
    [
      'a negative label',
      'label-range',
      '-1 for image 2',
      { ...good, y: ['|i1', [3], Uint8Array.of(0, 255, 1)] },
    ],
    [
      'a label of 1000',
      'label-range',
      '1000 for image 3',
      { ...good, y: ['<u2', [3], Uint8Array.of(0, 0, 1, 0, 232, 3)] },
    ],
    ['half a label', 'label-range', '0.5 for image 1', { ...good, y: ['<f4', [3], floats(0.5, 1, 2)] }],
    [
      'two arrays of labels',
      'npz-arrays',
      'y.npy and labels.npy',
      { ...good, y: ['|u1', [3], ramp(3)], labels: ['|u1', [3], ramp(3)] },
    ],
  ])('with %s is refused', (_what, code, field, arrays) => {
    const error = refusalOf(() => read('mine.npz', npz(arrays)));
    expect(error.code).toBe(`dataset/${code}`);
    expect(error.message).toContain('mine.npz');
    expect(error.message).toContain(field);
  });

  it('that is damaged is refused by its CRC, its deflated data or its directory', () => {
    const stored = npz(good);
    stored[150]! ^= 1;
    expect(refusalOf(() => read('mine.npz', stored)).code).toBe('dataset/zip-crc');
    const packed = numpyFile('compressed');
    packed.fill(0xff, 60, 90);
    expect(refusalOf(() => read('mine.npz', packed)).code).toMatch(/^dataset\/zip/);
    expect(refusalOf(() => read('mine.npz', new TextEncoder().encode('no ZIP at all'))).code).toBe(
      'dataset/zip',
    );
  });

  it('that would inflate to more than it says is refused', () => {
    const bytes = numpyFile('compressed');
    const view = new DataView(bytes.buffer);
    const directory = view.getUint32(bytes.length - 6, true);
    view.setUint32(directory + 24, 10, true);
    const error = refusalOf(() => read('mine.npz', bytes));
    expect(error.code).toBe('dataset/zip');
    expect(error.message).toContain('deflated data of 10 bytes');
  });

  it.each(['stored', 'compressed'])('cut or changed anywhere is read or refused (%s)', (name) => {
    const whole = numpyFile(name);
    for (let length = 0; length < whole.length; length += 3) {
      const result = resultOrRefusal(() => read('mine.npz', whole.subarray(0, length)));
      expect('code' in result && result.code).toBe('dataset/zip');
    }
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
        const bytes = whole.slice();
        bytes[at] = byte;
        const result = resultOrRefusal(() => read('mine.npz', bytes));
        expect('values' in result || result.message.includes('mine.npz')).toBe(true);
      }),
      { seed: 3, numRuns: 1500 },
    );
  });
});

describe('IDX', () => {
  const images = idx([3, 4, 5], ramp(60));
  const labels = idx([3], Uint8Array.of(7, 0, 1));
  const files = (...parts: [name: string, bytes: Uint8Array][]) =>
    parts.map(([name, bytes]) => ({ name, bytes }));

  it('is read with its labels, in either order, or without', () => {
    const expected = {
      count: 3,
      shape: [4, 5, 1],
      values: ramp(60),
      labels: Uint16Array.of(7, 0, 1),
      classes: 8,
    };
    expect(imagesFromFiles(files(['images', images], ['labels', labels]))).toEqual(expected);
    expect(imagesFromFiles(files(['labels', labels], ['images', images]))).toEqual(expected);
    expect(read('images', images)).toEqual({ ...expected, labels: null, classes: 0 });
  });

  it('is inflated where it is gzipped, to a bound', () => {
    expect(read('images.gz', zlib.gzipSync(images))).toEqual(read('images', images));
    const cut = zlib.gzipSync(images).subarray(0, 30);
    const error = refusalOf(() => read('images.gz', cut));
    expect([error.code, error.message.includes('images.gz')]).toEqual(['dataset/gzip', true]);
  });

  it.each<[what: string, code: string, parts: [name: string, bytes: Uint8Array][]]>([
    ['cut', 'truncated', [['wrong', images.subarray(0, 50)]]],
    ['cut in its header', 'truncated', [['wrong', images.subarray(0, 9)]]],
    ['too long', 'trailing-bytes', [['wrong', Uint8Array.from([...images, 0])]]],
    ['of floats', 'idx-type', [['wrong', idx([3, 4, 5], ramp(240), 0x0d)]]],
    ['labels alone', 'images-mixed', [['wrong', labels]]],
    [
      'images twice',
      'images-mixed',
      [
        ['a', images],
        ['wrong', images],
      ],
    ],
    [
      'with other labels',
      'label-count',
      [
        ['a', images],
        ['wrong', idx([4], ramp(4))],
      ],
    ],
    ['of two sizes', 'image-shape', [['wrong', idx([10, 6], ramp(60))]]],
    [
      'with a file of text',
      'images-unknown',
      [
        ['a', images],
        ['wrong', new TextEncoder().encode('1,2')],
      ],
    ],
    [
      'with an NPZ file',
      'images-mixed',
      [
        ['a', images],
        ['wrong', numpyFile('stored')],
      ],
    ],
  ])('is refused when it is %s', (_what, code, parts) => {
    const error = refusalOf(() => imagesFromFiles(files(...parts)));
    expect(error.code).toBe(`dataset/${code}`);
    expect(error.message).toContain('wrong');
  });

  it('is needed: no files are no images', () => {
    expect(refusalOf(() => imagesFromFiles([])).code).toBe('dataset/images-unknown');
  });
});

describe('CIFAR', () => {
  it('is read with its channels last, batches joined in order', () => {
    const set = imagesFromFiles([
      { name: 'data_batch_1.bin', bytes: cifar([3], [9]) },
      { name: 'data_batch_2.bin', bytes: cifar([0]) },
    ]);
    expect(set).toMatchObject({ count: 3, shape: [32, 32, 3], classes: 10 });
    expect(set.labels).toEqual(Uint16Array.of(3, 9, 0));
    for (const [image, row] of [
      [0, 0],
      [1, 1],
      [2, 0],
    ] as const)
      for (const [pixel, channel] of [
        [0, 0],
        [5, 1],
        [1023, 2],
      ] as const)
        expect(set.values[(image * 1024 + pixel) * 3 + channel]).toBe((row + channel * 1024 + pixel) % 251);
  });

  it('of 100 classes has the fine label', () => {
    const set = read('train.bin', cifar([19, 99], [3, 11]));
    expect([set.classes, ...set.labels!]).toEqual([100, 99, 11]);
  });

  it.each<[what: string, code: string, parts: Uint8Array[]]>([
    ['has a label of 10', 'label-range', [cifar([1], [10])]],
    ['has one image', 'too-few-images', [cifar([1])]],
    ['is cut', 'images-unknown', [cifar([1], [2]).subarray(0, 6000)]],
    ['is of two kinds', 'cifar-kinds', [cifar([1], [2]), cifar([1, 2])]],
  ])('is refused when it %s', (_what, code, parts) => {
    const error = refusalOf(() => imagesFromFiles(parts.map((bytes, i) => ({ name: `${i}.bin`, bytes }))));
    expect(error.code).toBe(`dataset/${code}`);
    expect(error.message).toContain('.bin');
  });
});

describe('imported images', () => {
  it('are told from points by their content', () => {
    const { isFile, isNone } = {
      isFile: [
        ['a.npz', numpyFile('stored')],
        ['a', numpyFile('stored')],
        ['a', idx([3, 4, 5], ramp(60))],
        ['a.bin', cifar([1])],
        ['a.gz', zlib.gzipSync(ramp(4))],
        ['broken.npz', ramp(4)],
      ] as [string, Uint8Array][],
      isNone: [
        ['a.csv', new TextEncoder().encode('1,2\n3,4')],
        ['a.npy', npyOf('<f4', [1, 2], floats(1, 2))],
        ['a.bin', ramp(100)],
        ['a', new Uint8Array(0)],
      ] as [string, Uint8Array][],
    };
    for (const [name, bytes] of isFile) expect(isImageFile({ name, bytes }), name).toBe(true);
    for (const [name, bytes] of isNone) expect(isImageFile({ name, bytes }), name).toBe(false);
  });

  it('lie from -1 to 1 on the scale of their white level', () => {
    const few = { ...numpyImages, values: numpyImages.values.map((level) => level % 17) };
    for (const [set, white] of [
      [numpyImages, 255],
      [few, 16],
    ] as const) {
      const dataset = importedImages('mine', 'Mine', imageSet(set), { peak: white });
      const params = parseDatasetParams(dataset, { holdout: 0 });
      expect(params['white']).toBe(white);
      const { values, labels } = dataset.create(params).items!(0, 3);
      values.forEach((value, i) => expect(value).toBeCloseTo((2 * set.values[i]!) / white - 1, 6));
      expect(Array.from(labels)).toEqual([2, 0, 5]);
      expect(dataset).toMatchObject({ imported: true, dim: 60, shape: [4, 5, 3], classes: 6 });
    }
    const dataset = importedImages('mine', 'Mine', imageSet(few), { peak: 16 });
    expect(refusalOf(() => parseDatasetParams(dataset, { white: 15 })).code).toBe('config/wrong-value');
  });

  it('without labels have none', () => {
    const dataset = importedImages('mine', 'Mine', imageSet({ ...numpyImages, labels: null, classes: 0 }), {
      peak: 255,
    });
    const source = dataset.create(parseDatasetParams(dataset, {}));
    expect([dataset.classes, source.classes, source.labelled]).toEqual([undefined, undefined, undefined]);
    expect(source.sample(new Rng(1, 'test'), 5)).toHaveLength(300);
  });
});
