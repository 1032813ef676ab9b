import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WorkbenchError } from '#contract/errors.ts';
import { imageSet } from '../images/image-set.ts';
import { cmykJpeg, exifOf, jpegOf, pngOf, withSegment } from '../testing/pictures.ts';
import { openImageFile } from './image-file.ts';
import { classesOf } from './image-sources.ts';
import { type KeepOptions, type KeptImages, keepImages } from './keep-images.ts';
import { npzFromImages } from './write-npz.ts';

const STANDARD: KeepOptions = { title: 'Mine', channels: 'auto', labels: 'folders', background: 'white' };

function scratch(files: Readonly<Record<string, Uint8Array | string>> = {}): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fewstep-images-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

interface Kept extends KeptImages {
  readonly file: string;
}

async function kept(
  files: Readonly<Record<string, Uint8Array | string>>,
  change: Partial<KeepOptions> = {},
): Promise<Kept> {
  const file = path.join(scratch(), 'out.images');
  const sources = [{ path: scratch(files), name: 'pets' }];
  const result = await keepImages(sources, { ...STANDARD, ...change }, file, () => {});
  return { ...result, file };
}

async function refusalOf(work: Promise<unknown>): Promise<WorkbenchError> {
  const error: unknown = await work.then(
    () => null,
    (found: unknown) => found,
  );
  expect(error).toBeInstanceOf(WorkbenchError);
  return error as WorkbenchError;
}

/** 8 x 8, one level apart from its number. */
function flat(level: number, colourType: 0 | 2 = 2): Uint8Array {
  return pngOf({ width: 8, height: 8, colourType, sample: () => level });
}

describe('a folder of pictures', () => {
  it('is kept with a class for each sub-folder, and everything else is named or counted', async () => {
    const good = flat(9);
    const result = await kept({
      'cats/1.png': flat(10),
      'cats/2.png': flat(20),
      'dogs/deep/3.jpg': jpegOf(8, 8),
      'dogs/broken.png': good.subarray(0, 50),
      'dogs/cmyk.jpg': cmykJpeg(),
      'dogs/huge.png': pngWithWidth(20_000),
      'dogs/empty.png': '',
      'dogs/cartoon.gif': 'GIF89a........',
      'dogs/named.png': 'no picture at all',
      'top.png': flat(30),
      'notes.txt': 'BM begins this text',
      'cats/.hidden': 'x',
    });
    expect(result).toMatchObject({ count: 3, shape: [8, 8, 3], classNames: ['cats', 'dogs'], ignored: 2 });
    const reasons = Object.fromEntries(result.skipped.map(({ file, reason }) => [file, reason]));
    expect(reasons).toEqual({
      'pets/dogs/broken.png': 'expected 15 bytes of IDAT, found the end of the file',
      'pets/dogs/cmyk.jpg': 'expected a grey or RGB JPEG, found CMYK',
      'pets/dogs/huge.png': 'expected at most 16384 pixels a side, found 20000 x 8',
      'pets/dogs/empty.png': 'expected PNG or JPEG, found an empty file',
      'pets/dogs/cartoon.gif': 'expected PNG or JPEG, found GIF',
      'pets/dogs/named.png': 'expected PNG or JPEG, found another format',
      'pets/top.png': 'expected it in the folder of a class, found it beside these',
    });
    expect(result.skippedCount).toBe(7);
    const { labels, rows, classNames } = openImageFile(result.file);
    expect([...labels!]).toEqual([0, 0, 1]);
    expect(classNames).toEqual(['cats', 'dogs']);
    expect(new Set(rows.row(1))).toEqual(new Set([20]));
  });

  it('has no class of which no picture can be read', async () => {
    const result = await kept({
      'a/1.png': flat(1),
      'b/2.png': 'broken',
      'c/3.png': flat(3),
    });
    expect(result.classNames).toEqual(['a', 'c']);
    expect([...openImageFile(result.file).labels!]).toEqual([0, 1]);
  });

  it('without sub-folders, or on request, has no classes', async () => {
    const plain = await kept({ '1.png': flat(1), '2.png': flat(2) });
    expect([plain.count, plain.classNames, openImageFile(plain.file).labels]).toEqual([2, [], null]);
    const asked = await kept(
      { 'a/1.png': flat(1), 'b/2.png': flat(2), '3.png': flat(3) },
      { labels: 'none' },
    );
    expect([asked.count, asked.classNames]).toEqual([3, []]);
  });

  it('is grey where all are, and of the size and channels that are asked for', async () => {
    const greys = { '1.png': flat(1, 0), '2.png': flat(200, 0) };
    expect((await kept(greys)).shape).toEqual([8, 8, 1]);
    expect((await kept({ ...greys, '3.png': flat(3) })).shape).toEqual([8, 8, 3]);
    expect((await kept(greys, { size: 16, channels: 'colour' })).shape).toEqual([16, 16, 3]);
    // Of different sizes, the standard one.
    const wide = pngOf({ width: 80, height: 60, sample: (x) => x });
    expect((await kept({ ...greys, '3.png': wide })).shape).toEqual([32, 32, 3]);
  });

  it('stands a lying photograph upright', async () => {
    const lying = withSegment(jpegOf(16, 16), 0xe1, exifOf(6));
    const { file } = await kept({ 'a.jpg': jpegOf(16, 16), 'b.jpg': lying });
    const [plain, turned] = [0, 1].map((i) => openImageFile(file).rows.row(i));
    // Turned by a quarter: what was the lower left is the upper left.
    expect([...turned!.subarray(0, 3)]).toEqual([...plain!.subarray(15 * 16 * 3, 15 * 16 * 3 + 3)]);
  });

  it.each([
    ['empty', {}, 'dataset/no-images', 'an empty folder'],
    ['of texts', { 'a.txt': 'x', 'b.csv': '1,2' }, 'dataset/no-images', 'none among 2 files'],
    ['of one picture', { '1.png': flat(1), '2.png': 'x' }, 'dataset/too-few-images', 'skipped pets/2.png'],
    ['of broken pictures', { '1.png': 'x', '2.jpg': 'y' }, 'dataset/too-few-images', 'and 1 more'],
    ['of one level', { '1.png': flat(4), '2.png': flat(4) }, 'dataset/zero-spread', 'level 4'],
  ])('that is %s is refused, and nothing stays behind', async (_, files, code, found) => {
    const out = path.join(scratch(), 'out.images');
    const sources = [{ path: scratch(files), name: 'pets' }];
    const { code: refused, message } = await refusalOf(keepImages(sources, STANDARD, out, () => {}));
    expect([refused, message]).toEqual([code, expect.stringContaining(found)]);
    expect(fs.readdirSync(path.dirname(out))).toEqual([]);
  });

  it('follows no link out of it', async () => {
    const secret = scratch({ 'secret.png': flat(66) });
    const folder = scratch({ '1.png': flat(1), '2.png': flat(2) });
    fs.symlinkSync(path.join(secret, 'secret.png'), path.join(folder, 'link.png'));
    fs.symlinkSync(secret, path.join(folder, 'more'));
    const out = path.join(scratch(), 'out.images');
    const { count } = await keepImages([{ path: folder, name: 'pets' }], STANDARD, out, () => {});
    expect(count).toBe(2);
  });

  it('lists a hundred of those it skips and counts them all', async () => {
    const broken = Object.fromEntries(Array.from({ length: 130 }, (_, i) => [`${i}.png`, 'x']));
    const { skipped, skippedCount } = await kept({ ...broken, 'a.png': flat(1), 'b.png': flat(2) });
    expect([skipped.length, skippedCount]).toEqual([100, 130]);
  });
});

