/** Labelled images from NumPy's NPZ, a ZIP file of NPY arrays. */
import type { ImageArray } from '../images/image-set.ts';
import { MOST_BYTES, channelsLast, labelsOf, layoutOf, refused } from './image-rules.ts';
import { type NpyArray, openNpy, requireExactLength } from './npy-array.ts';
import { type ZipMember, unzip } from './unzip.ts';

const IMAGES = ['images', 'arr_0', 'x'];
const LABELS = ['labels', 'y'];
/** Float32 of as many numbers as there may be: what is inflated is bounded before it is understood. */
const MOST_MEMBER_BYTES = 4 * MOST_BYTES + 2 ** 16;

/**
 * Images of an array `images`, `arr_0` or `x` and labels of `labels` or `y`, if there are any; other
 * arrays are left alone. Numbers become levels of 8 bits: see {@link levelOf}.
 *
 * @throws WorkbenchError `dataset/zip`, `dataset/zip-crc`, `dataset/npz-arrays`, those of NPY arrays,
 *   `dataset/image-shape`, `dataset/image-range`, `dataset/label-shape`, `dataset/label-count`,
 *   `dataset/label-range`, `dataset/too-few-images`, `dataset/too-large`
 */
export function parseNpz(file: string, bytes: Uint8Array): ImageArray {
  const members = unzip(file, bytes);
  const found = memberOf(file, members, IMAGES);
  if (found === null) {
    const names = members.map(({ name }) => name.replace(/\.npy$/, '')).slice(0, 8);
    throw refused('npz-arrays', file, `an array called ${IMAGES.join(', ')}`, names.join(', ') || 'none');
  }
  const where = `${file}, ${found.name}`;
  const array = arrayOf(where, found);
  const layout = layoutOf(array.shape, where);
  requireExactLength(array, layout.count * layout.shape.reduce((product, n) => product * n, 1));
  const values = channelsLast(layout, levelOf(array, where));
  const { count, shape } = layout;
  const labels = labelsFrom(file, memberOf(file, members, LABELS), count);
  const classes = labels === null ? 0 : labels.reduce((most, label) => Math.max(most, label), 0) + 1;
  return { count, shape, values, labels, classes };
}

function memberOf(file: string, members: readonly ZipMember[], names: readonly string[]): ZipMember | null {
  const found = members.filter(({ name }) => names.some((each) => name === `${each}.npy`));
  if (found.length > 1) {
    const both = found.map(({ name }) => name).join(' and ');
    throw refused('npz-arrays', file, `one array of ${names.join(', ')}`, both);
  }
  return found[0] ?? null;
}

function arrayOf(where: string, member: ZipMember): NpyArray {
  if (member.size > MOST_MEMBER_BYTES) {
    throw refused('too-large', where, `at most ${MOST_MEMBER_BYTES} bytes`, `${member.size}`);
  }
  return openNpy(where, member.content());
}

/** The number at each place in row order. */
function inRowOrder({ shape, fortranOrder, read }: NpyArray): (place: number) => number {
  if (!fortranOrder) return read;
  const size = shape.reduce((product, n) => product * n, 1);
  return (place) => {
    let [rest, at, stride] = [place, 0, size];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const length = shape[axis]!;
      stride /= length;
      at += (rest % length) * stride;
      rest = Math.floor(rest / length);
    }
    return read(at);
  };
}

/**
 * Levels are whole numbers from 0 to 255, of any type; fractions in [0, 1] become 255 x, and in [-1, 1],
 * if any is negative, 255 (x + 1) / 2, both rounded.
 */
function levelOf(array: NpyArray, where: string): (place: number) => number {
  const read = inRowOrder(array);
  // Any byte is a level.
  if (array.kind === 'u' && array.itemBytes === 1) {
    return array.fortranOrder ? read : (place) => array.data[place]!;
  }
  const count = array.shape.reduce((product, n) => product * n, 1);
  let [least, most, isWhole] = [Infinity, -Infinity, true];
  for (let i = 0; i < count; i++) {
    const value = array.read(i);
    if (!Number.isFinite(value)) throw refused('non-finite', where, 'finite numbers', `${value}`);
    if (value < least) least = value;
    if (value > most) most = value;
    isWhole &&= Number.isInteger(value);
  }
  if (isWhole && least >= 0 && most <= 255) {
    // Floats of 0 and 1 alone are black and white; a byte says what level it is.
    return array.kind === 'f' && most <= 1 ? (place) => 255 * read(place) : read;
  }
  if (array.kind === 'f' && least >= 0 && most <= 1) return (place) => Math.round(255 * read(place));
  if (array.kind === 'f' && least >= -1 && most <= 1) return (place) => Math.round(127.5 * (read(place) + 1));
  throw refused(
    'image-range',
    where,
    'whole levels from 0 to 255, or fractions from 0 or -1 to 1',
    `numbers from ${least} to ${most}`,
  );
}

function labelsFrom(file: string, member: ZipMember | null, images: number): Uint16Array | null {
  if (member === null) return null;
  const where = `${file}, ${member.name}`;
  const array = arrayOf(where, member);
  const [count = 0, columns = 1, ...more] = array.shape;
  if (array.shape.length === 0 || columns !== 1 || more.length > 0) {
    throw refused('label-shape', where, 'labels [n] or [n, 1]', `[${array.shape.join(', ')}]`);
  }
  requireExactLength(array, count);
  return labelsOf(count, (row) => array.read(row), images, where);
}