describe('arrays', () => {
  const levels = Uint8Array.from({ length: 3 * 64 }, (_, i) => i % 17);
  const set = { count: 3, shape: [8, 8, 1], values: levels, classes: 2 } as const;
  const npz = npzFromImages({ ...set, labels: Uint16Array.of(0, 1, 0) });

  it('stay as they are, with their labels and their own white', async () => {
    const result = await kept({ 'x.npz': npz, 'readme.txt': 'notes' });
    expect(result).toMatchObject({ count: 3, shape: [8, 8, 1], classNames: ['0', '1'], ignored: 1 });
    const { rows, labels, peak } = openImageFile(result.file);
    expect([[...labels!], peak]).toEqual([[0, 1, 0], 16]);
    const same = imageSet({ ...set, labels: null });
    for (let i = 0; i < 3; i++) expect(rows.row(i)).toEqual(same.row(i));
  });

  it('are made another size on request', async () => {
    expect((await kept({ 'x.npz': npz }, { size: 4, channels: 'colour' })).shape).toEqual([4, 4, 3]);
  });

  it('with labels out of range are refused by the image', async () => {
    const bad = npzFromImages({ ...set, labels: Uint16Array.of(0, 5000, 0) });
    const { code, message } = await refusalOf(kept({ 'x.npz': bad }));
    expect([code, message]).toEqual(['dataset/label-range', expect.stringContaining('5000 for image 2')]);
  });
});

describe('classes', () => {
  it.each([
    [
      ['pets/cats/1', 'pets/dogs/2'],
      ['cats', 'dogs'],
    ],
    [
      ['pets/cats/old/1', 'pets/cats/2', 'pets/dogs/3'],
      ['cats', 'cats', 'dogs'],
    ],
    [
      ['pets/cats/1', 'pets/cats/2'],
      [null, null],
    ],
    [
      ['1', 'cats/2', 'dogs/3'],
      [null, 'cats', 'dogs'],
    ],
    [
      ['1', 'cats/2'],
      [null, null],
    ],
    [[], []],
  ])('of %j are %j', (names, classes) => {
    expect(classesOf(names)).toEqual(classes);
  });
});

function pngWithWidth(width: number): Uint8Array {
  return pngOf({ width, height: 8, depth: 1, colourType: 0, sample: () => 0 });
}
